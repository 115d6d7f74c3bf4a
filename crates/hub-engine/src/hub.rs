//! The registry of all projects and the way in for everybody: window, page, command line.
//!
//! Limits: holds no lifecycle state (each project's actor does) and no lock across an await, apart
//! from one that lets only a single registration or port change happen at a time.

use crate::actor::{Actor, Command, Context, Handle};
use crate::bus::Bus;
use crate::clock::Clock;
use crate::host::Host;
use crate::logs::Logs;
use crate::runtime::{Check, Runtime, Verdict};
use crate::secrets::Secrets;
use crate::snapshot::{HubEvent, ProjectSnapshot};
use crate::store::Store;
use futures::future::join_all;
use hub_domain::lifecycle::{Event, ProjectState, ServiceState};
use hub_domain::{Code, Problem, ProjectId, Service};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::{Semaphore, broadcast, oneshot};
use tokio_util::task::TaskTracker;

/// A project that is not down after this long at the Hub's end is left to its guardians.
const SHUTDOWN_BOUND: Duration = Duration::from_secs(40);

/// What a Hub is made of.
pub struct HubParts {
    /// The Hub's data folder.
    pub home: PathBuf,
    /// Its memory.
    pub store: Arc<dyn Store>,
    /// Where secrets come from.
    pub secrets: Arc<dyn Secrets>,
    /// Where logs go.
    pub logs: Arc<dyn Logs>,
    /// The machine.
    pub host: Arc<dyn Host>,
    /// What can carry stacks out.
    pub runtimes: Vec<Arc<dyn Runtime>>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

pub(crate) struct Inner {
    pub(crate) home: PathBuf,
    pub(crate) context: Arc<Context>,
    pub(crate) registry: RwLock<BTreeMap<ProjectId, Handle>>,
    /// Registrations and port changes look at all projects: one at a time.
    pub(crate) registering: tokio::sync::Mutex<()>,
    pub(crate) actors: TaskTracker,
}

/// Handle to the orchestrator; cheap to clone.
#[derive(Clone)]
pub struct Hub {
    pub(crate) inner: Arc<Inner>,
}

impl Hub {
    /// Ends what an earlier Hub left behind, loads the projects, and starts those that are to start
    /// with the Hub.
    ///
    /// # Errors
    /// Of the store. Leftovers that cannot be ended are logged and found again by the port check.
    pub async fn open(parts: HubParts) -> Result<Self, Problem> {
        for runtime in &parts.runtimes {
            if let Err(problem) = runtime.recover().await {
                tracing::error!("leftovers of an earlier Hub: {problem}");
            }
        }
        let projects = parts.store.projects().await?;
        // A start is mostly processor time: more at once than cores make every one of them slower.
        let places = std::thread::available_parallelism().map_or(2, usize::from).max(2);
        let context = Context {
            store: parts.store,
            secrets: parts.secrets,
            logs: parts.logs,
            host: parts.host,
            runtimes: parts.runtimes,
            clock: parts.clock,
            bus: Bus::new(),
            starts: Arc::new(Semaphore::new(places)),
        };
        let hub = Self {
            inner: Arc::new(Inner {
                home: parts.home,
                context: Arc::new(context),
                registry: RwLock::default(),
                registering: tokio::sync::Mutex::new(()),
                actors: TaskTracker::new(),
            }),
        };
        let mut start = Vec::new();
        for project in projects {
            if project.autostart {
                start.push(project.id.clone());
            }
            hub.adopt(project);
        }
        for id in start {
            hub.start(&id).await?;
        }
        Ok(hub)
    }

    /// Gives a project its actor.
    pub(crate) fn adopt(&self, project: hub_domain::Project) -> Handle {
        let id = project.id.clone();
        let (actor, handle) = Actor::new(Arc::clone(&self.inner.context), project);
        self.inner.actors.spawn(actor.run());
        // A panic elsewhere leaves the map whole: entries are only ever put in or taken out.
        let mut registry = self.inner.registry.write().unwrap_or_else(PoisonError::into_inner);
        registry.insert(id, handle.clone());
        handle
    }

    pub(crate) fn handle(&self, id: &ProjectId) -> Result<Handle, Problem> {
        let registry = self.inner.registry.read().unwrap_or_else(PoisonError::into_inner);
        registry.get(id).cloned().ok_or_else(|| not_found(id.as_str()))
    }

    pub(crate) fn forget(&self, id: &ProjectId) {
        let mut registry = self.inner.registry.write().unwrap_or_else(PoisonError::into_inner);
        registry.remove(id);
    }

    /// All projects, in the order of their numbers.
    pub fn projects(&self) -> Vec<Arc<ProjectSnapshot>> {
        self.inner.context.bus.projects()
    }

    /// One project.
    ///
    /// # Errors
    /// `PROJECT_NOT_FOUND`.
    pub fn project(&self, id: &ProjectId) -> Result<Arc<ProjectSnapshot>, Problem> {
        Ok(Arc::clone(&self.handle(id)?.snapshot.borrow()))
    }

    /// The states of all projects, the number of the last change in them, and all changes after it.
    /// Whoever lags too far behind subscribes again.
    pub fn subscribe(&self) -> (Vec<Arc<ProjectSnapshot>>, u64, broadcast::Receiver<HubEvent>) {
        self.inner.context.bus.subscribe()
    }

    /// Finds a project by its id, its name, or the path of its folder.
    ///
    /// # Errors
    /// `PROJECT_NOT_FOUND`, `PROJECT_AMBIGUOUS`.
    pub async fn find(&self, text: &str) -> Result<ProjectId, Problem> {
        let projects = self.projects();
        if let Some(found) = projects.iter().find(|p| p.project.id.as_str() == text) {
            return Ok(found.project.id.clone());
        }
        let named: Vec<_> = projects.iter().filter(|p| p.project.name.as_str() == text).collect();
        match named.as_slice() {
            [one] => return Ok(one.project.id.clone()),
            [] => {}
            several => {
                let ids: Vec<_> = several.iter().map(|p| p.project.id.as_str()).collect();
                return Err(Problem::new(
                    Code::ProjectAmbiguous,
                    format!("{} projects are named \"{text}\".", several.len()),
                    format!("Use an id instead: {}.", ids.join(", ")),
                ));
            }
        }
        let path = PathBuf::from(text);
        let host = Arc::clone(&self.inner.context.host);
        // A vanished folder cannot be resolved; it is then found by the spelling it was registered with.
        let as_given = path.clone();
        let resolved = tokio::task::spawn_blocking(move || host.resolve_folder(&path).ok())
            .await
            .ok()
            .flatten()
            .unwrap_or(as_given);
        projects
            .iter()
            .find(|p| p.project.path == resolved)
            .map(|p| p.project.id.clone())
            .ok_or_else(|| not_found(text))
    }

    /// Starts a project. Returns when the request was taken; asking twice is asking once.
    ///
    /// # Errors
    /// `PROJECT_NOT_FOUND`, `HUB_SHUTTING_DOWN`.
    pub async fn start(&self, id: &ProjectId) -> Result<Arc<ProjectSnapshot>, Problem> {
        self.ask(id, Event::Start).await
    }

    /// Stops a project, whatever it is doing. Returns when the request was taken.
    ///
    /// # Errors
    /// As [`Hub::start`].
    pub async fn stop(&self, id: &ProjectId) -> Result<Arc<ProjectSnapshot>, Problem> {
        self.ask(id, Event::Stop).await
    }

    /// Stops and starts a project. Returns when the request was taken.
    ///
    /// # Errors
    /// As [`Hub::start`].
    pub async fn restart(&self, id: &ProjectId) -> Result<Arc<ProjectSnapshot>, Problem> {
        self.ask(id, Event::Restart).await
    }

    /// Restarts one service; the others go on. Returns when the request was taken.
    ///
    /// # Errors
    /// Also `PROJECT_NOT_RUNNING`.
    pub async fn restart_service(
        &self,
        id: &ProjectId,
        service: Service,
    ) -> Result<Arc<ProjectSnapshot>, Problem> {
        self.ask(id, Event::RestartService(service)).await
    }

    async fn ask(&self, id: &ProjectId, event: Event) -> Result<Arc<ProjectSnapshot>, Problem> {
        if event != Event::Stop {
            self.refuse_when_ending()?;
        }
        self.command(id, |reply| Command::Do(event, reply)).await
    }

    pub(crate) fn refuse_when_ending(&self) -> Result<(), Problem> {
        if self.inner.actors.is_closed() { Err(shutting_down()) } else { Ok(()) }
    }

    pub(crate) async fn command(
        &self,
        id: &ProjectId,
        make: impl FnOnce(oneshot::Sender<Result<Arc<ProjectSnapshot>, Problem>>) -> Command,
    ) -> Result<Arc<ProjectSnapshot>, Problem> {
        let handle = self.handle(id)?;
        let (reply, answer) = oneshot::channel();
        if handle.commands.send(make(reply)).await.is_err() {
            return Err(removed(id));
        }
        answer.await.unwrap_or_else(|_| Err(removed(id)))
    }

    /// Waits until a project's start has come to its end.
    ///
    /// # Errors
    /// What the start failed with; `START_CANCELLED` when it was stopped meanwhile.
    pub async fn until_started(&self, id: &ProjectId) -> Result<Arc<ProjectSnapshot>, Problem> {
        let over = |s: &ProjectSnapshot| match &s.state {
            ProjectState::Running { .. } | ProjectState::GaveUp(_) => Some(Ok(())),
            ProjectState::Failed(problem) => Some(Err(problem.clone())),
            ProjectState::Stopped => Some(Err(cancelled(s))),
            ProjectState::Queued { .. }
            | ProjectState::Starting { .. }
            | ProjectState::Stopping { .. } => None,
        };
        self.until(id, over).await
    }

    /// Waits until nothing of a project runs.
    ///
    /// # Errors
    /// `PROJECT_REMOVED`.
    pub async fn until_stopped(&self, id: &ProjectId) -> Result<Arc<ProjectSnapshot>, Problem> {
        let over = |s: &ProjectSnapshot| match &s.state {
            ProjectState::Stopped | ProjectState::Failed(_) => Some(Ok(())),
            _ => None,
        };
        self.until(id, over).await
    }

    /// Waits, after [`Hub::restart_service`], until that service is proven healthy again.
    ///
    /// # Errors
    /// What it failed with when the Hub gave up on it; `START_CANCELLED` when the project went down.
    pub async fn until_service_up(
        &self,
        id: &ProjectId,
        service: Service,
    ) -> Result<Arc<ProjectSnapshot>, Problem> {
        let over = |s: &ProjectSnapshot| match (&s.state, &s.services[service].view.state) {
            (ProjectState::Stopped | ProjectState::Stopping { .. }, _) => Some(Err(cancelled(s))),
            (ProjectState::Failed(problem), _) => Some(Err(problem.clone())),
            (_, ServiceState::Running { .. }) => Some(Ok(())),
            (_, ServiceState::GaveUp(problem)) => Some(Err(problem.clone())),
            _ => None,
        };
        self.until(id, over).await
    }

    async fn until(
        &self,
        id: &ProjectId,
        over: impl Fn(&ProjectSnapshot) -> Option<Result<(), Problem>>,
    ) -> Result<Arc<ProjectSnapshot>, Problem> {
        let mut snapshot = self.handle(id)?.snapshot;
        loop {
            let current = Arc::clone(&snapshot.borrow_and_update());
            if let Some(result) = over(&current) {
                return result.map(|()| current);
            }
            if snapshot.changed().await.is_err() {
                return Err(removed(id));
            }
        }
    }

    /// The log store.
    pub fn logs(&self) -> Arc<dyn Logs> {
        Arc::clone(&self.inner.context.logs)
    }

    /// The Hub's data folder.
    pub fn home(&self) -> &Path {
        &self.inner.home
    }

    /// Looks at everything a start depends on.
    pub async fn doctor(&self) -> Vec<Check> {
        let runtimes = &self.inner.context.runtimes;
        let mut checks: Vec<_> =
            join_all(runtimes.iter().map(|r| r.doctor())).await.into_iter().flatten().collect();
        checks.push(Check {
            id: "secrets".into(),
            title: "Master key".into(),
            verdict: Verdict::Ok,
            found: self.inner.context.secrets.kept_in(),
            action: String::new(),
        });
        checks
    }

    /// A setting of the Hub itself.
    ///
    /// # Errors
    /// Of the store.
    pub async fn setting(&self, key: &str) -> Result<Option<String>, Problem> {
        self.inner.context.store.setting(key).await
    }

    /// Writes a setting of the Hub itself; `None` removes it.
    ///
    /// # Errors
    /// Of the store.
    pub async fn set_setting(&self, key: &str, value: Option<&str>) -> Result<(), Problem> {
        self.inner.context.store.set_setting(key, value).await
    }

    /// Stops all projects and ends all actors. Later requests are refused. May be called twice.
    pub async fn shutdown(&self) {
        self.inner.actors.close();
        let stops = self.projects().into_iter().map(|snapshot| async move {
            let id = &snapshot.project.id;
            let stopped = async {
                self.stop(id).await?;
                self.until_stopped(id).await
            };
            match tokio::time::timeout(SHUTDOWN_BOUND, stopped).await {
                Ok(Ok(_)) => {}
                Ok(Err(problem)) => tracing::warn!(project = %id, "at the end: {problem}"),
                Err(_) => tracing::error!(project = %id, "was not down in time"),
            }
        });
        join_all(stops).await;
        self.inner.registry.write().unwrap_or_else(PoisonError::into_inner).clear();
        if tokio::time::timeout(SHUTDOWN_BOUND, self.inner.actors.wait()).await.is_err() {
            tracing::error!("an actor did not end in time");
        }
    }
}

pub(crate) fn not_found(text: &str) -> Problem {
    Problem::new(
        Code::ProjectNotFound,
        format!("There is no project \"{text}\"."),
        "See the list of projects for ids, names and paths.",
    )
}

fn removed(id: &ProjectId) -> Problem {
    Problem::new(
        Code::ProjectRemoved,
        format!("The project {id} is no longer there."),
        "Add its folder again if you need it.",
    )
}

fn shutting_down() -> Problem {
    Problem::new(
        Code::HubShuttingDown,
        "The Hub is ending and takes no new requests.",
        "Start it again.",
    )
}

fn cancelled(snapshot: &ProjectSnapshot) -> Problem {
    Problem::new(
        Code::StartCancelled,
        format!("The start of {} was called off by a stop.", snapshot.project.name),
        "Start it again when you need it.",
    )
}
