//! What the containers of one session are made from, resolved before any of it is an argument: images
//! by digest, secrets, the workbench's files. (The client library panics on what fails to resolve
//! inside an argument.)

use super::data::volume_key;
use super::images::Pins;
use crate::fault::Fault;
use crate::session::Session;
use dagger_sdk::{HostDirectoryOpts, Id};
use futures::future::{try_join_all, try_join4};
use hub_domain::{DATABASE, PerService, Problem, ProjectId, Service, StackConfig};
use hub_engine::secrets::{Purpose, Secrets};
use secrecy::{ExposeSecret, SecretString};
use std::path::Path;
use std::time::Duration;

/// Some megabytes over the link to the engine.
const UPLOAD_BOUND: Duration = Duration::from_secs(120);
/// Variables of the user's that say where packages come from; they may hold passwords.
const PACKAGE_SETTINGS: [&str; 4] =
    ["PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "npm_config_registry", "NPM_CONFIG_REGISTRY"];

/// What containers are made from.
#[derive(Clone)]
pub(crate) struct Parts {
    pub(crate) images: PerService<String>,
    pub(super) secrets: SecretIds,
    pub(super) workbench: Workbench,
    pub(super) package_settings: Vec<(String, Id)>,
    pub(super) volumes: Volumes,
}

/// Cache volumes: downloads that all projects share, and the data of this one.
#[derive(Clone)]
pub(super) struct Volumes {
    pub(super) pip: Id,
    pub(super) npm: Id,
    pub(super) postgres: Id,
    pub(super) redis: Id,
}

/// Secrets of the project, in the engine's keeping.
#[derive(Clone)]
pub(super) struct SecretIds {
    pub(super) db_password: Id,
    pub(super) redis_password: Id,
    pub(super) database_url: Id,
    pub(super) redis_url: Id,
    pub(super) secret_key: Id,
    pub(super) session_token: Id,
}

/// Files that come with the Hub, as the engine holds them.
#[derive(Clone)]
pub(super) struct Workbench {
    pub(super) requirements: Id,
    pub(super) backend: Id,
    pub(super) page: Id,
    pub(super) serve: Id,
    pub(super) serve_lock: Id,
}

/// The secrets of one project, in the Hub's hands.
#[derive(Clone)]
pub(crate) struct ProjectSecrets {
    pub(crate) db_password: SecretString,
    pub(crate) redis_password: SecretString,
    secret_key: SecretString,
    session_token: SecretString,
}

impl ProjectSecrets {
    /// # Errors
    /// `SECRETS_UNAVAILABLE`.
    pub(crate) fn derive(secrets: &dyn Secrets, config: &StackConfig) -> Result<Self, Problem> {
        let derive = |purpose| secrets.derive(config.project(), purpose);
        Ok(Self {
            db_password: derive(Purpose::DbPassword)?,
            redis_password: derive(Purpose::RedisPassword)?,
            secret_key: derive(Purpose::SecretKey)?,
            session_token: derive(Purpose::SessionToken)?,
        })
    }
}

impl Parts {
    /// Resolves everything, at the same time.
    ///
    /// # Errors
    /// `IMAGE_UNAVAILABLE`, `ENGINE_FAILED` and its kin.
    pub(crate) async fn resolve(
        session: &Session,
        pins: &Pins,
        config: &StackConfig,
        secrets: &ProjectSecrets,
        workbench: &Path,
    ) -> Result<Self, Problem> {
        let pinned = |service| pins.pinned(session, config.image(service));
        let images = async {
            let [postgres, redis, backend, frontend] = Service::ALL.map(pinned);
            let (postgres, redis, backend, frontend) =
                try_join4(postgres, redis, backend, frontend).await?;
            Ok(PerService { postgres, redis, backend, frontend })
        };
        let (images, secrets, workbench, package_settings, volumes) = futures::try_join!(
            images,
            hand_over(session, secrets),
            upload(session, workbench),
            package_settings(session),
            volumes(session, config.project()),
        )?;
        Ok(Self { images, secrets, workbench, package_settings, volumes })
    }
}

async fn hand_over(session: &Session, secrets: &ProjectSecrets) -> Result<SecretIds, Problem> {
    let database_url = SecretString::from(format!(
        "postgresql://{DATABASE}:{}@postgres:5432/{DATABASE}",
        secrets.db_password.expose_secret()
    ));
    let redis_url = SecretString::from(format!(
        "redis://:{}@redis:6379/0",
        secrets.redis_password.expose_secret()
    ));
    let give = |name: &'static str, value: SecretString| async move {
        let given = session.secret(name, &value).await;
        given.map_err(|fault| fault.problem("Handing a secret to the engine"))
    };
    let (db_password, redis_password, database_url, redis_url, secret_key, session_token) = futures::try_join!(
        give("db_password", secrets.db_password.clone()),
        give("redis_password", secrets.redis_password.clone()),
        give("database_url", database_url),
        give("redis_url", redis_url),
        give("secret_key", secrets.secret_key.clone()),
        give("session_token", secrets.session_token.clone()),
    )?;
    Ok(SecretIds {
        db_password,
        redis_password,
        database_url,
        redis_url,
        secret_key,
        session_token,
    })
}

async fn volumes(session: &Session, project: &ProjectId) -> Result<Volumes, Problem> {
    let query = session.query(UPLOAD_BOUND);
    let volume = |key: String| query.cache_volume(key);
    let (pip, npm) = (volume("cchub-pip".to_owned()), volume("cchub-npm".to_owned()));
    let postgres = volume(volume_key(project, Service::Postgres));
    let redis = volume(volume_key(project, Service::Redis));
    let (pip, npm, postgres, redis) =
        futures::try_join!(pip.id(), npm.id(), postgres.id(), redis.id())
            .map_err(|fault| Fault::from(fault).problem("Naming the project's volumes"))?;
    Ok(Volumes { pip, npm, postgres, redis })
}

async fn package_settings(session: &Session) -> Result<Vec<(String, Id)>, Problem> {
    let set = PACKAGE_SETTINGS.into_iter().filter_map(|name| {
        let value = std::env::var(name).ok().filter(|value| !value.is_empty())?;
        Some((name, SecretString::from(value)))
    });
    try_join_all(set.map(|(name, value)| async move {
        let given = session.secret(name, &value).await;
        let id = given.map_err(|fault| fault.problem("Handing a setting to the engine"))?;
        Ok((name.to_owned(), id))
    }))
    .await
}

async fn upload(session: &Session, workbench: &Path) -> Result<Workbench, Problem> {
    let backend = workbench.join("backend");
    let frontend = workbench.join("frontend");
    let serve = frontend.join("serve");
    let page = frontend.join("dist");
    let query = session.query(UPLOAD_BOUND);
    let host = query.host();
    let directory = |path: &Path, include: Vec<&'static str>, exclude: Vec<&'static str>| {
        let options = HostDirectoryOpts {
            exclude: Some(exclude),
            gitignore: None,
            include: Some(include),
            no_cache: None,
        };
        host.directory_opts(path.display().to_string(), options)
    };
    let lock = host.file(backend.join("requirements.lock").display().to_string());
    let code = directory(&backend, vec!["workbench/**"], vec!["**/__pycache__"]);
    let page = directory(&page, vec!["**"], vec![]);
    let all = directory(&serve, vec!["**"], vec!["node_modules", "tests"]);
    let packages = directory(&serve, vec!["package.json", "package-lock.json"], vec![]);
    let (requirements, backend, page, serve, serve_lock) =
        futures::try_join!(lock.id(), code.id(), page.id(), all.id(), packages.id())
            .map_err(|fault| Fault::from(fault).problem("Handing the workbench to the engine"))?;
    Ok(Workbench { requirements, backend, page, serve, serve_lock })
}
