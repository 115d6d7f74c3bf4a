//! From the engine's types to the wire's.

use super::{
    Change, Check, Enforcement, ErrorCode, FolderView, Health, HealthWord, HubEvent, Limits,
    LogLine, LogStream, PerService, PortOffer, Progress, ProjectState, ProjectView, Proof,
    RuntimeChoice, RuntimeKind, RuntimeView, Service, ServiceState, ServiceView, Urls, Usage,
    Variable, Verdict, WireError,
};
use hub_domain as domain;
use hub_domain::lifecycle;
use hub_engine::{logs, runtime, snapshot};

impl From<domain::Service> for Service {
    fn from(service: domain::Service) -> Self {
        match service {
            domain::Service::Postgres => Self::Postgres,
            domain::Service::Redis => Self::Redis,
            domain::Service::Backend => Self::Backend,
            domain::Service::Frontend => Self::Frontend,
        }
    }
}

impl From<Service> for domain::Service {
    fn from(service: Service) -> Self {
        match service {
            Service::Postgres => Self::Postgres,
            Service::Redis => Self::Redis,
            Service::Backend => Self::Backend,
            Service::Frontend => Self::Frontend,
        }
    }
}

impl<T: Copy> From<&domain::PerService<T>> for PerService<T> {
    fn from(all: &domain::PerService<T>) -> Self {
        Self {
            postgres: all.postgres,
            redis: all.redis,
            backend: all.backend,
            frontend: all.frontend,
        }
    }
}

impl From<domain::RuntimeChoice> for RuntimeChoice {
    fn from(choice: domain::RuntimeChoice) -> Self {
        match choice {
            domain::RuntimeChoice::Auto => Self::Auto,
            domain::RuntimeChoice::Always(domain::RuntimeKind::Native) => Self::Native,
            domain::RuntimeChoice::Always(domain::RuntimeKind::Dagger) => Self::Dagger,
        }
    }
}

impl From<RuntimeChoice> for domain::RuntimeChoice {
    fn from(choice: RuntimeChoice) -> Self {
        match choice {
            RuntimeChoice::Auto => Self::Auto,
            RuntimeChoice::Native => Self::Always(domain::RuntimeKind::Native),
            RuntimeChoice::Dagger => Self::Always(domain::RuntimeKind::Dagger),
        }
    }
}

impl From<domain::RuntimeKind> for RuntimeKind {
    fn from(kind: domain::RuntimeKind) -> Self {
        match kind {
            domain::RuntimeKind::Native => Self::Native,
            domain::RuntimeKind::Dagger => Self::Dagger,
        }
    }
}

impl From<domain::Problem> for WireError {
    fn from(problem: domain::Problem) -> Self {
        Self {
            code: ErrorCode(problem.code.as_str().to_owned()),
            message: problem.message,
            action: problem.action,
            cause: problem.cause,
            project: None,
            service: problem.service.map(Service::from),
            log_tail: problem.log_tail,
            offer: problem.offer.map(|offer| PortOffer {
                service: offer.service.into(),
                held: offer.held,
                free: offer.free,
            }),
            retryable: problem.retryable,
        }
    }
}

fn error(problem: &domain::Problem, project: &domain::ProjectId) -> WireError {
    WireError { project: Some(project.to_string()), ..WireError::from(problem.clone()) }
}

impl From<&domain::Proof> for Proof {
    fn from(proof: &domain::Proof) -> Self {
        Self {
            what: proof.what.clone(),
            at: proof.at.as_millis(),
            took_ms: u64::try_from(proof.took.as_millis()).unwrap_or(u64::MAX),
        }
    }
}

impl From<&domain::Health> for Health {
    fn from(health: &domain::Health) -> Self {
        match health {
            domain::Health::Healthy(proof) => Self::Healthy { proof: proof.into() },
            domain::Health::Degraded { last, why } => {
                Self::Degraded { last: last.into(), why: why.clone() }
            }
            domain::Health::Unhealthy { last, why } => {
                Self::Unhealthy { last: last.into(), why: why.clone() }
            }
            domain::Health::Unknown { last } => Self::Unknown { last: last.into() },
        }
    }
}

impl From<lifecycle::HealthWord> for HealthWord {
    fn from(word: lifecycle::HealthWord) -> Self {
        match word {
            lifecycle::HealthWord::Healthy => Self::Healthy,
            lifecycle::HealthWord::Degraded => Self::Degraded,
            lifecycle::HealthWord::Unknown => Self::Unknown,
            lifecycle::HealthWord::Unhealthy => Self::Unhealthy,
        }
    }
}

impl From<&domain::Enforcement> for Enforcement {
    fn from(enforcement: &domain::Enforcement) -> Self {
        match enforcement {
            domain::Enforcement::Enforced { by } => Self::Enforced { by: by.clone() },
            domain::Enforcement::NotEnforced { because } => {
                Self::NotEnforced { because: because.clone() }
            }
        }
    }
}

fn project_state(state: &lifecycle::ProjectState, id: &domain::ProjectId) -> ProjectState {
    match state {
        lifecycle::ProjectState::Stopped => ProjectState::Stopped,
        lifecycle::ProjectState::Queued { since } => {
            ProjectState::Queued { since: since.as_millis() }
        }
        lifecycle::ProjectState::Starting { since, doing } => ProjectState::Starting {
            since: since.as_millis(),
            doing: Progress {
                step: doing.step.clone(),
                done: doing.amount.map(|(done, _)| done),
                whole: doing.amount.map(|(_, whole)| whole),
            },
        },
        lifecycle::ProjectState::Running { since, health } => {
            ProjectState::Running { since: since.as_millis(), health: (*health).into() }
        }
        lifecycle::ProjectState::Stopping { since } => {
            ProjectState::Stopping { since: since.as_millis() }
        }
        lifecycle::ProjectState::Failed(problem) => {
            ProjectState::Failed { error: error(problem, id) }
        }
        lifecycle::ProjectState::GaveUp(problem) => {
            ProjectState::GaveUp { error: error(problem, id) }
        }
    }
}

fn service_state(state: &lifecycle::ServiceState, id: &domain::ProjectId) -> ServiceState {
    let services = |all: &[domain::Service]| all.iter().map(|s| (*s).into()).collect();
    match state {
        lifecycle::ServiceState::Stopped => ServiceState::Stopped,
        lifecycle::ServiceState::Waiting { needs } => {
            ServiceState::Waiting { needs: services(needs) }
        }
        lifecycle::ServiceState::Starting { since, attempt, needs, last_miss } => {
            ServiceState::Starting {
                since: since.as_millis(),
                attempt: *attempt,
                needs: services(needs),
                last_miss: last_miss.clone(),
            }
        }
        lifecycle::ServiceState::Running { since, health } => {
            ServiceState::Running { since: since.as_millis(), health: health.into() }
        }
        lifecycle::ServiceState::Pausing { until, problem } => {
            ServiceState::Pausing { until: until.as_millis(), error: error(problem, id) }
        }
        lifecycle::ServiceState::Stopping => ServiceState::Stopping,
        lifecycle::ServiceState::GaveUp(problem) => {
            ServiceState::GaveUp { error: error(problem, id) }
        }
    }
}

fn megabytes(bytes: u64) -> u32 {
    u32::try_from(bytes / (1024 * 1024)).unwrap_or(u32::MAX)
}

fn service_view(
    service: domain::Service,
    one: &snapshot::ServiceSnapshot,
    id: &domain::ProjectId,
) -> ServiceView {
    ServiceView {
        service: service.into(),
        state: service_state(&one.view.state, id),
        port: one.port,
        pid: one.pid,
        user: one.user.clone(),
        non_root: one.non_root.as_ref().map(Enforcement::from),
        program: one.program.clone(),
        limits: Limits {
            cpu: f64::from(one.limits.cpu_millis()) / 1000.0,
            memory_mb: one.limits.memory_mb(),
        },
        enforcement: one.enforcement.as_ref().map(Enforcement::from),
        read_only: one.read_only.as_ref().map(Enforcement::from),
        usage: one.usage.map(|usage| Usage {
            // A tenth of a percent is all that such a measurement is good for.
            cpu_percent: (usage.cpu_percent * 10.0).round() / 10.0,
            memory_mb: megabytes(usage.memory_bytes),
        }),
        launched_at: one.view.launched_at.map(domain::Timestamp::as_millis),
        ready_at: one.view.ready_at.map(domain::Timestamp::as_millis),
        restarts: one.view.restarts,
        last_error: one.view.last_problem.as_ref().map(|problem| error(problem, id)),
    }
}

/// A project's state as it goes over the wire.
pub fn to_wire(project: &snapshot::ProjectSnapshot) -> ProjectView {
    let snapshot::ProjectSnapshot { project: registered, services, .. } = project;
    let id = &registered.id;
    let views: Vec<_> =
        services.iter().map(|(service, one)| service_view(service, one, id)).collect();
    let proofs: Option<Vec<u64>> = services
        .iter()
        .map(|(_, one)| match &one.view.state {
            lifecycle::ServiceState::Running { health, .. } => {
                Some(health.last_proof().at.as_millis())
            }
            _ => None,
        })
        .collect();
    let url = |service: domain::Service| format!("http://127.0.0.1:{}", services[service].port);
    let is_stopped = project.state == lifecycle::ProjectState::Stopped;
    ProjectView {
        id: id.to_string(),
        name: registered.name.to_string(),
        path: registered.path.display().to_string(),
        runtime: RuntimeView {
            choice: registered.runtime.into(),
            in_use: project.runtime.as_ref().map(|r| r.kind.into()),
            why: project.runtime.as_ref().map(|r| r.why.clone()).unwrap_or_default(),
        },
        folder: project.folder.as_ref().map(|folder| FolderView {
            access: folder.access.clone(),
            conflicts: folder.conflicts.clone(),
            trouble: folder.trouble.clone(),
        }),
        engine: registered.engine.as_ref().map(ToString::to_string),
        images: images(registered),
        read_only: registered.read_only,
        pinned: registered.pinned,
        autostart: registered.autostart,
        ports: (&registered.ports).into(),
        environment: registered
            .environment
            .iter()
            .map(|((service, name), value)| Variable {
                service: (*service).into(),
                name: name.clone(),
                value: value.clone(),
            })
            .collect(),
        urls: Urls {
            backend: url(domain::Service::Backend),
            frontend: url(domain::Service::Frontend),
        },
        state: project_state(&project.state, id),
        overall_healthy: project.overall_healthy,
        proven_at: proofs.and_then(|all| all.into_iter().min()),
        was_interrupted: is_stopped
            && matches!(registered.last_known, domain::LastKnown::Running(_)),
        services: views,
        at: project.at.as_millis(),
    }
}

impl From<&snapshot::HubEvent> for HubEvent {
    fn from(event: &snapshot::HubEvent) -> Self {
        let change = match &event.change {
            snapshot::Change::Project(project) => Change::Project { project: to_wire(project) },
            snapshot::Change::Removed(id) => Change::Removed { id: id.to_string() },
        };
        Self { seq: event.seq, change }
    }
}

/// A line of a log as it goes over the wire.
pub fn log_line(line: logs::LogLine) -> LogLine {
    LogLine {
        seq: line.seq,
        at: line.at.as_millis(),
        service: line.service.into(),
        stream: match line.stream {
            logs::LogStream::Stdout => LogStream::Stdout,
            logs::LogStream::Stderr => LogStream::Stderr,
            logs::LogStream::Hub => LogStream::Hub,
        },
        text: line.text,
    }
}

impl From<runtime::Check> for Check {
    fn from(check: runtime::Check) -> Self {
        Self {
            id: check.id,
            title: check.title,
            verdict: match check.verdict {
                runtime::Verdict::Ok => Verdict::Ok,
                runtime::Verdict::Warning => Verdict::Warning,
                runtime::Verdict::Failed => Verdict::Failed,
            },
            found: check.found,
            action: check.action,
        }
    }
}

fn images(project: &domain::Project) -> PerService<String> {
    let one = |service: domain::Service| {
        let own = project.images[service].as_ref().map(ToString::to_string);
        own.unwrap_or_else(|| domain::spec(service).image.to_owned())
    };
    PerService {
        postgres: one(domain::Service::Postgres),
        redis: one(domain::Service::Redis),
        backend: one(domain::Service::Backend),
        frontend: one(domain::Service::Frontend),
    }
}
