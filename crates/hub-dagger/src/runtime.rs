//! The runtime over a Dagger engine.

use crate::data::{Memory, Vault, home_problem};
use crate::engine::{Engines, Outlook, RELEASES};
use crate::fault::Fault;
use crate::instance::DaggerInstance;
use crate::session::{Opening, Session};
use crate::stack::folder::FolderCopy;
use crate::stack::images::Pins;
use crate::stack::{WITH_DATA, clearing, volume_key};
use async_trait::async_trait;
use hub_domain::{Code, EngineAddress, Problem, ProjectId, RuntimeKind, Service, StackConfig};
use hub_engine::runtime::{Availability, Check, Instance, Launch, Runtime};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::task::JoinSet;

/// Clearing volumes over a slow link.
const DELETE_BOUND: Duration = Duration::from_secs(60);

/// Where the runtime finds what it needs.
#[derive(Clone, Debug)]
pub struct DaggerOptions {
    /// The Hub's data folder.
    pub home: PathBuf,
    /// The workbench: a folder with `backend/`, `frontend/dist/` and `frontend/serve/`.
    pub workbench: PathBuf,
    /// Engine of projects that name none; the Hub's own where absent.
    pub engine: Option<EngineAddress>,
    /// The Dagger command line to use, whatever its version.
    pub cli: Option<PathBuf>,
    /// Where releases of the command line are; Dagger's own place where absent.
    pub releases: Option<String>,
}

/// What all instances share.
pub(crate) struct Shared {
    pub(crate) options: DaggerOptions,
    pub(crate) engines: Engines,
    pub(crate) pins: Pins,
}

impl Shared {
    /// The runtime's own folder in the Hub home.
    pub(crate) fn folder(&self) -> PathBuf {
        folder(&self.options.home)
    }

    /// A folder with nothing in it.
    pub(crate) fn empty_folder(&self) -> Result<PathBuf, Problem> {
        self.made("empty")
    }

    /// A folder for data that readers leave unread.
    pub(crate) fn spill_folder(&self) -> Result<PathBuf, Problem> {
        self.made("spill")
    }

    /// File for what a project's folder and its copy on an engine last had in common.
    pub(crate) fn folder_state(&self, project: &ProjectId) -> PathBuf {
        self.folder().join("folders").join(project.as_str())
    }

    fn made(&self, name: &str) -> Result<PathBuf, Problem> {
        let path = self.folder().join(name);
        let made = fs::create_dir_all(&path);
        made.map_err(|fault| home_problem("Creating the runtime's folders", &fault))?;
        Ok(path)
    }
}

fn folder(home: &Path) -> PathBuf {
    home.join("dagger")
}

/// Runs stacks as containers of a Dagger engine.
pub struct DaggerRuntime {
    shared: Arc<Shared>,
    /// Deletes what could not be deleted before; ends with this.
    deleting: Mutex<JoinSet<()>>,
}

impl DaggerRuntime {
    /// A runtime that looks for its engine when it is asked to.
    pub fn new(options: DaggerOptions) -> Self {
        let folder = folder(&options.home);
        let releases = options.releases.clone().unwrap_or_else(|| RELEASES.to_owned());
        let engines = Engines::new(&folder, options.engine.clone(), options.cli.clone(), releases);
        let pins = Pins::new(&folder);
        let shared = Arc::new(Shared { options, engines, pins });
        Self { shared, deleting: Mutex::default() }
    }
}

#[async_trait]
impl Runtime for DaggerRuntime {
    fn kind(&self) -> RuntimeKind {
        RuntimeKind::Dagger
    }

    async fn availability(&self, config: &StackConfig) -> Availability {
        let Outlook { usable, answers, why } = self.shared.engines.outlook(config.engine()).await;
        Availability { usable, ready: answers, why }
    }

    async fn doctor(&self) -> Vec<Check> {
        crate::doctor::look(&self.shared).await
    }

    async fn prepare(&self, launch: Launch) -> Result<Arc<dyn Instance>, Problem> {
        Ok(Arc::new(DaggerInstance::prepare(Arc::clone(&self.shared), launch).await?))
    }

    /// Sessions of a Hub that was killed ended with it: the input of their child ended. Nothing waits for
    /// the engines that still hold data of removed projects.
    async fn recover(&self) -> Result<(), Problem> {
        let mut deleting = self.deleting.lock().unwrap_or_else(PoisonError::into_inner);
        for project in Memory::condemned(&self.shared.folder()) {
            let shared = Arc::clone(&self.shared);
            deleting.spawn(async move {
                if let Err(problem) = shared.clear_everywhere(&project).await {
                    tracing::info!(%project, "data of a removed project are still there: {problem}");
                }
            });
        }
        Ok(())
    }

    async fn delete_data(&self, project: &ProjectId) -> Result<(), Problem> {
        Vault::of(&self.shared.options.home, project)
            .clear()
            .map_err(|fault| home_problem("Deleting the project's dumps", &fault))?;
        match fs::remove_file(self.shared.folder_state(project)) {
            Err(fault) if fault.kind() != std::io::ErrorKind::NotFound => {
                return Err(home_problem("Deleting what is known of the folder's copy", &fault));
            }
            _ => {}
        }
        Memory::of(&self.shared.folder(), project).condemn();
        self.shared.clear_everywhere(project).await
    }
}

impl Shared {
    /// Clears a project's volumes in every engine that has some.
    ///
    /// # Errors
    /// Of the first engine that still has them; the others are cleared all the same.
    async fn clear_everywhere(&self, project: &ProjectId) -> Result<(), Problem> {
        // A project that never ran on an engine has no volumes.
        let memory = Memory::of(&self.folder(), project);
        let mut left = None;
        for engine in memory.engines() {
            let clearing = tokio::time::timeout(DELETE_BOUND, self.clear_volumes(&engine, project));
            let timed_out = |_| Err(Fault::Timeout(DELETE_BOUND).problem("Clearing volumes"));
            match clearing.await.unwrap_or_else(timed_out) {
                Ok(()) => memory.leaves(&engine),
                Err(problem) => {
                    left.get_or_insert(still_there(&engine, &problem));
                }
            }
        }
        left.map_or(Ok(()), Err)
    }

    async fn clear_volumes(&self, engine: &str, project: &ProjectId) -> Result<(), Problem> {
        let doing = "Clearing the project's volumes";
        let (place, cli) = self.engines.answering(engine).await?;
        let opening = Opening {
            cli: cli.program,
            engine: place.address(),
            folder: self.empty_folder()?,
            bound: DELETE_BOUND,
        };
        let session = Session::open(&opening).await.map_err(|fault| fault.problem(doing))?;
        for service in WITH_DATA {
            let image = self.pins.pinned(&session, hub_domain::spec(service).image).await?;
            let query = session.query(DELETE_BOUND);
            let failed = |fault| Fault::from(fault).problem(doing);
            let volume = query.cache_volume(volume_key(project, service)).id().await;
            let volume = volume.map_err(failed)?;
            clearing(&query, &image, &volume, service).sync().await.map_err(failed)?;
        }
        let image = self.pins.pinned(&session, hub_domain::spec(Service::Backend).image).await?;
        for read_only in [false, true] {
            let failed = |fault: Fault| fault.problem(doing);
            let copy = FolderCopy::named(&session, project, read_only).await.map_err(failed)?;
            let cleared = copy.clearing(&session.query(DELETE_BOUND), &image).sync().await;
            cleared.map_err(|fault| failed(fault.into()))?;
        }
        session.close().await;
        Ok(())
    }
}

/// Why data of a removed project are still in an engine.
fn still_there(engine: &str, problem: &Problem) -> Problem {
    Problem::new(
        Code::EngineUnavailable,
        format!("The project's data on the Dagger engine at {engine} could not be deleted."),
        "They are deleted when the Hub is started while that engine answers.",
    )
    .caused_by(problem)
    .retryable()
}
