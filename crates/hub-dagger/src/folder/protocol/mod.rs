//! The wire form of the SSH file transfer protocol, version 3, with the extensions of OpenSSH that
//! mounts use.
//!
//! Names are bytes here, never text: a folder may hold names that are no UTF-8, and a server that
//! replaces what it cannot read would open another file than the one meant. (The protocol crates at
//! hand read them as text, and answer one request at a time.)

mod replies;
mod requests;

pub(in crate::folder) use replies::{Entry, Reply, Space, Status, encode, encode_hello};
pub(in crate::folder) use requests::{Malformed, OpenFlags, Request, parse, parse_hello};

/// The version spoken.
pub(in crate::folder) const VERSION: u32 = 3;
/// A request longer than this is not one. OpenSSH sends at most 256 KiB and a header.
pub(in crate::folder) const MAX_REQUEST: u32 = 256 * 1024 + 1024;
/// Bytes given or taken in one request at most.
pub(in crate::folder) const MAX_DATA: u32 = 255 * 1024;

/// What is known, or to be set, of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::folder) struct Attributes {
    pub(in crate::folder) size: Option<u64>,
    pub(in crate::folder) owner: Option<(u32, u32)>,
    pub(in crate::folder) mode: Option<u32>,
    /// Last access and last change, in seconds.
    pub(in crate::folder) times: Option<(u32, u32)>,
}
