//! Bodies of requests: of bounded size, within a bounded time, and with our own words where they
//! are neither.

use super::Shared;
use crate::api::invalid;
use crate::contract::WireError;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::Deserialize;
use std::sync::Arc;
use std::time::Duration;

/// A body has arrived by then: it comes over loopback and is small.
const BOUND: Duration = Duration::from_secs(10);

/// A body that has arrived whole.
pub(super) struct Received(Bytes);

impl FromRequest<Arc<Shared>> for Received {
    type Rejection = Response;

    async fn from_request(request: Request, shared: &Arc<Shared>) -> Result<Self, Response> {
        match tokio::time::timeout(BOUND, Bytes::from_request(request, shared)).await {
            Ok(Ok(bytes)) => Ok(Self(bytes)),
            Ok(Err(fault)) => {
                let problem = invalid("The request's body cannot be taken.").caused_by(&fault);
                Err((fault.status(), Json(WireError::from(problem))).into_response())
            }
            Err(_) => {
                let late =
                    format!("The request's body had not arrived after {} s.", BOUND.as_secs());
                let error = WireError::from(invalid(&late));
                Err((StatusCode::REQUEST_TIMEOUT, Json(error)).into_response())
            }
        }
    }
}

impl Received {
    /// Reads it as JSON; an empty one stands for the default.
    pub(super) fn json<T: for<'a> Deserialize<'a> + Default>(&self) -> Result<T, WireError> {
        if self.0.is_empty() {
            return Ok(T::default());
        }
        serde_json::from_slice(&self.0).map_err(|fault| {
            invalid("The request's body could not be understood.").caused_by(fault).into()
        })
    }
}
