//! Which guardians this Hub home has started: one small file each, so that the next Hub can make sure
//! that nothing of a killed one is left. A process id counts only together with its start time.

use crate::platform;
use hub_domain::{ProjectId, Service};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// From a Hub's death its guardians have 2 s for the polite way; this is more.
const PATIENCE: Duration = Duration::from_secs(5);

/// The place of one service's record.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    path: PathBuf,
}

impl Record {
    pub(crate) fn of(home: &Path, project: &ProjectId, service: Service) -> Self {
        Self { path: folder(home).join(format!("{project}.{service}")) }
    }

    /// Notes a guardian.
    pub(crate) fn write(&self, guardian: u32) -> io::Result<()> {
        let started = platform::start_time(guardian).unwrap_or_default();
        fs::write(&self.path, format!("{guardian} {started}\n"))
    }

    /// Forgets it: its service has ended.
    pub(crate) fn erase(&self) {
        if let Err(fault) = fs::remove_file(&self.path)
            && fault.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!("{}: {fault}", self.path.display());
        }
    }
}

pub(crate) fn folder(home: &Path) -> PathBuf {
    home.join("guardians")
}

/// Waits for the guardians of an earlier Hub, and kills those that do not end by themselves. Returns
/// how many were still there.
///
/// # Errors
/// When the records cannot be read, or a guardian cannot be ended.
pub(crate) fn end_leftovers(home: &Path) -> io::Result<usize> {
    let mut found = 0;
    for entry in fs::read_dir(folder(home))? {
        let path = entry?.path();
        if let Some(pid) = living(&path) {
            found += 1;
            if !platform::wait_gone(pid, PATIENCE) {
                kill(pid)?;
            }
        }
        fs::remove_file(&path)?;
    }
    Ok(found)
}

/// The guardian a record names, if it is still that process.
fn living(record: &Path) -> Option<u32> {
    let text = fs::read_to_string(record).ok()?;
    let (pid, started) = text.trim().split_once(' ')?;
    let (pid, started): (u32, u64) = (pid.parse().ok()?, started.parse().ok()?);
    (started != 0 && platform::start_time(pid) == Some(started)).then_some(pid)
}

fn kill(pid: u32) -> io::Result<()> {
    if let Some(raw) = rustix::process::Pid::from_raw(pid.cast_signed()) {
        rustix::process::kill_process(raw, rustix::process::Signal::KILL)?;
        if !platform::wait_gone(pid, PATIENCE) {
            return Err(io::Error::other(format!("process {pid} could not be ended")));
        }
    }
    Ok(())
}
