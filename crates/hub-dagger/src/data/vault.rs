//! The dumps of one project in the Hub home: each appears whole, the newest few are kept, and beside
//! them the newest from every other engine that the project has run on.
//!
//! A dump is a file named by service, time and engine. What belongs to it and stands in files of its
//! own (roles, further databases) has the same name with another ending and is there before it.

use hub_domain::{ProjectId, Service, Timestamp};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::NamedTempFile;

/// So many dumps of a service are kept.
const KEEP: usize = 5;
/// Ending of the roles that a dump of PostgreSQL needs.
pub(crate) const ROLES: &str = "roles";
/// Ending of a database beside the workbench's own.
pub(crate) const FURTHER: &str = "further";

/// Where a project's dumps are.
#[derive(Clone, Debug)]
pub(crate) struct Vault {
    folder: PathBuf,
}

/// What is to become a dump.
#[derive(Debug)]
pub(crate) struct Draft {
    /// The dump itself.
    pub(crate) main: NamedTempFile,
    /// What belongs to it, each with its ending.
    pub(crate) beside: Vec<(String, NamedTempFile)>,
}

impl From<NamedTempFile> for Draft {
    fn from(main: NamedTempFile) -> Self {
        Self { main, beside: Vec::new() }
    }
}

impl Vault {
    /// `home` is the Hub home.
    pub(crate) fn of(home: &Path, project: &ProjectId) -> Self {
        Self { folder: home.join("projects").join(project.as_str()).join("dumps") }
    }

    /// Endings of all files that a volume is restored from.
    pub(crate) const ENDINGS: [&str; 4] =
        [Self::ending(Service::Postgres), Self::ending(Service::Redis), ROLES, FURTHER];

    /// Its folder.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    const fn ending(service: Service) -> &'static str {
        match service {
            Service::Postgres => "dump",
            _ => "rdb",
        }
    }

    /// Dumps of a service, newest first.
    pub(crate) fn dumps(&self, service: Service) -> Vec<PathBuf> {
        let end = format!(".{}", Self::ending(service));
        let mut found: Vec<PathBuf> =
            self.files(service).filter(|path| name_of(path).ends_with(&end)).collect();
        found.sort_unstable_by(|one, other| other.cmp(one));
        found
    }

    fn files(&self, service: Service) -> impl Iterator<Item = PathBuf> {
        let begin = format!("{service}-");
        fs::read_dir(&self.folder)
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path())
            .filter(move |path| name_of(path).starts_with(&begin))
    }

    /// How long ago the newest dump of a service was made; `None` where there is none.
    pub(crate) fn age(&self, service: Service, now: Timestamp) -> Option<Duration> {
        let newest = self.dumps(service).first().and_then(|path| second_of(path))?;
        Some(now.since(Timestamp::from_millis(newest.saturating_mul(1000))))
    }

    /// Name of the newest dump that was made on an engine, where one is kept.
    pub(crate) fn newest_from(&self, service: Service, engine: &str) -> Option<String> {
        let origin = origin(engine);
        let dumps = self.dumps(service);
        let found = dumps.iter().find(|path| origin_of(path) == Some(&origin))?;
        Some(name_of(found).into_owned())
    }

    /// A file for a new dump. It is none until [`Vault::keep`].
    ///
    /// # Errors
    /// Of the file system.
    pub(crate) fn begin(&self) -> io::Result<NamedTempFile> {
        fs::create_dir_all(&self.folder)?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(&self.folder, fs::Permissions::from_mode(0o700))?;
        }
        // Files of this kind can be read by their owner alone.
        tempfile::Builder::new().prefix("partial-").tempfile_in(&self.folder)
    }

    /// Makes written files the newest dump of a service, and clears the oldest.
    ///
    /// # Errors
    /// Of the file system.
    pub(crate) fn keep(
        &self,
        service: Service,
        at: Timestamp,
        engine: &str,
        draft: Draft,
    ) -> io::Result<()> {
        // Names sort by their time, so a clock that was set back must not make the newest the oldest.
        let newest = self.dumps(service).first().and_then(|path| second_of(path));
        let second = (at.as_millis() / 1000).max(newest.map_or(0, |newest| newest + 1));
        let stem = format!("{service}-{second:012}-{}", origin(engine));
        for (ending, file) in draft.beside {
            self.place(&format!("{stem}.{ending}"), file)?;
        }
        self.place(&format!("{stem}.{}", Self::ending(service)), draft.main)?;
        self.clear_old(service)
    }

    fn place(&self, name: &str, file: NamedTempFile) -> io::Result<()> {
        file.as_file().sync_all()?;
        file.persist(self.folder.join(name)).map_err(|fault| fault.error)?;
        Ok(())
    }

    /// Removes what is old, and what belongs to no dump.
    fn clear_old(&self, service: Service) -> io::Result<()> {
        let mut engines = BTreeSet::new();
        let mut kept = BTreeSet::new();
        for (index, path) in self.dumps(service).iter().enumerate() {
            let newest_of_its_engine = engines.insert(origin_of(path).map(str::to_owned));
            if index < KEEP || newest_of_its_engine {
                kept.insert(stem_of(path));
            }
        }
        for path in self.files(service) {
            if !kept.contains(&stem_of(&path)) {
                fs::remove_file(path)?;
            }
        }
        Ok(())
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

/// Stands for an engine in a file's name: 8 hexadecimal digits.
fn origin(engine: &str) -> String {
    hex::encode(&Sha256::digest(engine)[..4])
}

fn name_of(path: &Path) -> std::borrow::Cow<'_, str> {
    path.file_name().unwrap_or_default().to_string_lossy()
}

fn stem_of(path: &Path) -> String {
    name_of(path).split('.').next().unwrap_or_default().to_owned()
}

/// The parts of a dump's name behind its service.
fn parts_of(path: &Path) -> impl Iterator<Item = &str> {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    name.split('.').next().unwrap_or_default().split('-').skip(1)
}

fn second_of(path: &Path) -> Option<u64> {
    parts_of(path).next()?.parse().ok()
}

/// `None` for dumps of a Hub that did not note the engine yet.
fn origin_of(path: &Path) -> Option<&str> {
    parts_of(path).nth(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    const ENGINE: &str = "unix:///engine";

    fn vault(home: &tempfile::TempDir) -> Vault {
        Vault::of(home.path(), &ProjectId::parse("abcdefgh").unwrap())
    }

    fn keep(vault: &Vault, second: u64, engine: &str) {
        let mut file = vault.begin().unwrap();
        write!(file, "{second}").unwrap();
        let at = Timestamp::from_millis(second * 1000);
        vault.keep(Service::Postgres, at, engine, file.into()).unwrap()
    }

    fn kept(vault: &Vault) -> Vec<String> {
        let dumps = vault.dumps(Service::Postgres);
        dumps.iter().map(|path| fs::read_to_string(path).unwrap()).collect()
    }

    #[test]
    fn the_newest_dumps_are_kept_and_unfinished_ones_are_none() {
        let home = tempfile::tempdir().unwrap();
        let vault = vault(&home);
        assert!(vault.dumps(Service::Postgres).is_empty());
        assert_eq!(vault.age(Service::Postgres, Timestamp::from_millis(9_000)), None);
        let unfinished = vault.begin().unwrap();
        for second in [3, 7, 9, 12, 100, 101, 1_800_000_000] {
            keep(&vault, second, ENGINE);
        }
        let redis = vault.begin().unwrap();
        vault.keep(Service::Redis, Timestamp::from_millis(5000), ENGINE, redis.into()).unwrap();
        assert_eq!(kept(&vault), ["1800000000", "101", "100", "12", "9"]);
        assert_eq!(vault.dumps(Service::Redis).len(), 1);
        let now = Timestamp::from_millis(65_000);
        assert_eq!(vault.age(Service::Redis, now), Some(Duration::from_secs(60)));
        drop(unfinished);
        vault.clear().unwrap();
        vault.clear().unwrap();
        assert!(vault.dumps(Service::Postgres).is_empty());
    }

    #[test]
    fn a_clock_that_was_set_back_does_not_make_the_newest_dump_the_oldest() {
        let home = tempfile::tempdir().unwrap();
        let vault = vault(&home);
        for second in [1000, 1001, 1002, 1003, 1004, 5] {
            keep(&vault, second, ENGINE);
        }
        assert_eq!(kept(&vault), ["5", "1004", "1003", "1002", "1001"]);
    }

    #[test]
    fn another_engines_dumps_do_not_push_out_the_newest_of_the_one_before() {
        let home = tempfile::tempdir().unwrap();
        let vault = vault(&home);
        for second in [1, 2, 3] {
            keep(&vault, second, ENGINE);
        }
        for second in 10..20 {
            keep(&vault, second, "tls://other:1");
        }
        assert_eq!(kept(&vault), ["19", "18", "17", "16", "15", "3"]);
        let name = vault.newest_from(Service::Postgres, ENGINE).unwrap();
        assert!(name.starts_with("postgres-000000000003-"), "{name}");
        assert_eq!(vault.newest_from(Service::Postgres, "unix:///never"), None);
    }

    #[test]
    fn dumps_of_a_hub_that_did_not_note_the_engine_are_dumps_still() {
        let home = tempfile::tempdir().unwrap();
        let vault = vault(&home);
        drop(vault.begin().unwrap());
        fs::write(vault.folder().join("postgres-000000000007.dump"), "7").unwrap();
        keep(&vault, 8, ENGINE);
        assert_eq!(kept(&vault), ["8", "7"]);
    }

    #[test]
    fn what_belongs_to_a_dump_is_no_dump_and_goes_with_it() {
        let home = tempfile::tempdir().unwrap();
        let vault = vault(&home);
        let with_roles = |second: u64| {
            let mut draft = Draft::from(vault.begin().unwrap());
            draft.beside.push((ROLES.to_owned(), vault.begin().unwrap()));
            draft.beside.push((format!("1.{FURTHER}"), vault.begin().unwrap()));
            let at = Timestamp::from_millis(second * 1000);
            vault.keep(Service::Postgres, at, ENGINE, draft).unwrap()
        };
        with_roles(1);
        assert_eq!(vault.dumps(Service::Postgres).len(), 1);
        assert_eq!(fs::read_dir(vault.folder()).unwrap().count(), 3);
        // Of a dump that a kill kept from being finished.
        fs::write(vault.folder().join("postgres-000000000002-00000000.roles"), "").unwrap();
        for second in 3..8 {
            with_roles(second);
        }
        assert_eq!(vault.dumps(Service::Postgres).len(), 5);
        assert_eq!(fs::read_dir(vault.folder()).unwrap().count(), 15);
    }
}
