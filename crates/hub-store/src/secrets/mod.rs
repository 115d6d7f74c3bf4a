//! Secrets of projects, derived from one master key when they are needed.
//!
//! The key lies in the keyring of the operating system, or in the file `master.key` of the Hub home.
//! Beside it `master.check` says where, and holds a fingerprint from which the key cannot be told,
//! so that a lost or exchanged key is noticed before a database is asked with a wrong password.
//! Limits: a key is made only for a home that never had one.

mod check;
mod key;
mod keyring;

pub use keyring::{Keyring, KeyringChoice};

use check::{Check, Kept};
use hub_domain::{Code, Problem, ProjectId};
use hub_engine::secrets::{Purpose, Secrets};
use key::MasterKey;
use secrecy::SecretString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a keyring may take to accept a new key; a machine without one must not hang.
const NEW_KEY: Duration = Duration::from_secs(2);
/// How long it may take to hand out a key it holds: it may ask the user to unlock it first.
const KNOWN_KEY: Duration = Duration::from_secs(30);

/// Secrets derived from a master key.
pub struct MasterKeySecrets {
    key: MasterKey,
    kept: Kept,
    file: PathBuf,
}

impl fmt::Debug for MasterKeySecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MasterKeySecrets").finish_non_exhaustive()
    }
}

impl MasterKeySecrets {
    /// Finds the master key of a Hub home, or makes one for a home that never had any. A key file
    /// that is there wins over the keyring. Blocks up to 2 s at the first opening ever and up to 30 s
    /// while a locked keyring asks its user.
    ///
    /// # Errors
    /// `SECRETS_UNAVAILABLE` when the key is gone, is another one than before, or can be read by
    /// others; `HUB_HOME_UNUSABLE`, `DISK_FULL`.
    pub fn open(home: &Path, keyring: KeyringChoice) -> Result<Self, Problem> {
        let io = |e: std::io::Error| crate::failure::from_io(&e, home);
        crate::platform::create_private_folder(home).map_err(io)?;
        let file = home.join(key::FILE);
        let check = Check::read(home)?;
        let (key, kept) = match (key::read(&file)?, &check) {
            (Some(key), _) => (key, Kept::File),
            (None, Some(Check { kept: Kept::File, .. })) => return Err(file_gone(&file, home)),
            (None, Some(Check { kept: Kept::Keyring, account, .. })) => {
                (from_keyring(keyring, account, home)?, Kept::Keyring)
            }
            (None, None) => return Self::first(home, file, keyring),
        };
        match check {
            Some(check) if check.fingerprint != key.fingerprint()? => {
                return Err(exchanged(kept, &file, home));
            }
            Some(_) => {}
            None => Check::new(kept, &key)?.write(home)?,
        }
        Ok(Self { key, kept, file })
    }

    fn first(home: &Path, file: PathBuf, keyring: KeyringChoice) -> Result<Self, Problem> {
        let key = MasterKey::generate();
        let check = Check::new(Kept::Keyring, &key)?;
        if let Some(keyring) = keyring.keyring() {
            match keyring::store(keyring, &check.account, &key, NEW_KEY) {
                Ok(()) => {
                    check.write(home)?;
                    return Ok(Self { key, kept: Kept::Keyring, file });
                }
                Err(why) => tracing::info!("the master key is kept in a file: {why}"),
            }
        }
        // A key that another process wrote in between is as good as ours.
        let key = key::write_new(&file, key)?;
        Check::new(Kept::File, &key)?.write(home)?;
        Ok(Self { key, kept: Kept::File, file })
    }
}

impl Secrets for MasterKeySecrets {
    fn derive(&self, project: &ProjectId, purpose: Purpose) -> Result<SecretString, Problem> {
        self.key.derive(project, purpose)
    }

    fn kept_in(&self) -> String {
        match self.kept {
            Kept::Keyring => "the keyring of the operating system".to_owned(),
            Kept::File => format!("the file {}, readable by you alone", self.file.display()),
        }
    }
}

fn from_keyring(choice: KeyringChoice, account: &str, home: &Path) -> Result<MasterKey, Problem> {
    let Some(keyring) = choice.keyring() else {
        return Err(unavailable(
            "The master key lies in the keyring of the operating system, whose use is turned off.",
            "Start the Hub without CCHUB_KEYRING=off.",
        ));
    };
    match keyring::load(keyring, account, KNOWN_KEY) {
        Ok(Some(key)) => Ok(key),
        Ok(None) => Err(unavailable(
            "The master key is no longer in the keyring of the operating system.",
            restore_words(home),
        )),
        Err(why) => Err(unavailable(
            "The keyring of the operating system does not hand out the master key.",
            "Unlock the keyring (log in to the desktop) and start the Hub again.",
        )
        .caused_by(why)
        .retryable()),
    }
}

fn file_gone(file: &Path, home: &Path) -> Problem {
    unavailable(format!("The master key {} is gone.", file.display()), restore_words(home))
}

fn exchanged(kept: Kept, file: &Path, home: &Path) -> Problem {
    let place = match kept {
        Kept::File => file.display().to_string(),
        Kept::Keyring => "the keyring".to_owned(),
    };
    unavailable(
        format!("The master key in {place} is not the one the projects' passwords were made with."),
        restore_words(home),
    )
}

fn restore_words(home: &Path) -> String {
    format!(
        "Restore the key from a backup. If it is lost, delete {} to begin with a new one; existing \
         databases then have to be reset, as their passwords come from the old key.",
        home.join(check::FILE).display()
    )
}

pub(crate) fn unavailable(message: impl Into<String>, action: impl Into<String>) -> Problem {
    Problem::new(Code::SecretsUnavailable, message, action)
}
