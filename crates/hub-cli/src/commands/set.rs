//! Settings, as they are typed.

use crate::client::Client;
use hub_api::api::service_named;
use hub_api::contract::{
    Limits, ProjectParams, ProjectView, RuntimeChoice, SetParams, Some4, Variable, WireError,
};
use hub_domain::{Code, Problem, Service};

/// Makes the request out of "KEY VALUE". Half of a limit is completed by what holds now.
///
/// # Errors
/// `REQUEST_INVALID`, `SERVICE_UNKNOWN`; `PROJECT_NOT_FOUND` where the project had to be looked at.
pub(super) fn params(
    client: &Client,
    project: String,
    key: &str,
    value: &str,
) -> Result<SetParams, WireError> {
    let mut params = SetParams { project, ..SetParams::default() };
    let mut parts = key.splitn(3, '.');
    match (parts.next().unwrap_or_default(), parts.next(), parts.next()) {
        ("name", None, None) => params.name = Some(value.to_owned()),
        ("runtime", None, None) => params.runtime = Some(runtime(value)?),
        ("read-only", None, None) => params.read_only = Some(switch(key, value)?),
        ("pinned", None, None) => params.pinned = Some(switch(key, value)?),
        ("autostart", None, None) => params.autostart = Some(switch(key, value)?),
        ("ports", Some(service), None) => {
            let port = value
                .parse::<u16>()
                .map_err(|fault| wrong(key, value, "a port from 1024 to 65535", fault))?;
            params.ports = Some(only(service_named(service)?, port));
        }
        ("limits", Some(service), None) => {
            params.limits = Some(only(service_named(service)?, limits(key, value)?));
        }
        ("limits", Some(service), Some(half @ ("cpu" | "memory"))) => {
            let service = service_named(service)?;
            let mut limits = limits_now(client, &params.project, service)?;
            if half == "cpu" {
                limits.cpu = value.parse().map_err(|fault| wrong(key, value, "cores", fault))?;
            } else {
                limits.memory_mb = value.parse().map_err(|fault| wrong(key, value, "MB", fault))?;
            }
            params.limits = Some(only(service, limits));
        }
        ("engine", None, None) => params.engine = Some(value.to_owned()),
        ("image", Some(service), None) => {
            params.images = Some(only(service_named(service)?, value.to_owned()));
        }
        ("env", Some(service), Some(name)) => {
            params.environment = Some(vec![Variable {
                service: service_named(service)?.into(),
                name: name.to_owned(),
                value: value.to_owned(),
            }]);
        }
        _ => {
            return Err(Problem::new(
                Code::RequestInvalid,
                format!("There is no setting \"{key}\"."),
                "See \"cchub set --help\" for all settings.",
            )
            .into());
        }
    }
    Ok(params)
}

fn limits_now(client: &Client, project: &str, service: Service) -> Result<Limits, WireError> {
    let view: ProjectView = client.call("get", ProjectParams { project: project.to_owned() })?;
    let found = view.services.iter().find(|s| s.service == service.into());
    found.map(|s| s.limits).ok_or_else(|| {
        let message = format!("The Hub does not know the limits of {service}.");
        let action = "Check that cchub and the running Hub have the same version.";
        Problem::new(Code::HubServerFailed, message, action).into()
    })
}

fn only<T>(service: Service, value: T) -> Some4<T> {
    let mut some = Some4::default();
    match service {
        Service::Postgres => some.postgres = Some(value),
        Service::Redis => some.redis = Some(value),
        Service::Backend => some.backend = Some(value),
        Service::Frontend => some.frontend = Some(value),
    }
    some
}

fn runtime(value: &str) -> Result<RuntimeChoice, WireError> {
    hub_domain::RuntimeChoice::parse(value)
        .map(RuntimeChoice::from)
        .ok_or_else(|| wrong("runtime", value, "auto, native or dagger", "it is none of these"))
}

fn switch(key: &str, value: &str) -> Result<bool, WireError> {
    match value {
        "on" | "true" | "yes" => Ok(true),
        "off" | "false" | "no" => Ok(false),
        _ => Err(wrong(key, value, "on or off", "it is neither")),
    }
}

fn limits(key: &str, value: &str) -> Result<Limits, WireError> {
    let wanted = "cores and MB, like 0.5,512";
    let (cpu, memory) =
        value.split_once(',').ok_or_else(|| wrong(key, value, wanted, "there is no comma"))?;
    Ok(Limits {
        cpu: cpu.trim().parse().map_err(|fault| wrong(key, value, wanted, fault))?,
        memory_mb: memory.trim().parse().map_err(|fault| wrong(key, value, wanted, fault))?,
    })
}

fn wrong(key: &str, value: &str, wanted: &str, cause: impl std::fmt::Display) -> WireError {
    Problem::new(
        Code::RequestInvalid,
        format!("\"{value}\" cannot be the value of {key}."),
        format!("Give {wanted}."),
    )
    .caused_by(cause)
    .into()
}
