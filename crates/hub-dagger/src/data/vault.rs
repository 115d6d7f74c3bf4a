//! The dumps of one project in the Hub home: each appears whole, the newest few are kept.

use hub_domain::{ProjectId, Service};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// So many dumps of a service are kept.
const KEEP: usize = 5;

/// Where a project's dumps are.
#[derive(Clone, Debug)]
pub(crate) struct Vault {
    folder: PathBuf,
}

impl Vault {
    /// `home` is the Hub home.
    pub(crate) fn of(home: &Path, project: &ProjectId) -> Self {
        Self { folder: home.join("projects").join(project.as_str()).join("dumps") }
    }

    /// Its folder.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    fn ending(service: Service) -> &'static str {
        if service == Service::Postgres { "dump" } else { "rdb" }
    }

    /// Dumps of a service, newest first.
    pub(crate) fn dumps(&self, service: Service) -> Vec<PathBuf> {
        let (begin, end) = (format!("{service}-"), format!(".{}", Self::ending(service)));
        let mut found: Vec<PathBuf> = fs::read_dir(&self.folder)
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                name.starts_with(&begin) && name.ends_with(&end)
            })
            .collect();
        found.sort_unstable_by(|one, other| other.cmp(one));
        found
    }

    /// A file for a new dump. It is none until [`Vault::keep`].
    ///
    /// # Errors
    /// Of the file system.
    pub(crate) fn begin(&self) -> io::Result<tempfile::NamedTempFile> {
        fs::create_dir_all(&self.folder)?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(&self.folder, fs::Permissions::from_mode(0o700))?;
        }
        // Files of this kind can be read by their owner alone.
        tempfile::Builder::new().prefix("partial-").tempfile_in(&self.folder)
    }

    /// Makes a written file the newest dump of a service, and clears the oldest. `second` is the time
    /// in seconds since 1970: names sort by it.
    ///
    /// # Errors
    /// Of the file system.
    pub(crate) fn keep(
        &self,
        service: Service,
        second: u64,
        file: tempfile::NamedTempFile,
    ) -> io::Result<PathBuf> {
        let name = format!("{service}-{second:012}.{}", Self::ending(service));
        let path = self.folder.join(name);
        file.as_file().sync_all()?;
        file.persist(&path).map_err(|fault| fault.error)?;
        for old in self.dumps(service).into_iter().skip(KEEP) {
            fs::remove_file(old)?;
        }
        Ok(path)
    }

    /// Removes all dumps.
    ///
    /// # Errors
    /// Of the file system.
    pub(crate) fn clear(&self) -> io::Result<()> {
        match fs::remove_dir_all(&self.folder) {
            Err(fault) if fault.kind() != io::ErrorKind::NotFound => Err(fault),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn the_newest_dumps_are_kept_and_unfinished_ones_are_none() {
        let home = tempfile::tempdir().unwrap();
        let vault = Vault::of(home.path(), &ProjectId::parse("abcdefgh").unwrap());
        assert!(vault.dumps(Service::Postgres).is_empty());
        let unfinished = vault.begin().unwrap();
        for second in [7, 12, 9, 100, 101, 1_800_000_000, 3] {
            let mut file = vault.begin().unwrap();
            write!(file, "{second}").unwrap();
            vault.keep(Service::Postgres, second, file).unwrap();
        }
        vault.keep(Service::Redis, 5, vault.begin().unwrap()).unwrap();
        let kept: Vec<String> = vault
            .dumps(Service::Postgres)
            .iter()
            .map(|path| fs::read_to_string(path).unwrap())
            .collect();
        assert_eq!(kept, ["1800000000", "101", "100", "12", "9"]);
        assert_eq!(vault.dumps(Service::Redis).len(), 1);
        drop(unfinished);
        vault.clear().unwrap();
        vault.clear().unwrap();
        assert!(vault.dumps(Service::Postgres).is_empty());
    }
}
