//! How the stack's definition (`hub_domain::spec`) becomes four containers. What costs time lies in
//! layers that the engine keeps and all projects share; what belongs to a project comes after it, and
//! what belongs to one run comes last. Secrets are Dagger secrets: no layer, log or argument holds one.
//!
//! Services find each other by the session's names and are never bound to each other: a binding goes
//! stale when its target restarts, and takes its holder down with the target.

mod backend;
mod data;
pub(crate) mod folder;
mod frontend;
pub(crate) mod gateway;
pub(crate) mod images;
pub(crate) mod parts;
mod question;
pub(crate) mod workspace;

pub(crate) use data::{MARK_EMPTY, WITH_DATA, clearing, restoring, volume_key};
pub(crate) use parts::Parts;
pub(crate) use question::{Heard, question};

use crate::limits::Tag;
use dagger_sdk::{
    Container, ContainerAsServiceOpts, ContainerWithExposedPortOpts, NetworkProtocol, Query,
    Service as EngineService,
};
use hub_domain::{EnvValue, Service, StackConfig, spec};
use workspace::Workspace;

/// Folder of a service's data inside its container: an owned volume.
pub(crate) const DATA: &str = "/hub/data";
/// The project folder inside containers.
pub(crate) const WORKSPACE: &str = "/workspace";

/// The container of a service with everything that all projects share, as root. Building this takes
/// minutes the first time and nothing later.
pub(crate) fn image(query: &Query, parts: &Parts, service: Service) -> Container {
    let base = query.container().from(parts.images[service].as_str()).with_user("0");
    let base = base.with_exec(account(spec(service).container_user));
    match service {
        Service::Postgres | Service::Redis => base,
        Service::Backend => backend::image(base, parts),
        Service::Frontend => frontend::image(base, parts),
    }
}

/// A service of one project, ready to be started. It is another one for each run, so that a run never
/// meets the remains of the one before.
pub(crate) fn service(
    query: &Query,
    parts: &Parts,
    config: &StackConfig,
    workspace: &Workspace,
    service: Service,
    tag: &Tag,
) -> EngineService {
    let definition = spec(service);
    let user = definition.container_user.to_string();
    let container = image(query, parts, service);
    let container = match service {
        Service::Postgres => data::with_volume(container, &parts.volumes.postgres, service),
        Service::Redis => data::with_volume(container, &parts.volumes.redis, service),
        Service::Backend => workspace.mount(container),
        Service::Frontend => container,
    };
    let container = with_environment(container, parts, config, workspace, service);
    let port = gateway::port_number(definition.container_port);
    let container = container
        .with_user(user)
        // The Hub's own probes decide whether it is ready; the engine's would only delay it.
        .with_exposed_port_opts(
            port,
            ContainerWithExposedPortOpts {
                description: None,
                experimental_skip_healthcheck: Some(true),
                protocol: Some(NetworkProtocol::Tcp),
            },
        )
        .with_env_variable(Tag::VARIABLE, tag.value());
    let command = match service {
        Service::Postgres => data::postgres_command(),
        Service::Redis => data::redis_command(),
        Service::Backend => backend::command(),
        Service::Frontend => frontend::command(),
    };
    container.as_service_opts(running(&command)).with_hostname(service.as_str())
}

/// The options of a service that runs this command and nothing of its image's.
pub(crate) fn running<'a>(command: &'a [String]) -> ContainerAsServiceOpts<'a> {
    ContainerAsServiceOpts {
        args: Some(command.iter().map(String::as_str).collect()),
        expand: None,
        experimental_privileged_nesting: None,
        insecure_root_capabilities: None,
        no_init: None,
        use_entrypoint: None,
    }
}

/// Gives a user id a line in the image's list of accounts where it has none: some programs refuse to
/// run under an id without a name.
fn account(user: u32) -> Vec<String> {
    let line = format!("hub{user}:x:{user}:{user}::/tmp:/bin/sh");
    let script =
        format!("grep -q '^[^:]*:[^:]*:{user}:' /etc/passwd || echo '{line}' >> /etc/passwd");
    shell(&script)
}

pub(crate) fn shell(script: &str) -> Vec<String> {
    ["sh", "-c", script].map(str::to_owned).to_vec()
}

fn with_environment(
    container: Container,
    parts: &Parts,
    config: &StackConfig,
    workspace: &Workspace,
    service: Service,
) -> Container {
    let secrets = &parts.secrets;
    let mut container =
        container.with_env_variable("HOME", "/tmp").with_env_variable("LANG", "C.UTF-8");
    for (name, value) in spec(service).environment {
        let secret = match value {
            EnvValue::DatabaseUrl => Some(&secrets.database_url),
            EnvValue::RedisUrl => Some(&secrets.redis_url),
            EnvValue::SecretKey => Some(&secrets.secret_key),
            EnvValue::SessionToken => Some(&secrets.session_token),
            _ => None,
        };
        container = match secret {
            Some(id) => container.with_secret_variable(*name, id.clone()),
            None => container.with_env_variable(*name, plain(*value, config, workspace)),
        };
    }
    container = match service {
        Service::Postgres => {
            container.with_secret_variable("HUB_PASSWORD", secrets.db_password.clone())
        }
        Service::Redis => {
            container.with_secret_variable("HUB_PASSWORD", secrets.redis_password.clone())
        }
        Service::Backend => {
            let container = container.with_env_variable("PYTHONPATH", backend::PACKAGES);
            // No mount of another machine's folder tells of the changes made there.
            match workspace.tells_changes() {
                true => container,
                false => container.with_env_variable("WORKBENCH_WATCH", "poll"),
            }
        }
        Service::Frontend => frontend::with_environment(container),
    };
    for (name, value) in config.environment(service) {
        container = container.with_env_variable(name, value);
    }
    container
}

/// What a variable that is not secret holds inside a container.
fn plain(value: EnvValue, config: &StackConfig, workspace: &Workspace) -> String {
    match value {
        EnvValue::WorkspaceDir => WORKSPACE.to_owned(),
        EnvValue::WorkspaceReadOnly => u8::from(workspace.is_read_only()).to_string(),
        EnvValue::ProjectName => config.name().to_string(),
        EnvValue::ProjectId => config.project().to_string(),
        EnvValue::ApiBaseUrl => config.api_base_url(),
        EnvValue::FrontendOrigins => config.frontend_origins(),
        EnvValue::Literal(text) => text.to_owned(),
        EnvValue::DatabaseUrl
        | EnvValue::RedisUrl
        | EnvValue::SecretKey
        | EnvValue::SessionToken => String::new(),
    }
}
