//! What goes over the wire. Times are milliseconds since 1970 in UTC, named `…_at`, `since`, `until`
//! or `at`; durations say their unit. The engine's types never go over the wire; `map` turns them into
//! these.

mod commands;
mod map;

pub use commands::*;
pub use map::{log_line, to_wire};

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A service of a stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Service {
    /// PostgreSQL.
    Postgres,
    /// Redis.
    Redis,
    /// The workbench's backend.
    Backend,
    /// The workbench's page.
    Frontend,
}

/// One value for each service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PerService<T> {
    /// For PostgreSQL.
    pub postgres: T,
    /// For Redis.
    pub redis: T,
    /// For the backend.
    pub backend: T,
    /// For the frontend.
    pub frontend: T,
}

/// What carries a stack out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum RuntimeKind {
    /// Processes of this machine.
    Native,
    /// Containers of a Dagger engine.
    Dagger,
}

/// Which runtime the user wants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum RuntimeChoice {
    /// Dagger where an engine answers, else native.
    #[default]
    Auto,
    /// Native or an error.
    Native,
    /// Dagger or an error.
    Dagger,
}

/// A stable code of a failure: one of `hub_domain::Code`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ErrorCode(pub String);

/// A way out of a held port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PortOffer {
    /// Whose port it is.
    pub service: Service,
    /// The port that is held.
    pub held: u16,
    /// A port that was free a moment ago.
    pub free: u16,
}

/// A failure: what happened, what to do, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct WireError {
    /// What kind of failure it is. Callers switch on this and on nothing else.
    pub code: ErrorCode,
    /// What happened: one sentence.
    pub message: String,
    /// What the user can do: one sentence.
    pub action: String,
    /// The cause as the failing part put it.
    pub cause: Option<String>,
    /// Id of the project it happened to.
    pub project: Option<String>,
    /// The service it happened to.
    pub service: Option<Service>,
    /// The last lines that service wrote, oldest first.
    pub log_tail: Vec<String>,
    /// A free port to use instead.
    pub offer: Option<PortOffer>,
    /// Trying the same again may help.
    pub retryable: bool,
}

/// Where a line of a log came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum LogStream {
    /// Standard output of the service.
    Stdout,
    /// Standard error of the service.
    Stderr,
    /// The Hub, about the service.
    Hub,
}

/// One line of a log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct LogLine {
    /// Its number within the project, without gaps.
    pub seq: u64,
    /// When it arrived.
    pub at: u64,
    /// Which service wrote it.
    pub service: Service,
    /// By which way.
    pub stream: LogStream,
    /// The text without its line break.
    pub text: String,
}

/// Lines as a follower receives them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct LogBatch {
    /// In order.
    pub lines: Vec<LogLine>,
    /// So many were passed over before them because the follower was too slow.
    pub missed: u64,
}

/// An answer a service gave to a probe.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Proof {
    /// What was proven: "SQL answered".
    pub what: String,
    /// When.
    pub at: u64,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
}

/// Health in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum HealthWord {
    /// Proven.
    Healthy,
    /// Slow, or missed one probe.
    Degraded,
    /// The last proof is too old.
    Unknown,
    /// Does not answer.
    Unhealthy,
}

/// Health of a running service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "health", rename_all = "snake_case")]
pub enum Health {
    /// It answered, recently.
    Healthy {
        /// The answer.
        proof: Proof,
    },
    /// It answers slowly, or one probe failed.
    Degraded {
        /// The last good answer.
        last: Proof,
        /// What is wrong.
        why: String,
    },
    /// Probe and repetition failed.
    Unhealthy {
        /// The last good answer.
        last: Proof,
        /// What is wrong.
        why: String,
    },
    /// The last good answer is too old.
    Unknown {
        /// That answer.
        last: Proof,
    },
}

/// How far a long step is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Progress {
    /// What is being done.
    pub step: String,
    /// So much is done, in the unit of the step.
    pub done: Option<u64>,
    /// Of so much.
    pub whole: Option<u64>,
}

/// State of a project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "state", rename_all = "snake_case")]
#[expect(missing_docs, reason = "the fields are named as what they are")]
pub enum ProjectState {
    /// It does not run.
    Stopped,
    /// It waits until fewer other projects are starting.
    Queued { since: u64 },
    /// It is coming up.
    Starting { since: u64, doing: Progress },
    /// All four services have come up; `health` is the worst of theirs.
    Running { since: u64, health: HealthWord },
    /// It is going down.
    Stopping { since: u64 },
    /// The start failed; nothing runs.
    Failed { error: WireError },
    /// It is up, but a service failed too often and stays down.
    GaveUp { error: WireError },
}

/// State of a service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "state", rename_all = "snake_case")]
#[expect(missing_docs, reason = "the fields are named as what they are")]
pub enum ServiceState {
    /// It does not run.
    Stopped,
    /// It waits for others to become healthy.
    Waiting { needs: Vec<Service> },
    /// It was launched and is not counted as up yet.
    Starting { since: u64, attempt: u32, needs: Vec<Service>, last_miss: Option<String> },
    /// It runs.
    Running { since: u64, health: Health },
    /// It failed and is launched again at `until`.
    Pausing { until: u64, error: WireError },
    /// It is being ended.
    Stopping,
    /// It failed too often.
    GaveUp { error: WireError },
}

/// Whether a promise is kept by the system.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the fields are named as what they are")]
pub enum Enforcement {
    /// It is, by this means.
    Enforced { by: String },
    /// It is not, for this reason.
    NotEnforced { because: String },
}

/// Upper bounds of one service.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// In cores.
    pub cpu: f64,
    /// In MB of 2^20 bytes.
    pub memory_mb: u32,
}

/// What a service used when it was last measured.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct Usage {
    /// In percent of one core.
    pub cpu_percent: f32,
    /// In MB of 2^20 bytes.
    pub memory_mb: u32,
}

/// One service as it is now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct ServiceView {
    /// Which one.
    pub service: Service,
    /// Its state.
    pub state: ServiceState,
    /// Its port on 127.0.0.1.
    pub port: u16,
    /// Its process id, while it has one on this machine.
    pub pid: Option<u32>,
    /// The account it runs under.
    pub user: Option<String>,
    /// Whether it was seen to run without the rights of root, while it runs.
    pub non_root: Option<Enforcement>,
    /// Program and version.
    pub program: Option<String>,
    /// Its limits.
    pub limits: Limits,
    /// Whether they bind it, while it runs.
    pub enforcement: Option<Enforcement>,
    /// Whether read-only is real, while it runs in a read-only project.
    pub read_only: Option<Enforcement>,
    /// What it uses.
    pub usage: Option<Usage>,
    /// When it was last launched.
    pub launched_at: Option<u64>,
    /// When that launch counted as up.
    pub ready_at: Option<u64>,
    /// How often the Hub launched it again by itself.
    pub restarts: u32,
    /// The last thing that went wrong with it.
    pub last_error: Option<WireError>,
}

/// Which runtime a project is to use, and does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct RuntimeView {
    /// What the user wants.
    pub choice: RuntimeChoice,
    /// What is used, while it runs.
    pub in_use: Option<RuntimeKind>,
    /// Why that one; empty while it does not run.
    pub why: String,
}

/// How a running project has its folder, where it works on something else than the folder itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct FolderView {
    /// Which way, in words that can follow "the folder is".
    pub access: String,
    /// Paths in the folder of versions that are kept beside others, because both sides changed the same.
    pub conflicts: Vec<String>,
    /// What is not kept alike now, and why.
    pub trouble: Option<String>,
}

/// Addresses of a project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Urls {
    /// Of the backend.
    pub backend: String,
    /// Of the page.
    pub frontend: String,
}

/// One environment variable of one service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct Variable {
    /// Whose.
    pub service: Service,
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// One project as it is now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct ProjectView {
    /// Identity.
    pub id: String,
    /// Name.
    pub name: String,
    /// Folder; bytes that are not UTF-8 are replaced.
    pub path: String,
    /// Runtime.
    pub runtime: RuntimeView,
    /// How it has its folder, while it runs and where that is not the folder itself.
    pub folder: Option<FolderView>,
    /// Address of the Dagger engine, where the project names one.
    pub engine: Option<String>,
    /// Container images, the project's own or the stack's.
    pub images: PerService<String>,
    /// The workbench may not write into the folder.
    pub read_only: bool,
    /// It has a tray icon of its own.
    pub pinned: bool,
    /// It starts with the Hub.
    pub autostart: bool,
    /// The ports it is registered with; a running one may still have others.
    pub ports: PerService<u16>,
    /// Additional environment.
    pub environment: Vec<Variable>,
    /// Addresses.
    pub urls: Urls,
    /// State.
    pub state: ProjectState,
    /// All four services are proven healthy.
    pub overall_healthy: bool,
    /// The oldest of the four last proofs, while all four have one.
    pub proven_at: Option<u64>,
    /// It was running when an earlier Hub ended without stopping it.
    pub was_interrupted: bool,
    /// Services, in start order.
    pub services: Vec<ServiceView>,
    /// When this was put together.
    pub at: u64,
}

/// The Hub itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct HubInfo {
    /// Version.
    pub version: String,
    /// Its data folder.
    pub home: String,
    /// Port of its loopback server.
    pub port: u16,
    /// The runtimes it has, in words.
    pub runtime: String,
    /// Its process id.
    pub pid: u32,
}

/// Everything, at one moment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct Snapshot {
    /// Number of the last change in it.
    pub seq: u64,
    /// The Hub.
    pub hub: HubInfo,
    /// The projects.
    pub projects: Vec<ProjectView>,
}

/// What changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[expect(missing_docs, reason = "the fields are named as what they are")]
#[expect(clippy::large_enum_variant, reason = "it is made once and written out at once")]
pub enum Change {
    /// A project is new or changed.
    Project { project: ProjectView },
    /// A project is no longer registered.
    Removed { id: String },
}

/// A change with its number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct HubEvent {
    /// Numbers grow by one.
    pub seq: u64,
    /// The change.
    pub change: Change,
}

/// How a doctor check stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// In order.
    Ok,
    /// Works, with a limit.
    Warning,
    /// Does not work.
    Failed,
}

/// Result of one doctor check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Check {
    /// Stable identity.
    pub id: String,
    /// What was looked at.
    pub title: String,
    /// How it stands.
    pub verdict: Verdict,
    /// What was found.
    pub found: String,
    /// What to do; empty when nothing need be done.
    pub action: String,
}

/// Settings of the Hub itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Settings {
    /// Runtime of projects that are registered from now on.
    pub default_runtime: RuntimeChoice,
}
