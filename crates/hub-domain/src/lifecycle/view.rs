//! What a project's state looks like from outside: derived from the machine, never stored beside it.

use super::machine::{Machine, Phase};
use super::{Down, Preparation, Then, Up};
use crate::{Health, PerService, Problem, Service, Timestamp, spec};

/// Health in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum HealthWord {
    /// All proven.
    Healthy,
    /// Something answers slowly or missed one probe.
    Degraded,
    /// The last proof is too old.
    Unknown,
    /// Something does not answer or is being restarted.
    Unhealthy,
}

/// The state of a project.
#[derive(Clone, Debug, PartialEq)]
pub enum ProjectState {
    /// It does not run.
    Stopped,
    /// It waits until fewer other projects are starting.
    Queued {
        /// Since when.
        since: Timestamp,
    },
    /// It is coming up.
    Starting {
        /// When the start was asked for.
        since: Timestamp,
        /// What is being done now.
        doing: Preparation,
    },
    /// All four services have come up.
    Running {
        /// Since when.
        since: Timestamp,
        /// The worst of the four.
        health: HealthWord,
    },
    /// It is going down.
    Stopping {
        /// Since when.
        since: Timestamp,
    },
    /// The start failed; nothing runs.
    Failed(Problem),
    /// It is up, but a service failed too often and stays down.
    GaveUp(Problem),
}

/// The state of one service.
#[derive(Clone, Debug, PartialEq)]
pub enum ServiceState {
    /// It does not run.
    Stopped,
    /// It waits for the services named.
    Waiting {
        /// Which ones are not healthy yet.
        needs: Vec<Service>,
    },
    /// It was launched and has not proven its health yet.
    Starting {
        /// Since when.
        since: Timestamp,
        /// Number of the attempt, from 1.
        attempt: u32,
        /// It is ready but what it depends on is not: the services named.
        needs: Vec<Service>,
        /// Why the last probe failed.
        last_miss: Option<String>,
    },
    /// It runs.
    Running {
        /// Since when.
        since: Timestamp,
        /// And is as healthy as this.
        health: Health,
    },
    /// It failed and is launched again soon.
    Pausing {
        /// When.
        until: Timestamp,
        /// How it failed.
        problem: Problem,
    },
    /// It is being ended.
    Stopping,
    /// It failed too often and stays down.
    GaveUp(Problem),
}

/// One service as it is shown.
#[derive(Clone, Debug, PartialEq)]
pub struct ServiceView {
    /// Its state.
    pub state: ServiceState,
    /// When it was last launched.
    pub launched_at: Option<Timestamp>,
    /// When that launch was counted as up.
    pub ready_at: Option<Timestamp>,
    /// How often the Hub launched it again by itself since the project's start.
    pub restarts: u32,
    /// The last thing that went wrong with it since the project's start.
    pub last_problem: Option<Problem>,
}

impl Machine {
    /// The project's state.
    pub fn state(&self) -> ProjectState {
        match &self.phase {
            Phase::Stopped { problem: None } => ProjectState::Stopped,
            Phase::Stopped { problem: Some(problem) } => ProjectState::Failed(problem.clone()),
            Phase::Queued { since } => ProjectState::Queued { since: *since },
            Phase::Preparing { since, preparation } => {
                ProjectState::Starting { since: *since, doing: preparation.clone() }
            }
            Phase::Up { since, started: None, services } => {
                ProjectState::Starting { since: *since, doing: coming_up(services) }
            }
            Phase::Up { started: Some(since), services, .. } => running(*since, services),
            Phase::Stopping { since, .. } => ProjectState::Stopping { since: *since },
        }
    }

    /// The states of its services.
    pub fn services(&self) -> PerService<ServiceView> {
        PerService::from_fn(|service| {
            let state = match &self.phase {
                Phase::Up { services, .. } => up_state(services, service),
                Phase::Stopping { services, .. } => match services[service] {
                    Down::Ended => ServiceState::Stopped,
                    Down::Waiting { .. } | Down::Ending { .. } => ServiceState::Stopping,
                },
                Phase::Stopped { .. } => ServiceState::Stopped,
                Phase::Queued { .. } | Phase::Preparing { .. } => {
                    ServiceState::Waiting { needs: Vec::new() }
                }
            };
            let memory = &self.memory[service];
            ServiceView {
                state,
                launched_at: memory.launched_at,
                ready_at: memory.ready_at,
                restarts: memory.restarts,
                last_problem: memory.last_problem.clone(),
            }
        })
    }

    /// True when no process of the project exists and none is about to.
    pub fn is_stopped(&self) -> bool {
        matches!(self.phase, Phase::Stopped { .. })
    }

    /// True when all four services came up and the project has not been stopped since.
    pub fn is_started(&self) -> bool {
        matches!(self.phase, Phase::Up { started: Some(_), .. })
    }

    /// True when the project is ending because its start failed.
    pub fn is_failing(&self) -> bool {
        matches!(self.phase, Phase::Stopping { then: Then::Fail(_), .. })
    }
}

fn missing(services: &PerService<Up>, service: Service) -> Vec<Service> {
    spec(service).depends_on.iter().copied().filter(|d| !services[*d].is_running()).collect()
}

fn up_state(services: &PerService<Up>, service: Service) -> ServiceState {
    match &services[service] {
        Up::Waiting => ServiceState::Waiting { needs: missing(services, service) },
        Up::Starting { origin, since, last_miss, .. } => ServiceState::Starting {
            since: *since,
            attempt: match origin {
                super::Origin::Asked { attempt } => *attempt,
                super::Origin::Crashed => 1,
            },
            needs: missing(services, service),
            last_miss: last_miss.clone(),
        },
        Up::Running { since, health, .. } => {
            ServiceState::Running { since: *since, health: health.clone() }
        }
        Up::Replacing { .. } => ServiceState::Stopping,
        Up::Pausing { until, problem, .. } => {
            ServiceState::Pausing { until: *until, problem: problem.clone() }
        }
        Up::GaveUp { problem } => ServiceState::GaveUp(problem.clone()),
    }
}

fn coming_up(services: &PerService<Up>) -> Preparation {
    let waiting: Vec<&str> = services
        .iter()
        .filter(|(service, up)| !up.is_running() && missing(services, *service).is_empty())
        .map(|(service, _)| service.as_str())
        .collect();
    let ready = services.iter().filter(|(_, up)| up.is_running()).count();
    let step = format!("Starting {}", waiting.join(" and "));
    Preparation { step, amount: Some((u64::try_from(ready).unwrap_or(0), 4)) }
}

fn running(since: Timestamp, services: &PerService<Up>) -> ProjectState {
    let mut worst = HealthWord::Healthy;
    for (_, up) in services.iter() {
        let word = match up {
            Up::GaveUp { problem } => return ProjectState::GaveUp(problem.clone()),
            Up::Running { health: Health::Healthy(_), .. } => HealthWord::Healthy,
            Up::Running { health: Health::Degraded { .. }, .. } => HealthWord::Degraded,
            Up::Running { health: Health::Unknown { .. }, .. } => HealthWord::Unknown,
            Up::Running { health: Health::Unhealthy { .. }, .. }
            | Up::Waiting
            | Up::Starting { .. }
            | Up::Replacing { .. }
            | Up::Pausing { .. } => HealthWord::Unhealthy,
        };
        worst = worst.max(word);
    }
    ProjectState::Running { since, health: worst }
}
