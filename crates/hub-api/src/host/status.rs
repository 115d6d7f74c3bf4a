//! Failures as HTTP answers.

use crate::contract::WireError;
use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use hub_domain::Code;

/// The HTTP status of a failure.
pub const fn status_of(code: Code) -> StatusCode {
    match code {
        Code::RequestInvalid => StatusCode::UNPROCESSABLE_ENTITY,
        Code::PathRelative
        | Code::PathMissing
        | Code::PathNotFolder
        | Code::PathUnreadable
        | Code::PathInsideHubHome
        | Code::PathLoop
        | Code::ConfigInvalid => StatusCode::BAD_REQUEST,
        Code::Unauthorized => StatusCode::UNAUTHORIZED,
        Code::Forbidden => StatusCode::FORBIDDEN,
        Code::ProjectNotFound | Code::ServiceUnknown | Code::NotFound => StatusCode::NOT_FOUND,
        Code::ProjectRemoved => StatusCode::GONE,
        Code::PathAlreadyRegistered
        | Code::ProjectAmbiguous
        | Code::ProjectRunning
        | Code::ProjectNotRunning
        | Code::PortHeld
        | Code::PortLeased
        | Code::StartCancelled
        | Code::HubAlreadyRunning => StatusCode::CONFLICT,
        Code::DiskFull => StatusCode::INSUFFICIENT_STORAGE,
        Code::HubShuttingDown | Code::HubNotRunning => StatusCode::SERVICE_UNAVAILABLE,
        Code::RuntimeUnavailable
        | Code::EngineUnavailable
        | Code::EngineVersion
        | Code::EngineFailed
        | Code::ImageUnavailable
        | Code::ComponentMissing
        | Code::ComponentTampered
        | Code::ComponentDownloadFailed
        | Code::EnvironmentBuildFailed
        | Code::DatabaseInitFailed
        | Code::AccountUnusable
        | Code::ServiceLaunchFailed
        | Code::ServiceExited
        | Code::ServiceNotReady
        | Code::ServiceCrashed
        | Code::ServiceNotEnding
        | Code::PortNoneLeft
        | Code::PickerUnavailable => StatusCode::FAILED_DEPENDENCY,
        Code::HubHomeUnusable
        | Code::HubServerFailed
        | Code::StoreCorrupt
        | Code::StoreTooNew
        | Code::StoreFailed
        | Code::SecretsUnavailable
        | Code::LogFailed
        | Code::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

impl IntoResponse for WireError {
    fn into_response(self) -> Response {
        let code = Code::parse(&self.code.0).unwrap_or(Code::Internal);
        (status_of(code), Json(self)).into_response()
    }
}
