//! The file `master.check`: where the master key is kept, under which account of the keyring, and the
//! key's fingerprint. Nothing in it is secret.

use super::key::MasterKey;
use super::unavailable;
use crate::{failure, platform};
use hub_domain::Problem;
use std::io::{self, Write};
use std::path::Path;

/// Name of the file in the Hub home.
pub(crate) const FILE: &str = "master.check";
const FORMAT: &str = "master-key-1";

/// Where a master key is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kept {
    /// In the keyring of the operating system.
    Keyring,
    /// In the file `master.key`.
    File,
}

/// What is remembered of a master key.
pub(crate) struct Check {
    pub(crate) kept: Kept,
    /// Random name of the entry in the keyring: two homes never share one, a moved home keeps its own.
    pub(crate) account: String,
    pub(crate) fingerprint: String,
}

impl Check {
    pub(crate) fn new(kept: Kept, key: &MasterKey) -> Result<Self, Problem> {
        let account = hex::encode(rand::random::<[u8; 16]>());
        Ok(Self { kept, account, fingerprint: key.fingerprint()? })
    }

    /// Reads the file; `None` when the home never had a key.
    pub(crate) fn read(home: &Path) -> Result<Option<Self>, Problem> {
        let file = home.join(FILE);
        let text = match std::fs::read_to_string(&file) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => return Err(damaged(&file)),
            Err(error) => return Err(failure::from_io(&error, &file)),
        };
        Self::parse(&text).map(Some).ok_or_else(|| damaged(&file))
    }

    fn parse(text: &str) -> Option<Self> {
        let mut words = text.split_whitespace();
        if words.next()? != FORMAT {
            return None;
        }
        let kept = match words.next()? {
            "keyring" => Kept::Keyring,
            "file" => Kept::File,
            _ => return None,
        };
        let (account, fingerprint) = (words.next()?.to_owned(), words.next()?.to_owned());
        Some(Self { kept, account, fingerprint })
    }

    /// Writes the file whole or not at all.
    pub(crate) fn write(&self, home: &Path) -> Result<(), Problem> {
        let kept = match self.kept {
            Kept::Keyring => "keyring",
            Kept::File => "file",
        };
        let text = format!("{FORMAT} {kept} {} {}\n", self.account, self.fingerprint);
        let written = tempfile::NamedTempFile::new_in(home).and_then(|mut draft| {
            draft.write_all(text.as_bytes())?;
            draft.as_file().sync_all()?;
            draft.persist(home.join(FILE)).map_err(|e| e.error)?;
            platform::sync_folder(home)
        });
        written.map_err(|e| failure::from_io(&e, &home.join(FILE)))
    }
}

fn damaged(file: &Path) -> Problem {
    unavailable(
        format!("{} does not say where the master key is kept.", file.display()),
        "Restore the file from a backup. If the key file master.key lies beside it, deleting \
         master.check is enough.",
    )
}
