//! What the orchestrator remembers across restarts. No secrets.

use async_trait::async_trait;
use hub_domain::{Problem, Project, ProjectId};
use std::path::Path;

/// The Hub's memory. Every call returns when the change is on disk.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// All registered projects, in the order of their slots.
    ///
    /// # Errors
    /// `STORE_FAILED`, `STORE_CORRUPT`, `DISK_FULL`; the same for the calls below.
    async fn projects(&self) -> Result<Vec<Project>, Problem>;

    /// Adds a project. Data that was kept under its id counts as in use again.
    ///
    /// # Errors
    /// Also `PATH_ALREADY_REGISTERED` when its path is there.
    async fn insert(&self, project: &Project) -> Result<(), Problem>;

    /// Replaces all of a project's columns.
    ///
    /// # Errors
    /// Also `PROJECT_NOT_FOUND`.
    async fn update(&self, project: &Project) -> Result<(), Problem>;

    /// Removes a project, and remembers under which id its data stays where that is kept. Removing one
    /// that is not there is no error.
    async fn remove(&self, project: &ProjectId, keep_data: bool) -> Result<(), Problem>;

    /// The id under which the data of a folder was kept when its project was removed.
    async fn kept(&self, path: &Path) -> Result<Option<ProjectId>, Problem>;

    /// A setting of the Hub itself.
    async fn setting(&self, key: &str) -> Result<Option<String>, Problem>;

    /// Writes a setting; `None` removes it.
    async fn set_setting(&self, key: &str, value: Option<&str>) -> Result<(), Problem>;
}
