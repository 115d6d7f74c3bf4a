//! The account services run under: never root. As a normal user it is that user; as root it is
//! another one, so that a service has no more rights than it needs.

use crate::guard::Ids;
use hub_domain::{Code, Problem};
use std::path::Path;

/// An account of this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its name.
    pub name: String,
    /// Its numbers.
    pub ids: Ids,
    /// The Hub runs as root and must change to it.
    pub change: bool,
}

/// Finds the account: the Hub's own, or, as root, the one named by `CCHUB_RUN_AS`, else the one that
/// called `sudo`, else `cchub` where it exists, else `nobody`.
///
/// # Errors
/// `ACCOUNT_UNUSABLE` when the named account does not exist or is root.
pub fn service_account() -> Result<Account, Problem> {
    #[cfg(unix)]
    return unix::service_account();
    #[cfg(not(unix))]
    return Ok(Account {
        name: "this user".to_owned(),
        ids: Ids { uid: u32::MAX, gid: u32::MAX },
        change: false,
    });
}

impl Account {
    /// The numbers to change to, if a change is needed.
    pub(crate) fn to_change(&self) -> Option<Ids> {
        self.change.then_some(self.ids)
    }

    /// Gives a file or folder to the account, where the Hub is not the account itself.
    ///
    /// # Errors
    /// Of the file system.
    pub(crate) fn own(&self, path: &Path) -> std::io::Result<()> {
        #[cfg(unix)]
        if self.change {
            std::os::unix::fs::lchown(path, Some(self.ids.uid), Some(self.ids.gid))?;
        }
        #[cfg(not(unix))]
        let _ = path;
        Ok(())
    }
}

pub(crate) fn unusable(message: impl Into<String>, action: impl Into<String>) -> Problem {
    Problem::new(Code::AccountUnusable, message, action)
}

#[cfg(unix)]
mod unix {
    use super::{Account, unusable};
    use crate::guard::Ids;
    use hub_domain::Problem;
    use std::ffi::{CStr, CString};

    pub(super) fn service_account() -> Result<Account, Problem> {
        let uid = rustix::process::geteuid().as_raw();
        if uid != 0 {
            let gid = rustix::process::getegid().as_raw();
            let name = by_uid(uid).map_or_else(|| uid.to_string(), |(name, _)| name);
            return Ok(Account { name, ids: Ids { uid, gid }, change: false });
        }
        if let Ok(name) = std::env::var("CCHUB_RUN_AS") {
            return named(&name);
        }
        let sudo = std::env::var("SUDO_UID").ok().and_then(|uid| uid.parse().ok());
        if let Some(uid) = sudo.filter(|uid| *uid != 0)
            && let Some((name, gid)) = by_uid(uid)
        {
            return Ok(Account { name, ids: Ids { uid, gid }, change: true });
        }
        named("cchub").or_else(|_| named("nobody"))
    }

    fn named(name: &str) -> Result<Account, Problem> {
        let missing = || {
            unusable(
                format!("There is no account \"{name}\" to run services under."),
                "Name an existing account in CCHUB_RUN_AS, or start the Hub as a normal user.",
            )
        };
        let text = CString::new(name).map_err(|_| missing())?;
        // SAFETY: the name is a C string; the answer is copied before anything else asks.
        let (uid, gid) = unsafe {
            let entry = libc::getpwnam(text.as_ptr());
            if entry.is_null() {
                return Err(missing());
            }
            ((*entry).pw_uid, (*entry).pw_gid)
        };
        if uid == 0 {
            return Err(unusable(
                "Services never run as root.",
                "Name another account in CCHUB_RUN_AS.",
            ));
        }
        Ok(Account { name: name.to_owned(), ids: Ids { uid, gid }, change: true })
    }

    fn by_uid(uid: u32) -> Option<(String, u32)> {
        // SAFETY: the answer is copied before anything else asks.
        unsafe {
            let entry = libc::getpwuid(uid);
            if entry.is_null() {
                return None;
            }
            let name = CStr::from_ptr((*entry).pw_name).to_string_lossy().into_owned();
            Some((name, (*entry).pw_gid))
        }
    }
}
