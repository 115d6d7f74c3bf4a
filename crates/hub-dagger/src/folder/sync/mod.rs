//! Keeping the project folder and a copy of it in a session alike, where the engine has no live mount.
//!
//! Both sides are compared with the state they last had in common. What one side changed, the other
//! gets; what both changed differently is kept twice, the container's version under a name that says
//! so. A deletion never wins over an edit, and a side that is empty all of a sudden is not believed.
//!
//! [`merge()`] decides, and changes nothing. [`Alike`] looks at both sides, has it decide, and carries the
//! steps out, each only where things still are as they were seen. In the session an agent does so
//! (`agent/`, in Python, because the backend's image has that anyway); [`Link`] speaks to it.
//!
//! Limits: everything in the folder is copied, as a live mount shows everything, up to [`ScanBounds`].
//! Of permissions only the right to execute is kept alike; hard links become files of their own. Carrying
//! out needs Unix.

#[cfg(unix)]
mod alike;
#[cfg(unix)]
mod carry;
#[cfg(unix)]
mod link;
mod merge;
#[cfg(unix)]
mod notices;
#[cfg(not(unix))]
mod other;
mod scan;
#[cfg(unix)]
mod state;
#[cfg(unix)]
mod unix;
#[cfg(unix)]
mod wire;

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;

#[cfg(unix)]
pub use alike::{Alike, AlikeOptions, Begin, Told};
#[cfg(unix)]
pub use carry::Amount;
#[cfg(unix)]
pub use link::Link;
pub use merge::{Conflict, Merge, Side, Step, merge};
pub use scan::{Scan, ScanBounds, ScanError, Scanner};
#[cfg(unix)]
pub use wire::Stream;

/// How names of files begin that are being written; they are no part of the folder.
pub(super) const STAGED: &str = ".cchub-sync-";

/// The place of something in a folder: names with `/` between them, in the bytes the system uses.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TreePath(Vec<u8>);

impl TreePath {
    /// Nothing if it is empty, absolute, or has a part that is empty, `.` or `..`.
    pub fn new(path: impl Into<Vec<u8>>) -> Option<Self> {
        let path = path.into();
        let proper = |name: &[u8]| !matches!(name, b"" | b"." | b"..") && !name.contains(&0);
        path.split(|byte| *byte == b'/').all(proper).then_some(Self(path))
    }

    /// Its bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// For messages: what is no text is replaced.
    pub fn display(&self) -> String {
        String::from_utf8_lossy(&self.0).into_owned()
    }

    /// The path relative to the folder. Nothing if this system cannot name it.
    pub fn to_path(&self) -> Option<PathBuf> {
        #[cfg(unix)]
        return Some(unix::path(&self.0));
        #[cfg(not(unix))]
        return other::path(&self.0);
    }

    /// By its name it is a version kept beside another one, see [`Conflict`].
    pub fn is_conflict(&self) -> bool {
        let name = self.name();
        name.windows(merge::REMARK.len()).any(|part| part == merge::REMARK.as_bytes())
    }

    /// The folder it lies in; nothing at the top.
    pub fn parent(&self) -> Option<Self> {
        let slash = self.0.iter().rposition(|byte| *byte == b'/')?;
        self.0.get(..slash).map(|path| Self(path.to_vec()))
    }

    fn name(&self) -> &[u8] {
        self.0.rsplit(|byte| *byte == b'/').next().unwrap_or_default()
    }

    fn with_name(&self, name: &[u8]) -> Self {
        match self.parent() {
            Some(parent) => parent.join(name),
            None => Self(name.to_vec()),
        }
    }

    fn join(&self, name: &[u8]) -> Self {
        Self([&self.0, &b"/"[..], name].concat())
    }
}

/// What lies at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A folder.
    Folder,
    /// A regular file.
    File {
        /// SHA-256 of its content.
        digest: [u8; 32],
        /// It may be executed.
        executable: bool,
    },
    /// A symbolic link, not followed.
    Link {
        /// Its text.
        target: Vec<u8>,
    },
}

impl Entry {
    fn is_folder(&self) -> bool {
        matches!(self, Self::Folder)
    }

    /// Nobody would miss one beside the other.
    fn says_the_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::File { digest: one, .. }, Self::File { digest: two, .. }) => one == two,
            _ => self == other,
        }
    }
}

/// A folder's content. The folder a thing lies in is always in it too.
pub type Tree = BTreeMap<TreePath, Entry>;

/// Why something was not done.
#[derive(Debug)]
pub(super) enum Refusal {
    /// It is not what was seen there: the next look shows what it is.
    Changed,
    /// The system does not let it be done.
    Failed(io::Error),
}

impl From<io::Error> for Refusal {
    fn from(fault: io::Error) -> Self {
        use io::ErrorKind as Kind;
        match fault.kind() {
            Kind::NotFound
            | Kind::AlreadyExists
            | Kind::NotADirectory
            | Kind::IsADirectory
            | Kind::DirectoryNotEmpty => Self::Changed,
            _ => Self::Failed(fault),
        }
    }
}

/// How a step went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It is done.
    Done,
    /// It is not what was seen there, and was left alone.
    Changed,
    /// It cannot be done, in the system's words.
    Failed(String),
}

impl From<Refusal> for Outcome {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Changed => Self::Changed,
            Refusal::Failed(fault) => Self::Failed(fault.to_string()),
        }
    }
}
