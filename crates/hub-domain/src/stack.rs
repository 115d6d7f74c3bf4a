//! The stack, defined once: what each service is, what it needs, in which order the four come up and
//! how each proves its health. Both runtimes carry out this definition; neither adds to it.

use crate::{PerService, ResourceLimits, Service};
use std::time::Duration;

/// Where the value of an environment variable comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EnvValue {
    /// Address of the database, with user and password. Secret.
    DatabaseUrl,
    /// Address of Redis, with password. Secret.
    RedisUrl,
    /// The project's signing key. Secret.
    SecretKey,
    /// What the page must show to the backend. Secret.
    SessionToken,
    /// Path of the project folder as the service sees it.
    WorkspaceDir,
    /// `1` when the folder may not be written to, else `0`.
    WorkspaceReadOnly,
    /// Name of the project.
    ProjectName,
    /// Id of the project.
    ProjectId,
    /// Address of the backend as the user's browser reaches it.
    ApiBaseUrl,
    /// Addresses of the page as the user's browser reaches it, separated by commas.
    FrontendOrigins,
    /// Always this text.
    Literal(&'static str),
}

/// How a service proves its health.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HealthCheck {
    /// Logs in with the password and asks `SELECT 1`.
    PostgresQuery,
    /// Logs in with the password, sends `PING` and wants `PONG`.
    RedisPing,
    /// `GET` of this path wants status 200 and `"status":"ok"`.
    HttpStatusOk(&'static str),
    /// `GET` of this path wants status 200 and a page that carries the project's API address.
    PageCarriesApiAddress(&'static str),
}

/// Name of the database and of its owner.
pub const DATABASE: &str = "commandcenter";

/// One service of the stack.
#[derive(Clone, Copy, Debug)]
pub struct ServiceSpec {
    /// Which one it is.
    pub service: Service,
    /// Container image; runtimes pin it by digest.
    pub image: &'static str,
    /// Numeric user id inside the container. Never 0.
    pub container_user: u32,
    /// Port inside the container.
    pub container_port: u16,
    /// Services that must be healthy before this one counts as started.
    pub depends_on: &'static [Service],
    /// Its process may be launched before its turn: it waits for what it needs by itself.
    pub launch_ahead: bool,
    /// Environment variables it is given.
    pub environment: &'static [(&'static str, EnvValue)],
    /// Limits unless the project has its own.
    pub limits: ResourceLimits,
    /// How it proves its health.
    pub health: HealthCheck,
    /// From launch to the first proof, at most. Includes recovery of a database after a crash.
    pub start_deadline: Duration,
    /// From the polite request to end, to the kill.
    pub stop_grace: Duration,
}

const POSTGRES: ServiceSpec = ServiceSpec {
    service: Service::Postgres,
    image: "postgres:15-alpine",
    container_user: 70,
    container_port: 5432,
    depends_on: &[],
    launch_ahead: true,
    environment: &[],
    limits: ResourceLimits::constant(1000, 2048),
    health: HealthCheck::PostgresQuery,
    start_deadline: Duration::from_secs(60),
    stop_grace: Duration::from_secs(10),
};

const REDIS: ServiceSpec = ServiceSpec {
    service: Service::Redis,
    image: "redis:7-alpine",
    container_user: 999,
    container_port: 6379,
    depends_on: &[],
    launch_ahead: true,
    environment: &[],
    limits: ResourceLimits::constant(500, 512),
    health: HealthCheck::RedisPing,
    start_deadline: Duration::from_secs(30),
    stop_grace: Duration::from_secs(5),
};

const BACKEND: ServiceSpec = ServiceSpec {
    service: Service::Backend,
    image: "python:3.11-slim",
    container_user: 1000,
    container_port: 8000,
    depends_on: &[Service::Postgres, Service::Redis],
    launch_ahead: true,
    environment: &[
        ("DATABASE_URL", EnvValue::DatabaseUrl),
        ("REDIS_URL", EnvValue::RedisUrl),
        ("SECRET_KEY", EnvValue::SecretKey),
        ("WORKBENCH_TOKEN", EnvValue::SessionToken),
        ("WORKSPACE_DIR", EnvValue::WorkspaceDir),
        ("WORKSPACE_READ_ONLY", EnvValue::WorkspaceReadOnly),
        ("PROJECT_NAME", EnvValue::ProjectName),
        ("CCHUB_PROJECT_ID", EnvValue::ProjectId),
        ("FRONTEND_ORIGINS", EnvValue::FrontendOrigins),
        // The user's folder must not fill with compiled files.
        ("PYTHONDONTWRITEBYTECODE", EnvValue::Literal("1")),
        ("PYTHONUNBUFFERED", EnvValue::Literal("1")),
        // With one arena per thread, and memory given back only when much of it is free, the threads of
        // a Python server hold 7 to 16 MB that nobody uses.
        ("MALLOC_ARENA_MAX", EnvValue::Literal("1")),
        ("MALLOC_TRIM_THRESHOLD_", EnvValue::Literal("65536")),
    ],
    limits: ResourceLimits::constant(1000, 1024),
    health: HealthCheck::HttpStatusOk("/health"),
    start_deadline: Duration::from_secs(60),
    stop_grace: Duration::from_secs(5),
};

const FRONTEND: ServiceSpec = ServiceSpec {
    service: Service::Frontend,
    image: "node:22-alpine",
    container_user: 1000,
    container_port: 3000,
    depends_on: &[Service::Backend],
    launch_ahead: true,
    environment: &[
        ("VITE_API_BASE_URL", EnvValue::ApiBaseUrl),
        ("WORKBENCH_TOKEN", EnvValue::SessionToken),
        ("PROJECT_NAME", EnvValue::ProjectName),
        ("CCHUB_PROJECT_ID", EnvValue::ProjectId),
    ],
    limits: ResourceLimits::constant(500, 512),
    health: HealthCheck::PageCarriesApiAddress("/"),
    start_deadline: Duration::from_secs(60),
    stop_grace: Duration::from_secs(5),
};

/// The definition of one service.
pub const fn spec(service: Service) -> &'static ServiceSpec {
    match service {
        Service::Postgres => &POSTGRES,
        Service::Redis => &REDIS,
        Service::Backend => &BACKEND,
        Service::Frontend => &FRONTEND,
    }
}

/// The services in waves: each wave needs only services of earlier waves.
pub fn start_waves() -> Vec<Vec<Service>> {
    let mut placed = PerService::<bool>::default();
    let mut waves = Vec::new();
    loop {
        let wave: Vec<Service> = Service::ALL
            .into_iter()
            .filter(|s| !placed[*s] && spec(*s).depends_on.iter().all(|d| placed[*d]))
            .collect();
        if wave.is_empty() {
            return waves;
        }
        for service in &wave {
            placed[*service] = true;
        }
        waves.push(wave);
    }
}

/// The waves in which a stack ends: the reverse of how it starts.
pub fn stop_waves() -> Vec<Vec<Service>> {
    let mut waves = start_waves();
    waves.reverse();
    waves
}
