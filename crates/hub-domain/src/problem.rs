//! Every failure a user can meet: a stable code, what happened, what to do, and the cause.
//!
//! Callers switch on the [`Code`], never on the words.

use crate::Service;
use std::fmt;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal),+ $(,)?) => {
        /// Stable identity of a kind of failure.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code { $($(#[$doc])* $name),+ }

        impl Code {
            /// All codes there are.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The code as it stands on the wire, in the store and in messages.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text),+ }
            }

            /// Reads what [`Code::as_str`] writes.
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$name),)+ _ => None }
            }
        }
    };
}

codes! {
    /// The path is not absolute.
    PathRelative = "PATH_RELATIVE",
    /// Nothing is at the path.
    PathMissing = "PATH_MISSING",
    /// The path leads to something that is not a folder.
    PathNotFolder = "PATH_NOT_FOLDER",
    /// The folder cannot be listed by the account the services run under, or by the Hub.
    PathUnreadable = "PATH_UNREADABLE",
    /// The folder is the Hub home, lies in it, or contains it.
    PathInsideHubHome = "PATH_INSIDE_HUB_HOME",
    /// The folder is registered already.
    PathAlreadyRegistered = "PATH_ALREADY_REGISTERED",
    /// The path leads through a circle of symbolic links.
    PathLoop = "PATH_LOOP",
    /// No project has this id, name or path.
    ProjectNotFound = "PROJECT_NOT_FOUND",
    /// Several projects have this name.
    ProjectAmbiguous = "PROJECT_AMBIGUOUS",
    /// The project must be stopped for this.
    ProjectRunning = "PROJECT_RUNNING",
    /// The project must be running for this.
    ProjectNotRunning = "PROJECT_NOT_RUNNING",
    /// The project is being removed.
    ProjectRemoved = "PROJECT_REMOVED",
    /// There is no such service.
    ServiceUnknown = "SERVICE_UNKNOWN",
    /// A setting has a value that cannot be.
    ConfigInvalid = "CONFIG_INVALID",
    /// A request could not be understood.
    RequestInvalid = "REQUEST_INVALID",
    /// A program of somebody else listens on the port.
    PortHeld = "PORT_HELD",
    /// Another project of this Hub owns the port.
    PortLeased = "PORT_LEASED",
    /// No free port could be found.
    PortNoneLeft = "PORT_NONE_LEFT",
    /// The wanted runtime cannot be used here.
    RuntimeUnavailable = "RUNTIME_UNAVAILABLE",
    /// No Dagger engine could be reached, or it went away.
    EngineUnavailable = "ENGINE_UNAVAILABLE",
    /// The engine and the Dagger command line do not understand each other.
    EngineVersion = "ENGINE_VERSION",
    /// The engine did not do what it was asked, or not in time.
    EngineFailed = "ENGINE_FAILED",
    /// A container image does not exist or its registry cannot be reached.
    ImageUnavailable = "IMAGE_UNAVAILABLE",
    /// A program that is needed is not on this machine and could not be had.
    ComponentMissing = "COMPONENT_MISSING",
    /// A download does not have the hash it must have.
    ComponentTampered = "COMPONENT_TAMPERED",
    /// A download did not arrive.
    ComponentDownloadFailed = "COMPONENT_DOWNLOAD_FAILED",
    /// The Python environment or the node modules could not be built.
    EnvironmentBuildFailed = "ENVIRONMENT_BUILD_FAILED",
    /// The database cluster could not be created.
    DatabaseInitFailed = "DATABASE_INIT_FAILED",
    /// The disk is full.
    DiskFull = "DISK_FULL",
    /// The account the services must run under cannot be used.
    AccountUnusable = "ACCOUNT_UNUSABLE",
    /// A service could not be launched.
    ServiceLaunchFailed = "SERVICE_LAUNCH_FAILED",
    /// A service ended while it was being started.
    ServiceExited = "SERVICE_EXITED",
    /// A service did not prove its health in time.
    ServiceNotReady = "SERVICE_NOT_READY",
    /// A service that was running crashed.
    ServiceCrashed = "SERVICE_CRASHED",
    /// A service could not be ended.
    ServiceNotEnding = "SERVICE_NOT_ENDING",
    /// The start was called off, by a stop.
    StartCancelled = "START_CANCELLED",
    /// Another Hub works on this Hub home.
    HubAlreadyRunning = "HUB_ALREADY_RUNNING",
    /// No Hub runs on this Hub home.
    HubNotRunning = "HUB_NOT_RUNNING",
    /// The Hub is ending.
    HubShuttingDown = "HUB_SHUTTING_DOWN",
    /// The Hub home cannot be used.
    HubHomeUnusable = "HUB_HOME_UNUSABLE",
    /// The loopback server could not be opened or reached.
    HubServerFailed = "HUB_SERVER_FAILED",
    /// The database of the Hub is damaged.
    StoreCorrupt = "STORE_CORRUPT",
    /// The database of the Hub was written by a newer Hub.
    StoreTooNew = "STORE_TOO_NEW",
    /// The database of the Hub could not be read or written.
    StoreFailed = "STORE_FAILED",
    /// The master key cannot be read or does not fit.
    SecretsUnavailable = "SECRETS_UNAVAILABLE",
    /// A log could not be read or written.
    LogFailed = "LOG_FAILED",
    /// The request carries no valid token.
    Unauthorized = "UNAUTHORIZED",
    /// The request comes from a page or host that may not ask.
    Forbidden = "FORBIDDEN",
    /// There is nothing at this address.
    NotFound = "NOT_FOUND",
    /// No way to show a folder dialog.
    PickerUnavailable = "PICKER_UNAVAILABLE",
    /// A fault of the Hub itself.
    Internal = "INTERNAL",
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A way out of a held port: the port that is held and the next free one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PortOffer {
    /// Whose port it is.
    pub service: Service,
    /// The port that is held.
    pub held: u16,
    /// A port that was free a moment ago.
    pub free: u16,
}

/// A failure on its way to the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What kind of failure it is.
    pub code: Code,
    /// What happened: one sentence.
    pub message: String,
    /// What the user can do: one sentence.
    pub action: String,
    /// The cause as the failing part put it.
    pub cause: Option<String>,
    /// The service it happened to.
    pub service: Option<Service>,
    /// The last lines that service wrote.
    pub log_tail: Vec<String>,
    /// A free port to use instead.
    pub offer: Option<PortOffer>,
    /// Trying the same again may help.
    pub retryable: bool,
}

impl Problem {
    /// A failure that trying again does not cure.
    pub fn new(code: Code, message: impl Into<String>, action: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            action: action.into(),
            cause: None,
            service: None,
            log_tail: Vec::new(),
            offer: None,
            retryable: false,
        }
    }

    /// Adds what the failing part said.
    #[must_use]
    pub fn caused_by(mut self, cause: impl fmt::Display) -> Self {
        self.cause = Some(cause.to_string());
        self
    }

    /// Adds the service it happened to.
    #[must_use]
    pub fn of(mut self, service: Service) -> Self {
        self.service = Some(service);
        self
    }

    /// Says that trying again may help.
    #[must_use]
    pub fn retryable(mut self) -> Self {
        self.retryable = true;
        self
    }

    /// Adds the last lines the service wrote.
    #[must_use]
    pub fn with_log_tail(mut self, lines: Vec<String>) -> Self {
        self.log_tail = lines;
        self
    }

    /// Adds a free port to use instead.
    #[must_use]
    pub fn with_offer(mut self, offer: PortOffer) -> Self {
        self.offer = Some(offer);
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} [{}]", self.message, self.action, self.code)?;
        if let Some(cause) = &self.cause {
            write!(f, " cause: {cause}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problem {}
