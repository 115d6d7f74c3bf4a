//! The project folder as one of two copies that are kept alike: what is written, replaced and removed in
//! it, each only where things still are as they were seen. No symbolic link is ever followed.
//!
//! A file appears whole or not at all. What is replaced is swapped out first and looked at once more, so
//! that a change made at the last moment is put back and not lost.

use std::ffi::CString;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::fs::{
    AtFlags, FileType, Gid, Mode, OFlags, Stat, Timespec, Timestamps, Uid, chownat, fchmod, fchown,
    fstat, futimens, mkdirat, openat, readlinkat, renameat, statat, symlinkat, unlinkat,
};
use rustix::io::Errno;
use sha2::{Digest, Sha256};

use super::attributes::{self, kind};
use super::beneath::{Place, Root};
use super::tree::rename_to_new;
use crate::folder::sync::{Entry, Refusal, STAGED, TreePath};

/// Read or written in one go.
pub(in crate::folder) const BLOCK: usize = 128 * 1024;

type Done = Result<(), Refusal>;

impl From<Errno> for Refusal {
    fn from(fault: Errno) -> Self {
        match fault {
            Errno::LOOP => Self::Changed,
            fault => io::Error::from(fault).into(),
        }
    }
}

/// The project folder.
pub(in crate::folder) struct Copy {
    root: Root,
    device: u64,
    /// Whom new things are given to, where this process may give them away.
    owner: Option<(Uid, Gid)>,
    staged: AtomicU64,
}

/// A file that is being read for the other side.
pub(in crate::folder) struct Source {
    file: File,
    hasher: Sha256,
    /// When it was changed, in nanoseconds since 1970.
    pub(in crate::folder) changed: i64,
    /// Its length as it was opened.
    pub(in crate::folder) size: u64,
}

/// A file that is being written, and has no name of the folder's yet. Removed when dropped.
pub(in crate::folder) struct Staged {
    place: Place,
    name: CString,
    file: File,
    hasher: Sha256,
}

impl Copy {
    /// Opens the folder.
    pub(in crate::folder) fn open(path: &Path) -> io::Result<Self> {
        let root = Root::open(path)?;
        let stat = fstat(root.folder())?;
        let is_root = rustix::process::geteuid().is_root();
        let owner = is_root.then(|| (Uid::from_raw(stat.st_uid), Gid::from_raw(stat.st_gid)));
        Ok(Self { root, device: device(&stat), owner, staged: AtomicU64::new(0) })
    }

    /// True while what lies at the path is on the same file system: an empty mount point is not the
    /// folder that was mounted there.
    pub(in crate::folder) fn is_still_there(&self, path: &Path) -> io::Result<bool> {
        Ok(device(&rustix::fs::stat(path)?) == self.device)
    }

    /// Opens a file for reading.
    pub(in crate::folder) fn source(&self, path: &TreePath) -> Result<Source, Refusal> {
        let place = self.root.exactly(path.as_bytes())?;
        let file = attributes::open_file(&place, OFlags::RDONLY)?;
        let stat = fstat(&file)?;
        let size = u64::try_from(stat.st_size).unwrap_or(0);
        Ok(Source { file: file.into(), hasher: Sha256::new(), changed: changed(&stat), size })
    }

    /// Begins a file that will lie at `path`.
    pub(in crate::folder) fn stage(&self, path: &TreePath) -> Result<Staged, Refusal> {
        let place = self.root.exactly(path.as_bytes())?;
        let name = self.staged_name();
        let flags =
            OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        // Its bits are what the account's mask leaves of the usual ones.
        let file = openat(&place.folder, &name, flags, Mode::from_bits_truncate(0o666))?;
        Ok(Staged { place, name, file: file.into(), hasher: Sha256::new() })
    }

    fn staged_name(&self) -> CString {
        let number = self.staged.fetch_add(1, Ordering::Relaxed);
        let name = format!("{STAGED}{}-{number}", std::process::id());
        // It holds no zero byte.
        CString::new(name).unwrap_or_default()
    }

    /// Gives a staged file its name, in the place of what was seen there, and what it replaces its
    /// owner and permissions.
    pub(in crate::folder) fn put(
        &self,
        staged: &Staged,
        executable: bool,
        changed: i64,
        replaces: Option<&Entry>,
    ) -> Done {
        let before = verify(&staged.place, replaces)?;
        let own = fstat(&staged.file)?;
        let model = before.as_ref().filter(|stat| kind(stat) == FileType::RegularFile);
        let mode = mode_of(model.unwrap_or(&own)) & 0o777;
        // Whoever may read it may execute it, as `chmod +x` does under the usual mask.
        let mode = if executable { mode | (mode & 0o444) >> 2 } else { mode & !0o111 };
        let owner = model.map(|stat| (Uid::from_raw(stat.st_uid), Gid::from_raw(stat.st_gid)));
        if let Some((user, group)) = owner.filter(|_| self.owner.is_some()).or(self.owner) {
            fchown(&staged.file, Some(user), Some(group))?;
        }
        fchmod(&staged.file, Mode::from_bits_truncate(mode as rustix::fs::RawMode))?;
        let at = Timespec {
            tv_sec: changed.div_euclid(1_000_000_000),
            tv_nsec: changed.rem_euclid(1_000_000_000) as _,
        };
        futimens(&staged.file, &Timestamps { last_access: at, last_modification: at })?;
        self.give_name(&staged.place, &staged.name, before.as_ref())
    }

    /// Makes a link, in the place of what was seen there.
    pub(in crate::folder) fn link(
        &self,
        path: &TreePath,
        target: &[u8],
        replaces: Option<&Entry>,
    ) -> Done {
        let place = self.root.exactly(path.as_bytes())?;
        let before = verify(&place, replaces)?;
        if before.is_none() {
            symlinkat(target, &place.folder, &place.name)?;
            return self.give(&place.folder, &place.name);
        }
        let name = self.staged_name();
        symlinkat(target, &place.folder, &name)?;
        let named = self
            .give(&place.folder, &name)
            .and_then(|()| self.give_name(&place, &name, before.as_ref()));
        discard(&place, &name);
        named
    }

    /// Makes a folder where nothing lies.
    pub(in crate::folder) fn make_folder(&self, path: &TreePath) -> Done {
        let place = self.root.exactly(path.as_bytes())?;
        mkdirat(&place.folder, &place.name, Mode::from_bits_truncate(0o777))?;
        self.give(&place.folder, &place.name)
    }

    /// Removes what was seen there; a folder only if it is empty.
    pub(in crate::folder) fn remove(&self, path: &TreePath, seen: &Entry) -> Done {
        let place = self.root.exactly(path.as_bytes())?;
        if *seen == Entry::Folder {
            return Ok(unlinkat(&place.folder, &place.name, AtFlags::REMOVEDIR)?);
        }
        let before = verify(&place, Some(seen))?.ok_or(Refusal::Changed)?;
        let now = statat(&place.folder, &place.name, AtFlags::SYMLINK_NOFOLLOW)?;
        if !same(&before, &now) {
            return Err(Refusal::Changed);
        }
        Ok(unlinkat(&place.folder, &place.name, AtFlags::empty())?)
    }

    /// Gives what was seen there another name, which nothing has.
    pub(in crate::folder) fn rename(&self, from: &TreePath, to: &TreePath, seen: &Entry) -> Done {
        let from = self.root.exactly(from.as_bytes())?;
        let to = self.root.exactly(to.as_bytes())?;
        verify(&from, Some(seen))?;
        Ok(rename_to_new(&from, &to)?)
    }

    /// Removes a file that an earlier Hub was writing when it was killed.
    pub(in crate::folder) fn clear(&self, leftover: &TreePath) -> Done {
        let place = self.root.exactly(leftover.as_bytes())?;
        Ok(unlinkat(&place.folder, &place.name, AtFlags::empty())?)
    }

    /// Sees that all that was written outlives a power cut.
    pub(in crate::folder) fn settle(&self) -> io::Result<()> {
        #[cfg(any(target_os = "linux", target_os = "android"))]
        {
            let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
            rustix::fs::syncfs(openat(self.root.folder(), c".", flags, Mode::empty())?)?;
        }
        #[cfg(not(any(target_os = "linux", target_os = "android")))]
        rustix::fs::sync();
        Ok(())
    }

    fn give_name(&self, place: &Place, staged: &CString, before: Option<&Stat>) -> Done {
        let folder = &place.folder;
        let Some(before) = before else {
            let staged = Place { folder: folder.try_clone()?, name: staged.clone() };
            return Ok(rename_to_new(&staged, place)?);
        };
        if exchange(place, staged)? {
            let after = statat(folder, staged, AtFlags::SYMLINK_NOFOLLOW)?;
            if same(before, &after) {
                return Ok(());
            }
            if exchange(place, staged).is_err() {
                // Its place is gone as well: it gets a name that is seen.
                let kept = [place.name.as_bytes(), b".kept"].concat();
                renameat(folder, staged, folder, kept.as_slice())?;
            }
            return Err(Refusal::Changed);
        }
        let now = statat(folder, &place.name, AtFlags::SYMLINK_NOFOLLOW)?;
        if !same(before, &now) {
            return Err(Refusal::Changed);
        }
        Ok(renameat(folder, staged, folder, &place.name)?)
    }

    fn give(&self, folder: &rustix::fd::OwnedFd, name: &CString) -> Done {
        if let Some((user, group)) = self.owner {
            chownat(folder, name, Some(user), Some(group), AtFlags::SYMLINK_NOFOLLOW)?;
        }
        Ok(())
    }
}

impl Source {
    /// The next piece; empty at the end.
    pub(in crate::folder) fn read(&mut self) -> io::Result<Vec<u8>> {
        let mut block = vec![0; BLOCK];
        let mut filled = 0;
        while let Some(rest) = block.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match self.file.read(rest) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(fault) if fault.kind() == io::ErrorKind::Interrupted => {}
                Err(fault) => return Err(fault),
            }
        }
        block.truncate(filled);
        self.hasher.update(&block);
        Ok(block)
    }

    /// The digest of all that was read.
    pub(in crate::folder) fn digest(self) -> [u8; 32] {
        self.hasher.finalize().into()
    }
}

impl Staged {
    /// Takes the next piece.
    pub(in crate::folder) fn write(&mut self, piece: &[u8]) -> io::Result<()> {
        self.hasher.update(piece);
        self.file.write_all(piece)
    }

    /// The digest of all that was written.
    pub(in crate::folder) fn digest(&self) -> [u8; 32] {
        self.hasher.clone().finalize().into()
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        discard(&self.place, &self.name);
    }
}

/// Removes a staged name, unless it has been given its own.
fn discard(place: &Place, name: &CString) {
    match unlinkat(&place.folder, name, AtFlags::empty()) {
        Ok(()) | Err(Errno::NOENT) => {}
        Err(fault) => {
            tracing::debug!("a file that was being written could not be removed: {fault}")
        }
    }
}

/// What lies there, if it is what is expected.
fn verify(place: &Place, expected: Option<&Entry>) -> Result<Option<Stat>, Refusal> {
    let stat = match statat(&place.folder, &place.name, AtFlags::SYMLINK_NOFOLLOW) {
        Err(Errno::NOENT) => None,
        looked => Some(looked?),
    };
    let found = match (&stat, expected) {
        (None, None) => return Ok(None),
        (Some(stat), Some(Entry::File { .. })) if kind(stat) == FileType::RegularFile => {
            let file = attributes::open_file(place, OFlags::RDONLY)?;
            let mut source = Source {
                changed: changed(stat),
                size: 0,
                file: file.into(),
                hasher: Sha256::new(),
            };
            while !source.read()?.is_empty() {}
            Entry::File { digest: source.digest(), executable: mode_of(stat) & 0o111 != 0 }
        }
        (Some(stat), Some(Entry::Link { .. })) if kind(stat) == FileType::Symlink => {
            let target = readlinkat(&place.folder, &place.name, Vec::new())?;
            Entry::Link { target: target.into_bytes() }
        }
        (Some(stat), Some(Entry::Folder)) if kind(stat) == FileType::Directory => Entry::Folder,
        _ => return Err(Refusal::Changed),
    };
    if Some(&found) == expected { Ok(stat) } else { Err(Refusal::Changed) }
}

/// It is the same thing and was not changed. (When it got its name does not matter.)
fn same(one: &Stat, other: &Stat) -> bool {
    let identity = |stat: &Stat| (stat.st_dev, stat.st_ino, stat.st_size, changed(stat));
    identity(one) == identity(other)
}

#[allow(clippy::useless_conversion, reason = "the fields' types differ between systems")]
fn changed(stat: &Stat) -> i64 {
    let (seconds, rest) =
        (i64::from(stat.st_mtime), i64::try_from(stat.st_mtime_nsec).unwrap_or(0));
    seconds.saturating_mul(1_000_000_000).saturating_add(rest)
}

#[allow(clippy::useless_conversion, reason = "the fields' types differ between systems")]
fn mode_of(stat: &Stat) -> u32 {
    stat.st_mode.into()
}

#[allow(clippy::useless_conversion, reason = "the fields' types differ between systems")]
fn device(stat: &Stat) -> u64 {
    u64::try_from(stat.st_dev).unwrap_or_default()
}

/// Lets the staged name and the place's own change places. False where the system cannot.
#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
fn exchange(place: &Place, staged: &CString) -> Result<bool, Errno> {
    use rustix::fs::{RenameFlags, renameat_with};
    let folder = &place.folder;
    match renameat_with(folder, staged, folder, &place.name, RenameFlags::EXCHANGE) {
        Ok(()) => Ok(true),
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => Ok(false),
        Err(fault) => Err(fault),
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
fn exchange(_place: &Place, _staged: &CString) -> Result<bool, Errno> {
    Ok(false)
}
