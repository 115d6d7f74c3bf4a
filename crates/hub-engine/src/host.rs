//! What the orchestrator asks the machine it runs on: ports, folders and their rights.

use hub_domain::{Problem, ProjectId};
use std::path::{Path, PathBuf};

/// The process that listens on a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortHolder {
    /// Process id.
    pub pid: u32,
    /// Name of its program.
    pub program: String,
}

/// Whether a service could listen on a loopback port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PortState {
    /// It could.
    Free,
    /// Somebody listens there already; who, where the system tells.
    Held(Option<PortHolder>),
}

/// The machine. Calls may block for some milliseconds: call them off the async threads.
pub trait Host: Send + Sync + 'static {
    /// Looks whether 127.0.0.1, ::1 or a wildcard address holds the port.
    fn port_state(&self, port: u16) -> PortState;

    /// Checks a folder a user wants to register and returns its canonical path: symbolic links
    /// resolved, the one spelling under which it is registered.
    ///
    /// # Errors
    /// `PATH_RELATIVE`, `PATH_MISSING`, `PATH_NOT_FOLDER`, `PATH_LOOP`, `PATH_UNREADABLE`.
    fn resolve_folder(&self, path: &Path) -> Result<PathBuf, Problem>;

    /// Checks that the account the services run under can list the folder.
    ///
    /// # Errors
    /// `PATH_MISSING`, `PATH_NOT_FOLDER`, `PATH_UNREADABLE`.
    fn check_folder(&self, path: &Path) -> Result<(), Problem>;

    /// Takes the lease of a project for this process: whoever holds it may run the project's stack.
    /// It is released when the returned guard is dropped, and by the system when the process dies.
    ///
    /// # Errors
    /// `HUB_ALREADY_RUNNING` when another process holds it, `HUB_HOME_UNUSABLE`.
    fn lease(&self, project: &ProjectId) -> Result<Box<dyn Send + Sync>, Problem>;
}
