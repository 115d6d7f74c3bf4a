//! What the Hub and a guardian say to each other.
//!
//! A guardian is a tiny process of its own for each service: parent of exactly one, in a session of
//! its own, holding one end of a socket whose other end only the Hub holds. When the Hub dies, in
//! whatever way, the socket closes and the guardian ends the service. When the guardian dies, the
//! kernel kills the service.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What a guardian is to run: sent to it as one line of JSON, so that nothing of it is ever an
/// argument or an environment variable of the guardian.
#[derive(Debug, Serialize, Deserialize)]
pub struct Order {
    /// The program, absolute.
    pub program: PathBuf,
    /// Its arguments. Never secret: everybody on the machine can read them.
    pub arguments: Vec<String>,
    /// Its whole environment.
    pub environment: BTreeMap<String, String>,
    /// What it finds on its standard input; nothing where absent. The place for secrets that a program
    /// does not take from its environment. At most 64 KiB.
    pub input: Option<String>,
    /// The folder it runs in.
    pub folder: PathBuf,
    /// The account it runs under; `None` leaves it the Hub's own.
    pub account: Option<Ids>,
    /// Number of the signal that asks it to end in order.
    pub polite_signal: i32,
    /// `cgroup.procs` or `tasks` files it enters before it drops its rights.
    pub cgroups: Vec<PathBuf>,
    /// Folders that it may not write into, whatever the file system's rights say.
    pub write_protected: Vec<PathBuf>,
}

/// A numeric account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ids {
    /// User id. Never 0.
    pub uid: u32,
    /// Group id.
    pub gid: u32,
}

/// Hub to guardian: ask the service to end.
pub const TERMINATE: u8 = b't';
/// Hub to guardian: kill the service and all it started.
pub const KILL: u8 = b'k';

/// Guardian to Hub: one line of JSON each.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Notice {
    /// The service runs under this process id.
    Started(u32),
    /// It could not be started; the reason in words.
    Failed(String),
    /// It ended by itself or on request, with this exit code.
    Exited(i32),
    /// It was ended by this signal.
    Signalled(i32),
}
