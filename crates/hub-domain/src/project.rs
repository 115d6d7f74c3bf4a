//! A registered folder and what the user decided about it.

use crate::{
    Code, EngineAddress, ImageName, PerService, PortPlan, ProjectId, ResourceLimits, Service,
    Timestamp,
};
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

/// What carries a stack out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RuntimeKind {
    /// Supervised processes of this machine.
    Native,
    /// Containers of a Dagger engine.
    Dagger,
}

impl RuntimeKind {
    /// The name used in commands, files and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Dagger => "dagger",
        }
    }
}

/// Which runtime the user wants for a project.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RuntimeChoice {
    /// Dagger where an engine answers, else native.
    #[default]
    Auto,
    /// This one, or an error that says why it cannot be.
    Always(RuntimeKind),
}

impl RuntimeChoice {
    /// The name used in commands, files and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Always(kind) => kind.as_str(),
        }
    }

    /// Reads what [`RuntimeChoice::as_str`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "auto" => Some(Self::Auto),
            "native" => Some(Self::Always(RuntimeKind::Native)),
            "dagger" => Some(Self::Always(RuntimeKind::Dagger)),
            _ => None,
        }
    }
}

/// What the user wants the project to be; it outlives a restart of the Hub.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Desired {
    /// Not running.
    #[default]
    Stopped,
    /// Running.
    Running,
}

/// How the project was when the Hub last wrote it down.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum LastKnown {
    /// It never ran.
    #[default]
    New,
    /// It was stopped in order.
    Stopped(Timestamp),
    /// It was running; if the Hub finds this at its own start, it did not end in order.
    Running(Timestamp),
    /// It had failed, with this code.
    Failed(Timestamp, Code),
}

/// A project's name as shown: 1 to 100 characters, no control characters, not blank.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProjectName(String);

/// A text that cannot be a project's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing visible in it.
    #[error("a project's name needs at least one visible character")]
    Blank,
    /// Over 100 characters.
    #[error("a project's name has at most 100 characters")]
    TooLong,
    /// Newlines, tabs and their like.
    #[error("a project's name has no line breaks or other control characters")]
    Control,
}

impl ProjectName {
    /// Most characters of a name: what still fits a tray menu and a table.
    pub const MAX_CHARS: usize = 100;

    /// Checks a name the user gave. Space around it is dropped.
    ///
    /// # Errors
    /// [`NameError`] says what is wrong.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let text = text.trim();
        if text.chars().any(char::is_control) {
            return Err(NameError::Control);
        }
        if text.is_empty() {
            return Err(NameError::Blank);
        }
        if text.chars().count() > Self::MAX_CHARS {
            return Err(NameError::TooLong);
        }
        Ok(Self(text.to_owned()))
    }

    /// Makes a name out of a folder's, whatever that contains: control characters become spaces.
    pub fn from_folder(name: &str) -> Self {
        let clean: String = name
            .chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .take(Self::MAX_CHARS)
            .collect();
        let clean = clean.trim();
        Self(if clean.is_empty() { "project".to_owned() } else { clean.to_owned() })
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ProjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A registered folder. Everything here is kept in the store; nothing here is secret.
#[derive(Clone, Debug, PartialEq)]
pub struct Project {
    /// Identity.
    pub id: ProjectId,
    /// Name as shown.
    pub name: ProjectName,
    /// The folder, canonical when it was registered.
    pub path: PathBuf,
    /// The project's number, from 0; its ports were planned from it. Unique.
    pub slot: u32,
    /// The ports it got.
    pub ports: PortPlan,
    /// Which runtime the user wants.
    pub runtime: RuntimeChoice,
    /// Limits where they differ from the stack's own.
    pub limits: PerService<Option<ResourceLimits>>,
    /// The Dagger engine its containers run on; the Hub's own choice where absent.
    pub engine: Option<EngineAddress>,
    /// Container images where they differ from the stack's own.
    pub images: PerService<Option<ImageName>>,
    /// The workbench may not write into the folder.
    pub read_only: bool,
    /// It has a tray icon of its own.
    pub pinned: bool,
    /// It starts when the Hub starts.
    pub autostart: bool,
    /// Additional environment of single services.
    pub environment: BTreeMap<(Service, String), String>,
    /// What the user wants it to be.
    pub desired: Desired,
    /// How it was last.
    pub last_known: LastKnown,
    /// When it was registered.
    pub created_at: Timestamp,
    /// When anything here last changed.
    pub updated_at: Timestamp,
}
