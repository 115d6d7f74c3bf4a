//! What everybody else sees of the Hub: whole states, never single transitions. A subscriber that is
//! slow misses states in between, never the latest one.

use crate::runtime::FolderNotice;
use hub_domain::lifecycle::{Machine, ProjectState, ServiceView};
use hub_domain::{
    Enforcement, PerService, Project, ProjectId, ResourceLimits, RuntimeKind, Timestamp, Usage,
    spec,
};
use std::sync::Arc;

/// One service as it is now.
#[derive(Clone, Debug, PartialEq)]
pub struct ServiceSnapshot {
    /// State and history.
    pub view: ServiceView,
    /// Loopback port.
    pub port: u16,
    /// Limits it runs with, or would.
    pub limits: ResourceLimits,
    /// Process id, while it has one on this machine.
    pub pid: Option<u32>,
    /// Account it runs under, while it runs.
    pub user: Option<String>,
    /// Whether it was seen to run without the rights of root, while it runs.
    pub non_root: Option<Enforcement>,
    /// Program and version, while it runs.
    pub program: Option<String>,
    /// Whether the limits bind it, while it runs.
    pub enforcement: Option<Enforcement>,
    /// Whether read-only is real, while it runs in a read-only project.
    pub read_only: Option<Enforcement>,
    /// What it uses, where that is measured.
    pub usage: Option<Usage>,
}

/// Which runtime a running project uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuntimeInUse {
    /// Which.
    pub kind: RuntimeKind,
    /// Why this one, in one sentence.
    pub why: String,
}

/// One project as it is now.
#[derive(Clone, Debug, PartialEq)]
pub struct ProjectSnapshot {
    /// What is registered.
    pub project: Project,
    /// Its state.
    pub state: ProjectState,
    /// True when all four services are proven healthy.
    pub overall_healthy: bool,
    /// Its services.
    pub services: PerService<ServiceSnapshot>,
    /// What runs it, while it runs.
    pub runtime: Option<RuntimeInUse>,
    /// How it has its folder, while it runs and where that is not the folder itself.
    pub folder: Option<FolderNotice>,
    /// When this was put together.
    pub at: Timestamp,
}

impl ProjectSnapshot {
    /// A registered project of which nothing runs.
    pub fn stopped(project: Project, at: Timestamp) -> Self {
        let machine = Machine::stopped(None);
        let services = machine.services().map(|service, view| ServiceSnapshot {
            view: view.clone(),
            port: project.ports[service],
            limits: project.limits[service].unwrap_or(spec(service).limits),
            pid: None,
            user: None,
            non_root: None,
            program: None,
            enforcement: None,
            read_only: None,
            usage: None,
        });
        let state = machine.state();
        Self { project, state, overall_healthy: false, services, runtime: None, folder: None, at }
    }
}

/// A change, to be applied over the last known state.
#[derive(Clone, Debug)]
pub enum Change {
    /// The project is new or changed.
    Project(Arc<ProjectSnapshot>),
    /// The project is no longer registered.
    Removed(ProjectId),
}

/// A numbered change; numbers grow by one.
#[derive(Clone, Debug)]
pub struct HubEvent {
    /// Number of the change since the Hub started, from 1.
    pub seq: u64,
    /// The change.
    pub change: Change,
}
