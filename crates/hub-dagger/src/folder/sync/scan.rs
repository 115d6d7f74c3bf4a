//! Looks at a folder and tells its state.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use sha2::{Digest, Sha256};

use super::{Entry, STAGED, Tree, TreePath};

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
}

/// The state of a folder.
#[derive(Clone, Debug, Default)]
pub struct Scan {
    /// What lies in it.
    pub tree: Tree,
    /// What of it, with all that is in it, could not be seen, and why. It must not be taken for deleted.
    pub unseen: BTreeMap<TreePath, String>,
    /// Remains of files that somebody was writing when they were killed. They are no part of the state.
    pub leftovers: Vec<TreePath>,
}

/// Why a folder's state could not be told at all.
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
    /// Tells a file from another one that has got its name.
    identity: Identity,
    read_at: SystemTime,
    digest: [u8; 32],
}

/// Tells a file or folder from every other one. Always the same where the system does not say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Identity {
    device: u64,
    number: u64,
}

#[derive(Default)]
struct Look {
    /// The folder that is looked at.
    root: Identity,
    scan: Scan,
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

    /// The state now. `entering` is told of each folder before it is read. Reads from the disk, so not on
    /// a thread that must not wait.
    ///
    /// # Errors
    /// When the folder itself cannot be read, does not stay where it is, or holds too much.
    pub fn scan(&mut self, entering: &mut dyn FnMut(&Path)) -> Result<Scan, ScanError> {
        let mut look = Look { root: self.root_now()?, ..Look::default() };
        let mut folders: Vec<Option<TreePath>> = vec![None];
        while let Some(folder) = folders.pop() {
            let path = match folder.as_ref().and_then(TreePath::to_path) {
                Some(below) => self.root.join(below),
                None => self.root.clone(),
            };
            entering(&path);
            let listing = match (listing(&path), &folder) {
                (Ok(listing), _) => listing,
                // Without the root nothing can be said.
                (Err(source), None) => return Err(ScanError::Unreadable { path, source }),
                (Err(fault), Some(folder)) => {
                    self.missed(folder, &fault, &mut look)?;
                    continue;
                }
            };
            for name in listing {
                let bytes = name.as_encoded_bytes();
                let place = match &folder {
                    Some(folder) => folder.join(bytes),
                    None => TreePath(bytes.to_vec()),
                };
                if bytes.starts_with(STAGED.as_bytes()) {
                    look.scan.leftovers.push(place);
                } else if self.entry(place.clone(), &path.join(&name), &mut look)? {
                    folders.push(Some(place));
                }
                self.within_bounds(&look)?;
            }
        }
        self.still_there(&look)?;
        self.known = look.known;
        Ok(look.scan)
    }

    /// Looks at one thing; true for a folder.
    fn entry(&self, place: TreePath, path: &Path, look: &mut Look) -> Result<bool, ScanError> {
        match self.look(&place, path, look) {
            Ok(Some(entry)) => {
                let is_folder = entry.is_folder();
                look.scan.tree.insert(place, entry);
                Ok(is_folder)
            }
            Ok(None) => Ok(false),
            Err(fault) => self.missed(&place, &fault, look).map(|()| false),
        }
    }

    /// What is gone since its name was read is not there, unless all of it is gone; all else was not seen.
    fn missed(
        &self,
        place: &TreePath,
        fault: &io::Error,
        look: &mut Look,
    ) -> Result<(), ScanError> {
        if fault.kind() == io::ErrorKind::NotFound {
            return self.still_there(look);
        }
        look.scan.unseen.insert(place.clone(), fault.to_string());
        Ok(())
    }

    /// Which folder lies at the root's path.
    fn root_now(&self) -> Result<Identity, ScanError> {
        let unreadable = |source| ScanError::Unreadable { path: self.root.clone(), source };
        fs::metadata(&self.root).map(|found| Identity::of(&found)).map_err(unreadable)
    }

    /// A folder that was renamed, or replaced by another one, is not one from which everything was deleted.
    fn still_there(&self, look: &Look) -> Result<(), ScanError> {
        if self.root_now()? == look.root {
            return Ok(());
        }
        let source = io::Error::other("another folder took its place while it was looked at");
        Err(ScanError::Unreadable { path: self.root.clone(), source })
    }

    /// Nothing for what is nobody's work: pipes, sockets and devices.
    fn look(&self, place: &TreePath, path: &Path, look: &mut Look) -> io::Result<Option<Entry>> {
        let metadata = fs::symlink_metadata(path)?;
        let kind = metadata.file_type();
        if kind.is_dir() {
            return Ok(Some(Entry::Folder));
        }
        if kind.is_symlink() {
            let target = fs::read_link(path)?.into_os_string().into_encoded_bytes();
            return Ok(Some(Entry::Link { target }));
        }
        if !kind.is_file() {
            return Ok(None);
        }
        let known = match self.known.get(place).filter(|known| known.still_holds(&metadata)) {
            Some(known) => known.clone(),
            None => Known::read(path)?,
        };
        look.bytes += known.size;
        let digest = known.digest;
        look.known.insert(place.clone(), known);
        Ok(Some(Entry::File { digest, executable: is_executable(&metadata) }))
    }

    fn within_bounds(&self, look: &Look) -> Result<(), ScanError> {
        let ScanBounds { entries, bytes } = self.bounds;
        if look.scan.tree.len() > entries || look.bytes > bytes {
            return Err(ScanError::TooMuch { entries, bytes });
        }
        Ok(())
    }
}

impl Known {
    fn still_holds(&self, now: &Metadata) -> bool {
        let settled = self.read_at.duration_since(self.modified).is_ok_and(|age| age > COARSE);
        settled
            && now.len() == self.size
            && Identity::of(now) == self.identity
            && now.modified().is_ok_and(|at| at == self.modified)
    }

    fn read(path: &Path) -> io::Result<Self> {
        for _ in 0..READS {
            let read_at = SystemTime::now();
            let mut file = open(path)?;
            let before = file.metadata()?;
            let digest = digest(&mut file)?;
            let after = file.metadata()?;
            let modified = after.modified()?;
            if before.len() == after.len() && before.modified().is_ok_and(|at| at == modified) {
                let (size, identity) = (after.len(), Identity::of(&after));
                return Ok(Self { size, modified, identity, read_at, digest });
            }
        }
        Err(io::Error::new(io::ErrorKind::ResourceBusy, "it keeps changing"))
    }
}

fn listing(path: &Path) -> io::Result<Vec<OsString>> {
    fs::read_dir(path)?.map(|entry| entry.map(|entry| entry.file_name())).collect()
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

impl Identity {
    fn of(metadata: &Metadata) -> Self {
        #[cfg(unix)]
        let (device, number) = super::unix::identity(metadata);
        #[cfg(not(unix))]
        let (device, number) = super::other::identity(metadata);
        Self { device, number }
    }
}

fn open(path: &Path) -> io::Result<File> {
    #[cfg(unix)]
    return super::unix::open(path);
    #[cfg(not(unix))]
    return super::other::open(path);
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
        ScanBounds { entries: 1_000, bytes: 1 << 20 }
    }

    fn digest_of(tree: &Tree, path: &str) -> [u8; 32] {
        match tree.get(&TreePath::new(path).unwrap()) {
            Some(Entry::File { digest, .. }) => *digest,
            other => panic!("{path} is {other:?}"),
        }
    }

    fn scan(scanner: &mut Scanner) -> Tree {
        scanner.scan(&mut |_| {}).unwrap().tree
    }

    #[test]
    fn everything_is_seen_but_what_is_still_being_written() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("src")).unwrap();
        fs::create_dir(folder.path().join(".git")).unwrap();
        fs::write(folder.path().join(".git/HEAD"), "ref").unwrap();
        fs::write(folder.path().join("src/a"), "a").unwrap();
        fs::write(folder.path().join("src/.cchub-sync-7-1"), "half").unwrap();
        let mut entered = Vec::new();
        let mut scanner = Scanner::new(folder.path().to_owned(), bounds());
        let scan = scanner.scan(&mut |path| entered.push(path.to_owned())).unwrap();
        let seen: Vec<_> = scan.tree.keys().map(TreePath::display).collect();
        assert_eq!(seen, [".git", ".git/HEAD", "src", "src/a"]);
        assert_eq!(scan.leftovers, [TreePath::new("src/.cchub-sync-7-1").unwrap()]);
        assert_eq!(entered.len(), 3, "{entered:?}");
    }

    #[test]
    fn a_change_of_the_same_size_within_the_same_second_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "one").unwrap();
        let modified = fs::metadata(&file).unwrap().modified().unwrap();
        let mut scanner = Scanner::new(folder.path().to_owned(), bounds());
        let before = digest_of(&scan(&mut scanner), "file");
        fs::write(&file, "two").unwrap();
        File::options().write(true).open(&file).unwrap().set_modified(modified).unwrap();
        assert_ne!(digest_of(&scan(&mut scanner), "file"), before);
    }

    #[test]
    fn a_file_that_has_settled_is_not_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "one").unwrap();
        let long_ago = SystemTime::now() - Duration::from_secs(3_600);
        File::options().write(true).open(&file).unwrap().set_modified(long_ago).unwrap();
        let mut scanner = Scanner::new(folder.path().to_owned(), bounds());
        let before = digest_of(&scan(&mut scanner), "file");
        fs::write(&file, "two").unwrap();
        File::options().write(true).open(&file).unwrap().set_modified(long_ago).unwrap();
        assert_eq!(digest_of(&scan(&mut scanner), "file"), before);
    }

    /// A folder `root` with files in and below it, in a folder of its own.
    #[cfg(unix)]
    fn project() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("root");
        fs::create_dir_all(root.join("src/deep")).unwrap();
        for name in ["a", "src/b", "src/deep/c"] {
            fs::write(root.join(name), name).unwrap();
        }
        (folder, root)
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_that_is_renamed_or_replaced_during_a_look_has_no_state() {
        for replaced in [false, true] {
            for when in ["root", "src", "src/deep"] {
                let (_folder, root) = project();
                let mut scanner = Scanner::new(root.clone(), bounds());
                assert_eq!(scan(&mut scanner).len(), 5);
                let seen = scanner.scan(&mut |entered| {
                    if entered.ends_with(when) {
                        fs::rename(&root, root.with_extension("away")).unwrap();
                        if replaced {
                            fs::create_dir_all(root.join("src/deep")).unwrap();
                        }
                    }
                });
                assert!(matches!(seen, Err(ScanError::Unreadable { .. })), "{when}: {seen:?}");
            }
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_that_is_away_for_a_moment_during_a_look_has_no_state() {
        let (_folder, root) = project();
        let away = root.with_extension("away");
        fs::create_dir(root.join("last")).unwrap();
        let mut scanner = Scanner::new(root.clone(), bounds());
        assert_eq!(scan(&mut scanner).len(), 6);
        let mut entered = 0;
        let seen = scanner.scan(&mut |_| {
            entered += 1;
            match entered {
                2 => fs::rename(&root, &away).unwrap(),
                3 => fs::rename(&away, &root).unwrap(),
                _ => {}
            }
        });
        assert!(matches!(seen, Err(ScanError::Unreadable { .. })), "{seen:?}");
    }

    #[test]
    fn what_is_deleted_during_a_look_is_not_there() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("src")).unwrap();
        fs::write(folder.path().join("kept"), "kept").unwrap();
        let mut scanner = Scanner::new(folder.path().to_owned(), bounds());
        let seen = scanner.scan(&mut |entered| {
            if entered.ends_with("src") {
                fs::remove_dir(entered).unwrap();
            }
        });
        let seen = seen.unwrap();
        assert!(seen.unseen.is_empty(), "{:?}", seen.unseen);
        assert!(seen.tree.contains_key(&TreePath::new("kept").unwrap()));
    }

    #[test]
    fn a_folder_that_is_gone_or_too_large_has_no_state() {
        let folder = tempfile::tempdir().unwrap();
        let missing = Scanner::new(folder.path().join("none"), bounds()).scan(&mut |_| {});
        assert!(matches!(missing, Err(ScanError::Unreadable { .. })));
        fs::write(folder.path().join("large"), vec![0; 2 << 20]).unwrap();
        let large = Scanner::new(folder.path().to_owned(), bounds()).scan(&mut |_| {});
        assert!(matches!(large, Err(ScanError::TooMuch { .. })));
    }
}
