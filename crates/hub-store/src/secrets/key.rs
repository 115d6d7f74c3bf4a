//! The master key: 32 random bytes, what is derived from them, and the file that can hold them.
//!
//! Derivation is HKDF-SHA256 with a fixed salt; the info is the project's id, a NUL byte (no id has
//! one) and the purpose's label. Changing any of it changes every password there is.

use super::unavailable;
use crate::{failure, platform};
use hkdf::Hkdf;
use hub_domain::{Code, Problem, ProjectId};
use hub_engine::secrets::Purpose;
use secrecy::{ExposeSecret, SecretBox, SecretString};
use sha2::Sha256;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;
use zeroize::{Zeroize, Zeroizing};

/// Name of the key file in the Hub home.
pub(crate) const FILE: &str = "master.key";
const LENGTH: usize = 32;
const SALT: &[u8] = b"commandcenter-hub master key, version 1";

/// The key. Wiped from memory when dropped; prints nothing.
pub(crate) struct MasterKey(SecretBox<[u8; LENGTH]>);

impl MasterKey {
    /// A new key from the operating system's source of randomness.
    pub(crate) fn generate() -> Self {
        Self(SecretBox::init_with_mut(|bytes: &mut [u8; LENGTH]| {
            rand::fill(bytes);
        }))
    }

    /// A key from its bytes; `None` for a wrong number of them.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        if bytes.len() != LENGTH {
            return None;
        }
        Some(Self(SecretBox::init_with_mut(|own: &mut [u8; LENGTH]| own.copy_from_slice(bytes))))
    }

    /// A copy of the bytes, wiped when dropped.
    pub(crate) fn bytes(&self) -> Zeroizing<[u8; LENGTH]> {
        Zeroizing::new(*self.0.expose_secret())
    }

    /// 64 hexadecimal digits for a project and a purpose.
    pub(crate) fn derive(
        &self,
        project: &ProjectId,
        purpose: Purpose,
    ) -> Result<SecretString, Problem> {
        let info = [project.as_str().as_bytes(), b"\0", purpose.label().as_bytes()].concat();
        let mut text = self.expand(&info)?;
        Ok(SecretString::from(std::mem::take(&mut *text)))
    }

    /// A value by which the key can be recognised but not found.
    pub(crate) fn fingerprint(&self) -> Result<String, Problem> {
        // No project id begins with a NUL byte, so no secret is ever this.
        let mut text = self.expand(b"\0fingerprint")?;
        text.truncate(32);
        Ok(std::mem::take(&mut *text))
    }

    fn expand(&self, info: &[u8]) -> Result<Zeroizing<String>, Problem> {
        let mut output = Zeroizing::new([0_u8; 32]);
        let hkdf = Hkdf::<Sha256>::new(Some(SALT), self.0.expose_secret());
        hkdf.expand(info, output.as_mut_slice()).map_err(|e| {
            Problem::new(Code::Internal, "A secret could not be derived.", "Restart the Hub.")
                .caused_by(e)
        })?;
        Ok(Zeroizing::new(hex::encode(output.as_slice())))
    }
}

/// Reads the key file; `None` when there is none.
pub(crate) fn read(file: &Path) -> Result<Option<MasterKey>, Problem> {
    let mut open = match File::open(file) {
        Ok(open) => open,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(file, &error)),
    };
    if let Some(why) = platform::wider_than_private(&open).map_err(|e| unreadable(file, &e))? {
        return Err(unavailable(
            format!("Others than you can read the master key {}.", file.display()),
            format!("Take that right from them: chmod 600 '{}'.", file.display()),
        )
        .caused_by(why));
    }
    // One byte more than a key tells a file that is too long.
    let mut bytes = Zeroizing::new([0_u8; LENGTH + 1]);
    let mut length = 0;
    loop {
        match open.read(&mut bytes[length..]) {
            Ok(0) => break,
            Ok(more) => length += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(unreadable(file, &error)),
        }
    }
    MasterKey::from_bytes(&bytes[..length]).map(Some).ok_or_else(|| {
        unavailable(
            format!(
                "{} does not hold a master key: it must be {LENGTH} bytes long.",
                file.display()
            ),
            "Restore the file from a backup.",
        )
    })
}

/// Writes a new key file whole or not at all. Returns the key that is in the file: another process
/// may have been faster.
pub(crate) fn write_new(file: &Path, key: MasterKey) -> Result<MasterKey, Problem> {
    let home = file.parent().unwrap_or(Path::new("."));
    let io = |e: &io::Error| failure::from_io(e, file);
    // Created exclusively and with mode 0600.
    let mut draft = tempfile::NamedTempFile::new_in(home).map_err(|e| io(&e))?;
    let mut bytes = key.bytes();
    let written = draft.write_all(bytes.as_slice()).and_then(|()| draft.as_file().sync_all());
    bytes.zeroize();
    written.map_err(|e| io(&e))?;
    match draft.persist_noclobber(file) {
        Ok(_) => {
            platform::sync_folder(home).map_err(|e| io(&e))?;
            Ok(key)
        }
        Err(error) => match read(file)? {
            Some(theirs) => Ok(theirs),
            None => Err(io(&error.error)),
        },
    }
}

fn unreadable(file: &Path, error: &io::Error) -> Problem {
    unavailable(
        format!("The master key {} cannot be read.", file.display()),
        "Make the file yours again, or restore it from a backup.",
    )
    .caused_by(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Computed apart from this code, with Python's `hmac` after RFC 5869.
    #[test]
    fn derives_known_answers() {
        let bytes: Vec<u8> = (0..32).collect();
        let key = MasterKey::from_bytes(&bytes).unwrap();
        let project = ProjectId::parse("abcdefgh01").unwrap();
        let secret = |purpose| key.derive(&project, purpose).unwrap().expose_secret().to_owned();
        assert_eq!(
            secret(Purpose::DbPassword),
            "5c1b29a22ee6e231837ce8fcbda634907c37afce6d5cd7464d5e746252d2699c"
        );
        assert_eq!(
            secret(Purpose::SecretKey),
            "a3f31bb30930dc458f99835be44c06797ba71a4ac990690eb41a56360e7a7a0e"
        );
        assert_eq!(key.fingerprint().unwrap(), "ebd922484076959e1df0c43a68b8dff7");
    }
}
