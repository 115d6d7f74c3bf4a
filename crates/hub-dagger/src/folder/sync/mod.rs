//! Keeping the project folder and a copy of it in a session alike, where the engine has no live mount.
//!
//! Both sides are compared with the state they last had in common. What one side changed, the other
//! gets; what both changed differently is kept twice, the container's version under a name that says
//! so. A deletion never wins over an edit.
//!
//! Limits: this decides and looks; it changes nothing. Whoever carries the steps out checks, before
//! each one, that what it replaces or removes is still what was seen, and else starts over.

mod merge;
#[cfg(not(unix))]
mod other;
mod scan;
#[cfg(unix)]
mod unix;

use std::collections::BTreeMap;
use std::path::PathBuf;

pub use merge::{Conflict, Merge, Side, Step, merge};
pub use scan::{ScanBounds, ScanError, Scanner};

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
