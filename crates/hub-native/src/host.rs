//! The machine, as the orchestrator asks about it.

use crate::account::{Account, service_account};
use crate::platform;
use hub_domain::{Code, Problem, ProjectId};
use hub_engine::host::{Host, PortState};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};

/// This machine, for one Hub home.
pub struct NativeHost {
    home: PathBuf,
    account: Account,
}

impl NativeHost {
    /// For the Hub home, which exists.
    ///
    /// # Errors
    /// `ACCOUNT_UNUSABLE`.
    pub fn new(home: &Path) -> Result<Self, Problem> {
        Ok(Self { home: home.to_path_buf(), account: service_account()? })
    }
}

impl Host for NativeHost {
    fn port_state(&self, port: u16) -> PortState {
        // Both families and the wildcard: a listener on any of them takes the users' connections.
        let addresses = [
            SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
            SocketAddr::from((Ipv6Addr::LOCALHOST, port)),
            SocketAddr::from((Ipv4Addr::UNSPECIFIED, port)),
        ];
        let held = addresses.iter().any(|address| {
            TcpListener::bind(address).is_err_and(|f| f.kind() == io::ErrorKind::AddrInUse)
        });
        if held { PortState::Held(platform::port_holder(port)) } else { PortState::Free }
    }

    fn resolve_folder(&self, path: &Path) -> Result<PathBuf, Problem> {
        let shown = path.display();
        if !path.is_absolute() {
            return Err(Problem::new(
                Code::PathRelative,
                format!("\"{shown}\" is not an absolute path."),
                "Give the whole path, beginning at the root.",
            ));
        }
        let resolved = fs::canonicalize(path).map_err(|fault| path_problem(path, &fault))?;
        folder_at(&resolved)?;
        Ok(resolved)
    }

    fn check_folder(&self, path: &Path) -> Result<(), Problem> {
        folder_at(path)?;
        fs::read_dir(path).map_err(|fault| path_problem(path, &fault))?;
        if let Some(blocked) = first_blocked(&self.account, path) {
            return Err(Problem::new(
                Code::PathUnreadable,
                format!(
                    "The account \"{}\", under which services run, cannot read {}.",
                    self.account.name,
                    blocked.display()
                ),
                "Give it the right to, or start the Hub as the user the folder belongs to.",
            ));
        }
        Ok(())
    }

    fn lease(&self, project: &ProjectId) -> Result<Box<dyn Send + Sync>, Problem> {
        let folder = self.home.join("leases");
        let unusable = |fault: io::Error| {
            Problem::new(
                Code::HubHomeUnusable,
                "The Hub cannot write into its data folder.",
                format!("Check the rights and the space of {}.", self.home.display()),
            )
            .caused_by(fault)
        };
        fs::create_dir_all(&folder).map_err(unusable)?;
        let path = folder.join(project.as_str());
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path)
            .map_err(unusable)?;
        match file.try_lock() {
            Ok(()) => Ok(Box::new(Lease { _file: file })),
            Err(TryLockError::WouldBlock) => Err(Problem::new(
                Code::HubAlreadyRunning,
                "Another Hub is running this project.",
                "End that Hub, then start the project again.",
            )),
            Err(TryLockError::Error(fault)) => Err(unusable(fault)),
        }
    }
}

/// Holds the lock; the system releases it with the file, also when this process is killed.
struct Lease {
    _file: File,
}

fn folder_at(path: &Path) -> Result<(), Problem> {
    let found = fs::metadata(path).map_err(|fault| path_problem(path, &fault))?;
    if found.is_dir() {
        return Ok(());
    }
    Err(Problem::new(
        Code::PathNotFolder,
        format!("{} is not a folder.", path.display()),
        "Choose the folder it lies in.",
    ))
}

fn path_problem(path: &Path, fault: &io::Error) -> Problem {
    let shown = path.display();
    let (code, message, action) = match fault.kind() {
        io::ErrorKind::NotFound => (
            Code::PathMissing,
            format!("There is nothing at {shown}."),
            "Check the spelling, or whether the disk it is on is there.",
        ),
        io::ErrorKind::PermissionDenied => (
            Code::PathUnreadable,
            format!("{shown} may not be read."),
            "Give yourself the right to read it, or choose another folder.",
        ),
        io::ErrorKind::NotADirectory => (
            Code::PathNotFolder,
            format!("A part of {shown} is not a folder."),
            "Check the spelling.",
        ),
        _ if is_loop(fault) => (
            Code::PathLoop,
            format!("{shown} leads through a circle of symbolic links."),
            "Give the path of the folder itself.",
        ),
        _ => (
            Code::PathUnreadable,
            format!("{shown} cannot be used."),
            "See the cause, or choose another folder.",
        ),
    };
    Problem::new(code, message, action).caused_by(fault)
}

fn is_loop(fault: &io::Error) -> bool {
    #[cfg(unix)]
    return fault.raw_os_error() == Some(libc::ELOOP);
    #[cfg(not(unix))]
    return fault.kind().to_string().contains("loop");
}

/// The first folder on the way to `path` that the account may not enter, or `path` if it may not be
/// listed. Only rights by mode are looked at; only asked where the account is another one than ours.
pub(crate) fn first_blocked(account: &Account, path: &Path) -> Option<PathBuf> {
    #[cfg(unix)]
    if let Some(ids) = account.to_change() {
        use std::os::unix::fs::MetadataExt;
        let allows = |folder: &Path, bits: u32| {
            fs::metadata(folder).is_ok_and(|m| {
                let shift = match (m.uid() == ids.uid, m.gid() == ids.gid) {
                    (true, _) => 6,
                    (false, true) => 3,
                    (false, false) => 0,
                };
                (m.mode() >> shift) & bits == bits
            })
        };
        let above = path.ancestors().skip(1).filter(|a| !allows(a, 0o1));
        let own = Some(path).filter(|p| !allows(p, 0o5));
        return above.last().or(own).map(Path::to_path_buf);
    }
    let _ = (account, path);
    None
}
