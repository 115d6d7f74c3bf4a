//! What carries a stack out. Two runtimes implement this: processes of this machine, and containers
//! of a Dagger engine. Both take the same [`StackConfig`] and the same stack definition
//! (`hub_domain::spec`); nothing above this trait knows which one runs, apart from its name.

use crate::logs::LogWriter;
use crate::secrets::Secrets;
use async_trait::async_trait;
use futures::future::BoxFuture;
use hub_domain::{
    Enforcement, PerService, Problem, ProjectId, Proof, RuntimeKind, Service, StackConfig, Usage,
};
use std::sync::Arc;
use tokio::sync::watch;

/// Whether a runtime can be used here, and why it can or cannot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Availability {
    /// It can.
    pub usable: bool,
    /// It can at once: nothing large must be started or downloaded first. Where the user leaves the
    /// choice to the Hub, only such a runtime is chosen.
    pub ready: bool,
    /// Why, in one sentence.
    pub why: String,
}

/// Result of one doctor check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// Stable identity, e.g. "postgres".
    pub id: String,
    /// What was looked at.
    pub title: String,
    /// How it stands.
    pub verdict: Verdict,
    /// What was found: version, path, which source and why.
    pub found: String,
    /// What to do; empty when nothing need be done.
    pub action: String,
}

/// How a doctor check stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// In order.
    Ok,
    /// Works, with a limit the user should know.
    Warning,
    /// Does not work.
    Failed,
}

/// How far a long step is.
#[derive(Clone, Debug, PartialEq)]
pub struct Progress {
    /// What is being done, in words: "Downloading PostgreSQL 15.18".
    pub step: String,
    /// Done and whole, in the unit of the step (bytes for downloads), where known.
    pub amount: Option<(u64, u64)>,
}

/// Takes progress; never blocks. Called at least every 0.5 s during a long step.
pub type ProgressSink = Arc<dyn Fn(Progress) + Send + Sync>;

/// How a running stack has the project folder, where it works on something else than the folder itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FolderNotice {
    /// Which way, in words that can follow "the folder is": "synced both ways with a copy on the engine".
    pub access: String,
    /// Versions that are kept beside others because both sides changed the same: paths in the folder. The
    /// user is done with one by removing it or giving it another name.
    pub conflicts: Vec<String>,
    /// What is not kept alike now, and why.
    pub trouble: Option<String>,
}

/// What a runtime is given for one start.
#[derive(Clone)]
pub struct Launch {
    /// The configuration.
    pub config: Arc<StackConfig>,
    /// Where its secrets come from.
    pub secrets: Arc<dyn Secrets>,
    /// Where its services' output goes.
    pub logs: PerService<Arc<dyn LogWriter>>,
    /// Where progress goes.
    pub progress: ProgressSink,
    /// Where goes what has to be known of the project folder.
    pub folder: watch::Sender<Option<FolderNotice>>,
}

/// A way to run stacks.
#[async_trait]
pub trait Runtime: Send + Sync + 'static {
    /// Which one it is.
    fn kind(&self) -> RuntimeKind;

    /// Whether it can be used here for a project. Bounded to 2 s for each thing it must ask.
    async fn availability(&self, config: &StackConfig) -> Availability;

    /// What it found on this machine. Bounded to 5 s for each check.
    async fn doctor(&self) -> Vec<Check>;

    /// Makes ready everything the four services need (programs, environments, database cluster,
    /// containers), without launching any. Dropping the future calls it off and leaves nothing half
    /// done that the next call would trip over.
    ///
    /// # Errors
    /// With the code of what failed; nothing of it is left running.
    async fn prepare(&self, launch: Launch) -> Result<Arc<dyn Instance>, Problem>;

    /// Ends what an earlier Hub, killed, may have left running, and begins to delete what could not be
    /// deleted before. Called once, before anything starts.
    ///
    /// # Errors
    /// When something could not be ended; the words name it.
    async fn recover(&self) -> Result<(), Problem>;

    /// Deletes what the runtime keeps for a project: its databases and run folders. The project is
    /// stopped and no longer registered. Deleting what is not there is no error.
    ///
    /// # Errors
    /// `HUB_HOME_UNUSABLE`; what is out of reach now and is deleted by a later
    /// [`recover`](Self::recover), with the code of what keeps it out of reach.
    async fn delete_data(&self, project: &ProjectId) -> Result<(), Problem>;
}

/// One prepared stack. All calls may run at the same time, also for the same service.
#[async_trait]
pub trait Instance: Send + Sync {
    /// Launches a service that is not running. Returns as soon as its process exists; whether it is
    /// healthy, [`Instance::probe`] tells.
    ///
    /// # Errors
    /// `SERVICE_LAUNCH_FAILED` and its kin. Nothing is left running, also when the future is dropped.
    async fn launch(&self, service: Service) -> Result<Launched, Problem>;

    /// Asks a launched service for a proof of its health, once. Bounded to 2 s. Starting and steady
    /// probes are this same call.
    ///
    /// # Errors
    /// Why there is no proof, in words that can follow the service's name.
    async fn probe(&self, service: Service) -> Result<Proof, String>;

    /// Asks a service that does not answer its probes once more, by another way than its users' and the
    /// probes'. Bounded to 8 s. `None` where there is no other way, or it could not be gone. A runtime
    /// that finds the users' way broken mends it without being told to.
    ///
    /// Only a service that is silent to several second opinions in a row is taken to hang, and launched
    /// anew. Without a second opinion it is shown as unhealthy and left alone: only its user knows
    /// whether it is stuck or busy.
    async fn second_opinion(&self, _service: Service) -> Option<Opinion> {
        None
    }

    /// True where the runtime itself listens on the project's ports, whether its services run or not.
    fn holds_ports(&self) -> bool {
        false
    }

    /// What a running service uses now, where it can be measured.
    async fn usage(&self, service: Service) -> Option<Usage>;

    /// Gives back whatever the instance holds besides its services. All services have ended.
    async fn close(&self);
}

/// What a service says that is asked by another way, in words that can follow why its probe failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opinion {
    /// It answers there: it does not hang, whatever is wrong with the way to it.
    Answers(String),
    /// It is silent there too.
    Silent(String),
}

/// A service that was launched.
pub struct Launched {
    /// What is known of its process.
    pub facts: Facts,
    /// Resolves when the service has ended and everything it wrote is in its log.
    pub exited: BoxFuture<'static, Exit>,
    /// Ends it.
    pub control: Box<dyn Control>,
}

/// What a runtime knows of a launched service's process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Process id on this machine, where it has one.
    pub pid: Option<u32>,
    /// The account it runs under.
    pub user: String,
    /// Whether it was seen, from outside, to run without the rights of root.
    pub non_root: Enforcement,
    /// Whether its limits bind it.
    pub limits: Enforcement,
    /// Whether read-only is real: `None` where the project is not read-only or the service does not
    /// touch the folder.
    pub read_only: Option<Enforcement>,
    /// Which program runs, e.g. "PostgreSQL 15.18".
    pub program: String,
}

/// Ends a launched service. Neither call waits for the end: [`Launched::exited`] tells.
#[async_trait]
pub trait Control: Send + Sync {
    /// Asks it to end in order.
    async fn terminate(&self);

    /// Ends it and all it started, at once.
    async fn kill(&self);
}

/// How a service ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exit {
    /// Exit code, signal, or what else is known, in words: "exited with code 1".
    pub how: String,
    /// The last lines it wrote, at most 20, oldest first.
    pub last_lines: Vec<String>,
}
