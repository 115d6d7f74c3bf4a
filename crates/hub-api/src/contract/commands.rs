//! All commands there are, with what they take and what they give: one list, from which the requests,
//! the dispatch and the TypeScript types are made.

use super::{
    Check, HubInfo, Limits, LogLine, PerService, ProjectView, RuntimeChoice, Service, Settings,
    Variable, WireError,
};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Takes nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

/// Names a project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct ProjectParams {
    /// Id, name or path.
    pub project: String,
}

/// Registers a folder.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(optional_fields)]
pub struct AddParams {
    /// The folder, absolute.
    pub path: String,
    /// Its name; the folder's own where absent.
    #[serde(default)]
    pub name: Option<String>,
    /// Which runtime; the Hub's setting where absent.
    #[serde(default)]
    pub runtime: Option<RuntimeChoice>,
    /// The workbench may not write into the folder.
    #[serde(default)]
    pub read_only: Option<bool>,
}

/// Removes a project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(optional_fields)]
pub struct RemoveParams {
    /// Id, name or path.
    pub project: String,
    /// Keep its databases and logs.
    #[serde(default)]
    pub keep_data: Option<bool>,
}

/// What a removal has come to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Removed {
    /// What could not be deleted and why. The project is gone all the same.
    pub left: Vec<WireError>,
}

/// Starts or stops a project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(optional_fields)]
pub struct RunParams {
    /// Id, name or path.
    pub project: String,
    /// Answer only when it is done.
    #[serde(default)]
    pub wait: Option<bool>,
}

/// Restarts a project or one of its services.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(optional_fields)]
pub struct RestartParams {
    /// Id, name or path.
    pub project: String,
    /// Only this service. A name that is none is `SERVICE_UNKNOWN`.
    #[serde(default)]
    #[ts(as = "Option<Service>")]
    pub service: Option<String>,
    /// Answer only when it is done.
    #[serde(default)]
    pub wait: Option<bool>,
}

/// Values of some services.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(optional_fields)]
pub struct Some4<T> {
    /// For PostgreSQL.
    #[serde(default = "none")]
    pub postgres: Option<T>,
    /// For Redis.
    #[serde(default = "none")]
    pub redis: Option<T>,
    /// For the backend.
    #[serde(default = "none")]
    pub backend: Option<T>,
    /// For the frontend.
    #[serde(default = "none")]
    pub frontend: Option<T>,
}

const fn none<T>() -> Option<T> {
    None
}

impl<T> Default for Some4<T> {
    fn default() -> Self {
        Self { postgres: None, redis: None, backend: None, frontend: None }
    }
}

/// Changes what is registered; absent means unchanged.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(optional_fields)]
pub struct SetParams {
    /// Id, name or path.
    pub project: String,
    /// Name.
    #[serde(default)]
    pub name: Option<String>,
    /// Runtime.
    #[serde(default)]
    pub runtime: Option<RuntimeChoice>,
    /// Read-only.
    #[serde(default)]
    pub read_only: Option<bool>,
    /// Tray icon of its own.
    #[serde(default)]
    pub pinned: Option<bool>,
    /// Starts with the Hub.
    #[serde(default)]
    pub autostart: Option<bool>,
    /// Ports.
    #[serde(default)]
    pub ports: Option<Some4<u16>>,
    /// Limits.
    #[serde(default)]
    pub limits: Option<Some4<Limits>>,
    /// Address of the Dagger engine; empty returns to the Hub's own choice.
    #[serde(default)]
    pub engine: Option<String>,
    /// Container images; an empty one returns to the stack's own.
    #[serde(default)]
    pub images: Option<Some4<String>>,
    /// Variables to set.
    #[serde(default)]
    pub environment: Option<Vec<Variable>>,
}

/// Reads a log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(optional_fields)]
pub struct LogParams {
    /// Id, name or path.
    pub project: String,
    /// Only these services; empty or absent means all.
    #[serde(default)]
    pub services: Option<Vec<Service>>,
    /// The last so many lines, 1 to 10000; 100 where absent.
    #[serde(default)]
    pub tail: Option<u32>,
    /// Only lines after this number.
    #[serde(default)]
    pub after: Option<u64>,
    /// Only lines at or after this time.
    #[serde(default)]
    pub since: Option<u64>,
    /// Only lines that match this regular expression.
    #[serde(default)]
    pub grep: Option<String>,
}

/// Names a port.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct OfferParams {
    /// Id, name or path.
    pub project: String,
    /// Whose port.
    pub service: Service,
}

/// Changes settings of the Hub.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(optional_fields)]
pub struct SetSettingsParams {
    /// Runtime of projects that are registered from now on.
    #[serde(default)]
    pub default_runtime: Option<RuntimeChoice>,
}

macro_rules! commands {
    ($($(#[$doc:meta])* $name:ident $text:literal $params:ty => $reply:ty),+ $(,)?) => {
        /// A request, by any way in.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[serde(tag = "cmd", content = "params")]
        pub enum Request { $($(#[$doc])* #[serde(rename = $text)] $name($params)),+ }

        impl Request {
            /// Name, TypeScript of the parameters and TypeScript of the reply, of every command.
            pub fn table(config: &ts_rs::Config) -> Vec<(&'static str, String, String)> {
                vec![$(($text, <$params as TS>::name(config), <$reply as TS>::name(config))),+]
            }
        }
    };
}

commands! {
    /// The Hub itself.
    Hub "hub" Nothing => HubInfo,
    /// All projects.
    List "list" Nothing => Vec<ProjectView>,
    /// One project.
    Get "get" ProjectParams => ProjectView,
    /// Registers a folder.
    Add "add" AddParams => ProjectView,
    /// Removes a project; its folder stays.
    Remove "remove" RemoveParams => Removed,
    /// Starts a project.
    Start "start" RunParams => ProjectView,
    /// Stops a project.
    Stop "stop" RunParams => ProjectView,
    /// Restarts a project or one service.
    Restart "restart" RestartParams => ProjectView,
    /// Changes what is registered.
    Set "set" SetParams => ProjectView,
    /// The next free port.
    OfferPort "offer_port" OfferParams => u16,
    /// Lines of a log.
    Logs "logs" LogParams => Vec<LogLine>,
    /// Looks at everything a start depends on.
    Doctor "doctor" Nothing => Vec<Check>,
    /// Settings of the Hub.
    Settings "settings" Nothing => Settings,
    /// Changes settings of the Hub.
    SetSettings "set_settings" SetSettingsParams => Settings,
    /// Stops all projects and ends the Hub.
    Shutdown "shutdown" Nothing => Option<Nothing>,
}

/// Ports or limits of all services, for callers that have all of them.
impl<T> From<PerService<T>> for Some4<T> {
    fn from(all: PerService<T>) -> Self {
        Self {
            postgres: Some(all.postgres),
            redis: Some(all.redis),
            backend: Some(all.backend),
            frontend: Some(all.frontend),
        }
    }
}
