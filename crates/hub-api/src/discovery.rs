//! How others find the running Hub of a Hub home: `hub.json` names its process and address, `token`
//! holds what a request must show. Both can be read by the Hub's user only.

use hub_domain::{Code, Problem};
use serde::{Deserialize, Serialize};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Where the running Hub is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Beacon {
    /// Its process id.
    pub pid: u32,
    /// Its port on 127.0.0.1.
    pub port: u16,
    /// Its version.
    pub version: String,
}

fn place(home: &Path) -> PathBuf {
    home.join("hub.json")
}

fn unusable(fault: &io::Error, what: &str) -> Problem {
    let code = if fault.kind() == io::ErrorKind::StorageFull {
        Code::DiskFull
    } else {
        Code::HubHomeUnusable
    };
    Problem::new(code, format!("{what} failed."), "Check the rights and the space of the Hub home.")
        .caused_by(fault)
}

/// Writes a file that only this user can read, in one step.
///
/// # Errors
/// Of the file system.
pub fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let staging = path.with_extension("new");
    let mut options = fs::OpenOptions::new();
    options.create(true).truncate(true).write(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let mut file = options.open(&staging)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&staging, path)
}

impl Beacon {
    /// Makes it known.
    ///
    /// # Errors
    /// `HUB_HOME_UNUSABLE`, `DISK_FULL`.
    pub fn light(&self, home: &Path) -> Result<(), Problem> {
        let bytes = serde_json::to_vec(self).unwrap_or_default();
        write_private(&place(home), &bytes).map_err(|f| unusable(&f, "Writing the Hub's address"))
    }

    /// Takes it back.
    pub fn put_out(home: &Path) {
        if let Err(fault) = fs::remove_file(place(home))
            && fault.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!("the Hub's address could not be removed: {fault}");
        }
    }

    /// What is written; whether that Hub still lives, its lock tells.
    pub fn read(home: &Path) -> Option<Self> {
        serde_json::from_slice(&fs::read(place(home)).ok()?).ok()
    }
}

/// What a request must show: 32 random bytes in hexadecimal digits.
#[derive(Clone)]
pub struct Token(String);

impl Token {
    fn place(home: &Path) -> PathBuf {
        home.join("token")
    }

    /// The Hub's own; made when there is none.
    ///
    /// # Errors
    /// `HUB_HOME_UNUSABLE`, `DISK_FULL`.
    pub fn of_hub(home: &Path) -> Result<Self, Problem> {
        if let Some(token) = Self::read(home) {
            return Ok(token);
        }
        let token = Self::random();
        write_private(&Self::place(home), token.0.as_bytes())
            .map_err(|f| unusable(&f, "Writing the Hub's token"))?;
        Ok(token)
    }

    /// One that nobody has seen.
    pub(crate) fn random() -> Self {
        Self(hex::encode(rand::random::<[u8; 32]>()))
    }

    /// The one that is written.
    pub fn read(home: &Path) -> Option<Self> {
        let text = fs::read_to_string(Self::place(home)).ok()?;
        let text = text.trim();
        let fits = text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit());
        fits.then(|| Self(text.to_owned()))
    }

    /// The text; for the header of a request and the address that is printed for the user.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Compares in a time that does not depend on where the two differ.
    pub fn matches(&self, shown: &str) -> bool {
        let (ours, shown) = (self.0.as_bytes(), shown.as_bytes());
        let differences = ours.iter().zip(shown).fold(0, |sum, (a, b)| sum | (a ^ b));
        ours.len() == shown.len() && differences == 0
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(…)")
    }
}
