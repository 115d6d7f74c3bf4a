//! What outlives an engine: dumps of a project's databases in the Hub home, and the knowledge whether an
//! engine still has the volumes it had. An engine that is killed wipes all its volumes, and one with
//! rules of its own may clear single ones; then the newest dump is restored by itself.

mod dump;
mod memory;
mod redis_copy;
mod vault;

pub(crate) use dump::postgres as dump_postgres;
pub(crate) use memory::{Memory, recall};
pub(crate) use redis_copy::fetch as copy_redis;
pub(crate) use vault::{FURTHER, ROLES, Vault};

use hub_domain::{Code, Problem, Timestamp};
use secrecy::SecretString;
use std::fs;
use std::io::{self, Write};
use std::path::Path;

/// What a copy of a running service's data is made with.
pub(crate) struct Request<'a> {
    /// Loopback port on which the service is reached.
    pub(crate) port: u16,
    /// The service's own.
    pub(crate) password: &'a SecretString,
    /// Where the copy goes.
    pub(crate) vault: &'a Vault,
    /// Now.
    pub(crate) at: Timestamp,
    /// Address of the engine on which the service runs.
    pub(crate) engine: &'a str,
}

/// Writes a file that is there whole or not at all.
pub(crate) fn write_whole(path: &Path, content: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut staging = tempfile::NamedTempFile::new_in(folder)?;
    staging.write_all(content)?;
    staging.as_file().sync_all()?;
    staging.persist(path).map_err(|fault| fault.error)?;
    Ok(())
}

/// A fault of the Hub home.
pub(crate) fn home_problem(what: &str, fault: &io::Error) -> Problem {
    if fault.kind() == io::ErrorKind::StorageFull {
        return Problem::new(
            Code::DiskFull,
            "The disk that holds the Hub's data is full.",
            "Free some space on it, then start again; nothing was lost.",
        )
        .caused_by(fault);
    }
    Problem::new(
        Code::HubHomeUnusable,
        format!("{what} could not be done."),
        "Check rights and space of the Hub's data folder.",
    )
    .caused_by(fault)
}
