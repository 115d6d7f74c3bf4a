//! The keyring of the operating system, asked on a thread of its own: a machine without a working one
//! may not answer at all.
//!
//! Limits: an unanswered request leaves its thread behind until the system answers or the Hub ends.

use super::key::MasterKey;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;
use zeroize::Zeroizing;

/// Name under which entries stand in the keyring, as the user sees it there.
const SERVICE: &str = "CommandCenter Hub";

/// A place of the operating system for secrets. Calls may block for as long as they like.
pub trait Keyring: Send + Sync + 'static {
    /// The secret of an account; `None` when there is none.
    ///
    /// # Errors
    /// Why it cannot be had, in words.
    fn get(&self, account: &str) -> Result<Option<Zeroizing<Vec<u8>>>, String>;

    /// Keeps a secret.
    ///
    /// # Errors
    /// Why it cannot be kept, in words.
    fn set(&self, account: &str, secret: &[u8]) -> Result<(), String>;
}

/// Which keyring the master key may be kept in.
#[derive(Clone)]
pub enum KeyringChoice {
    /// The operating system's, where it has one.
    System,
    /// None: the key is kept in a file.
    Off,
    /// This one.
    Own(Arc<dyn Keyring>),
}

impl KeyringChoice {
    /// [`KeyringChoice::Off`] when the environment says `CCHUB_KEYRING=off`, else the system's.
    pub fn from_environment() -> Self {
        if std::env::var_os("CCHUB_KEYRING").is_some_and(|v| v == "off") {
            Self::Off
        } else {
            Self::System
        }
    }

    pub(crate) fn keyring(self) -> Option<Arc<dyn Keyring>> {
        match self {
            Self::System => Some(Arc::new(SystemKeyring)),
            Self::Off => None,
            Self::Own(keyring) => Some(keyring),
        }
    }
}

struct SystemKeyring;

impl Keyring for SystemKeyring {
    fn get(&self, account: &str) -> Result<Option<Zeroizing<Vec<u8>>>, String> {
        let entry = ::keyring::Entry::new(SERVICE, account).map_err(|e| e.to_string())?;
        match entry.get_secret() {
            Ok(secret) => Ok(Some(Zeroizing::new(secret))),
            Err(::keyring::Error::NoEntry) => Ok(None),
            // The error's own text could carry what the keyring holds.
            Err(::keyring::Error::BadDataFormat(..) | ::keyring::Error::BadEncoding(..)) => {
                Err("its entry cannot be decoded".to_owned())
            }
            Err(error) => Err(error.to_string()),
        }
    }

    fn set(&self, account: &str, secret: &[u8]) -> Result<(), String> {
        let entry = ::keyring::Entry::new(SERVICE, account).map_err(|e| e.to_string())?;
        entry.set_secret(secret).map_err(|e| e.to_string())
    }
}

/// Keeps a key and looks whether it is really there.
pub(crate) fn store(
    keyring: Arc<dyn Keyring>,
    account: &str,
    key: &MasterKey,
    within: Duration,
) -> Result<(), String> {
    let (account, bytes) = (account.to_owned(), key.bytes());
    bounded(within, move || {
        keyring.set(&account, bytes.as_slice())?;
        match keyring.get(&account)? {
            Some(kept) if kept.as_slice() == bytes.as_slice() => Ok(()),
            _ => Err("the keyring did not keep the key".to_owned()),
        }
    })
}

/// The key of an account; `None` when there is none.
pub(crate) fn load(
    keyring: Arc<dyn Keyring>,
    account: &str,
    within: Duration,
) -> Result<Option<MasterKey>, String> {
    let account = account.to_owned();
    let found = bounded(within, move || keyring.get(&account))?;
    found
        .map(|bytes| {
            MasterKey::from_bytes(&bytes).ok_or_else(|| "its entry is not a key".to_owned())
        })
        .transpose()
}

fn bounded<T: Send + 'static>(
    within: Duration,
    ask: impl FnOnce() -> Result<T, String> + Send + 'static,
) -> Result<T, String> {
    let (reply, answer) = mpsc::sync_channel(1);
    thread::Builder::new()
        .name("hub-keyring".to_owned())
        .spawn(move || drop(reply.send(ask())))
        .map_err(|e| e.to_string())?;
    match answer.recv_timeout(within) {
        Ok(outcome) => outcome,
        Err(mpsc::RecvTimeoutError::Timeout) => {
            Err(format!("the keyring did not answer within {} s", within.as_secs()))
        }
        Err(mpsc::RecvTimeoutError::Disconnected) => {
            Err("asking the keyring ended in a panic".to_owned())
        }
    }
}
