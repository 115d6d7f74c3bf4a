//! Looks at a folder and tells its state.

use std::collections::BTreeMap;
use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use sha2::{Digest, Sha256};

use super::{Entry, Tree, TreePath};

/// A file changed so shortly before it was looked at may have been changed once more unseen: clocks
/// of file systems are coarse.
const COARSE: Duration = Duration::from_secs(2);
/// A file that changes while it is read is read again so many times.
const READS: usize = 3;

/// What a folder may hold at most to be kept alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScanBounds {
    /// Files, links and folders.
    pub entries: usize,
    /// Bytes of all files together.
    pub bytes: u64,
    /// Names that are left out wherever they are, with all that is in them.
    pub leave_out: Vec<String>,
}

/// Why a folder's state could not be told. What cannot be seen must not be taken for deleted.
#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    /// The system does not let it be read.
    #[error("{} cannot be read", path.display())]
    Unreadable {
        /// What it is about.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// It is being written all the time.
    #[error("{} keeps changing", path.display())]
    Restless {
        /// The file.
        path: PathBuf,
    },
    /// There is more in it than is allowed.
    #[error("the folder holds more than {entries} entries or {bytes} bytes")]
    TooMuch {
        /// The entries allowed.
        entries: usize,
        /// The bytes allowed.
        bytes: u64,
    },
}

/// Looks at one folder again and again, and reads only the files that changed.
#[derive(Debug)]
pub struct Scanner {
    root: PathBuf,
    bounds: ScanBounds,
    known: BTreeMap<TreePath, Known>,
}

#[derive(Clone, Debug)]
struct Known {
    size: u64,
    modified: SystemTime,
    read_at: SystemTime,
    digest: [u8; 32],
}

struct Look {
    tree: Tree,
    known: BTreeMap<TreePath, Known>,
    bytes: u64,
}

impl Scanner {
    /// Files are told apart by whether they may be executed. Where not, all count as not executable,
    /// and the other side's state must be taken the same way before the two are compared.
    pub const SEES_EXECUTABLE: bool = cfg!(unix);

    /// For the folder at `root`.
    pub fn new(root: PathBuf, bounds: ScanBounds) -> Self {
        Self { root, bounds, known: BTreeMap::new() }
    }

    /// The state now. Reads from the disk, so not on a thread that must not wait.
    pub fn scan(&mut self) -> Result<Tree, ScanError> {
        let mut look = Look { tree: Tree::new(), known: BTreeMap::new(), bytes: 0 };
        let mut folders: Vec<Option<TreePath>> = vec![None];
        while let Some(folder) = folders.pop() {
            for (place, path) in self.entries(folder.as_ref())? {
                let Some(metadata) = gone_is_nothing(&path, fs::symlink_metadata(&path))? else {
                    continue;
                };
                let Some(entry) = self.entry(&place, &path, &metadata, &mut look)? else {
                    continue;
                };
                if entry == Entry::Folder {
                    folders.push(Some(place.clone()));
                }
                look.tree.insert(place, entry);
                self.within_bounds(&look)?;
            }
        }
        self.known = look.known;
        Ok(look.tree)
    }

    fn entries(&self, folder: Option<&TreePath>) -> Result<Vec<(TreePath, PathBuf)>, ScanError> {
        let path = match folder.and_then(TreePath::to_path) {
            Some(below) => self.root.join(below),
            None => self.root.clone(),
        };
        let unreadable = |source| ScanError::Unreadable { path: path.clone(), source };
        let listing = match fs::read_dir(&path) {
            // A folder below was removed meanwhile; without the root nothing can be said.
            Err(fault) if folder.is_some() && fault.kind() == io::ErrorKind::NotFound => {
                return Ok(Vec::new());
            }
            listing => listing.map_err(unreadable)?,
        };
        let mut entries = Vec::new();
        for entry in listing {
            let entry = entry.map_err(unreadable)?;
            let name = entry.file_name();
            if self.bounds.leave_out.iter().any(|out| **out == *name) {
                continue;
            }
            let name = name.as_encoded_bytes();
            let place = folder.map_or_else(|| TreePath(name.to_vec()), |folder| folder.join(name));
            entries.push((place, entry.path()));
        }
        Ok(entries)
    }

    fn entry(
        &self,
        place: &TreePath,
        path: &Path,
        metadata: &Metadata,
        look: &mut Look,
    ) -> Result<Option<Entry>, ScanError> {
        let kind = metadata.file_type();
        if kind.is_dir() {
            return Ok(Some(Entry::Folder));
        }
        if kind.is_symlink() {
            let target = gone_is_nothing(path, fs::read_link(path))?;
            let bytes = |target: PathBuf| target.into_os_string().into_encoded_bytes();
            return Ok(target.map(|target| Entry::Link { target: bytes(target) }));
        }
        // Pipes, sockets and devices are nobody's work.
        if !kind.is_file() {
            return Ok(None);
        }
        let known = match self.known.get(place).filter(|known| known.still_holds(metadata)) {
            Some(known) => Some(known.clone()),
            None => Known::read(path)?,
        };
        Ok(known.map(|known| {
            look.bytes += known.size;
            let digest = known.digest;
            look.known.insert(place.clone(), known);
            Entry::File { digest, executable: is_executable(metadata) }
        }))
    }

    fn within_bounds(&self, look: &Look) -> Result<(), ScanError> {
        let ScanBounds { entries, bytes, .. } = self.bounds;
        if look.tree.len() > entries || look.bytes > bytes {
            return Err(ScanError::TooMuch { entries, bytes });
        }
        Ok(())
    }
}

impl Known {
    fn still_holds(&self, now: &Metadata) -> bool {
        let settled = self.read_at.duration_since(self.modified).is_ok_and(|age| age > COARSE);
        settled && now.len() == self.size && now.modified().is_ok_and(|at| at == self.modified)
    }

    /// Nothing if it is gone.
    fn read(path: &Path) -> Result<Option<Self>, ScanError> {
        let unreadable = |source| ScanError::Unreadable { path: path.to_owned(), source };
        for _ in 0..READS {
            let read_at = SystemTime::now();
            let Some(mut file) = gone_is_nothing(path, File::open(path))? else { return Ok(None) };
            let before = file.metadata().map_err(unreadable)?;
            let digest = digest(&mut file).map_err(unreadable)?;
            let after = file.metadata().map_err(unreadable)?;
            let modified = after.modified().map_err(unreadable)?;
            if before.len() == after.len() && before.modified().is_ok_and(|at| at == modified) {
                return Ok(Some(Self { size: after.len(), modified, read_at, digest }));
            }
        }
        Err(ScanError::Restless { path: path.to_owned() })
    }
}

fn digest(file: &mut File) -> io::Result<[u8; 32]> {
    let mut hasher = Sha256::new();
    let mut block = vec![0; 128 * 1024];
    loop {
        match file.read(&mut block)? {
            0 => return Ok(hasher.finalize().into()),
            length => hasher.update(block.get(..length).unwrap_or_default()),
        }
    }
}

fn gone_is_nothing<T>(path: &Path, found: io::Result<T>) -> Result<Option<T>, ScanError> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(fault) if fault.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(ScanError::Unreadable { path: path.to_owned(), source }),
    }
}

fn is_executable(metadata: &Metadata) -> bool {
    #[cfg(unix)]
    return super::unix::is_executable(metadata);
    #[cfg(not(unix))]
    return super::other::is_executable(metadata);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bounds() -> ScanBounds {
        ScanBounds { entries: 1_000, bytes: 1 << 20, leave_out: vec!["node_modules".into()] }
    }

    fn digest_of(tree: &Tree, path: &str) -> [u8; 32] {
        match tree.get(&TreePath::new(path).unwrap()) {
            Some(Entry::File { digest, .. }) => *digest,
            other => panic!("{path} is {other:?}"),
        }
    }

    #[test]
    fn everything_is_seen_but_what_is_left_out() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("src/node_modules/x")).unwrap();
        fs::create_dir(folder.path().join(".git")).unwrap();
        fs::write(folder.path().join(".git/HEAD"), "ref").unwrap();
        fs::write(folder.path().join("src/a"), "a").unwrap();
        let tree = Scanner::new(folder.path().to_owned(), bounds()).scan().unwrap();
        let seen: Vec<_> = tree.keys().map(TreePath::display).collect();
        assert_eq!(seen, [".git", ".git/HEAD", "src", "src/a"]);
    }

    #[test]
    fn a_change_of_the_same_size_within_the_same_second_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "one").unwrap();
        let modified = fs::metadata(&file).unwrap().modified().unwrap();
        let mut scanner = Scanner::new(folder.path().to_owned(), bounds());
        let before = digest_of(&scanner.scan().unwrap(), "file");
        fs::write(&file, "two").unwrap();
        File::options().write(true).open(&file).unwrap().set_modified(modified).unwrap();
        assert_ne!(digest_of(&scanner.scan().unwrap(), "file"), before);
    }

    #[test]
    fn a_file_that_has_settled_is_not_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "one").unwrap();
        let long_ago = SystemTime::now() - Duration::from_secs(3_600);
        File::options().write(true).open(&file).unwrap().set_modified(long_ago).unwrap();
        let mut scanner = Scanner::new(folder.path().to_owned(), bounds());
        let before = digest_of(&scanner.scan().unwrap(), "file");
        fs::write(&file, "two").unwrap();
        File::options().write(true).open(&file).unwrap().set_modified(long_ago).unwrap();
        assert_eq!(digest_of(&scanner.scan().unwrap(), "file"), before);
    }

    #[test]
    fn a_folder_that_is_gone_or_too_large_has_no_state() {
        let folder = tempfile::tempdir().unwrap();
        let missing = Scanner::new(folder.path().join("none"), bounds()).scan();
        assert!(matches!(missing, Err(ScanError::Unreadable { .. })));
        fs::write(folder.path().join("large"), vec![0; 2 << 20]).unwrap();
        let large = Scanner::new(folder.path().to_owned(), bounds()).scan();
        assert!(matches!(large, Err(ScanError::TooMuch { .. })));
    }
}
