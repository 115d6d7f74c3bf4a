//! Paths that stay beneath a folder, whatever somebody changes in it meanwhile.
//!
//! A path becomes a pair: an open folder and one name in it that is no symbolic link to follow. The
//! folder is looked up by the kernel beneath the root (`openat2`), or, where it cannot, step by step
//! from one open folder to the next. Whatever is then done, is done with the pair and never follows
//! a link, so that no swap between looking and doing leads out.

use std::ffi::CString;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use rustix::fs::{CWD, Mode, OFlags, fstat, lstat, openat, readlinkat};
use rustix::io::{Errno, Result};

/// Symbolic links followed on the way, as the kernel has it.
const LINKS: usize = 40;

/// How a folder is opened that is only passed through.
#[cfg(any(target_os = "linux", target_os = "android"))]
const PASS: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);
#[cfg(not(any(target_os = "linux", target_os = "android")))]
const PASS: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

/// A name in an open folder. The folder itself is named `.`.
pub(super) struct Place {
    pub(super) folder: OwnedFd,
    pub(super) name: CString,
}

/// Whether a link at the very end of a path is meant itself.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Last {
    Follow,
    Keep,
}

/// The folder nothing gets out of.
pub(super) struct Root {
    path: PathBuf,
    folder: RwLock<Arc<OwnedFd>>,
}

impl Root {
    pub(super) fn open(path: &Path) -> Result<Self> {
        let folder = open_root(path)?;
        Ok(Self { path: path.to_owned(), folder: RwLock::new(Arc::new(folder)) })
    }

    /// The root as it is open now.
    pub(super) fn folder(&self) -> Arc<OwnedFd> {
        Arc::clone(&self.folder.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Finds where `path` leads. What is not there yet has a place too, if its folder is there.
    pub(super) fn locate(&self, path: &[u8], last: Last) -> Result<Place> {
        locate(self.current()?.as_fd(), path, last)
    }

    /// Finds exactly this place: a symbolic link on the way is no way, wherever it leads.
    pub(super) fn exactly(&self, path: &[u8]) -> Result<Place> {
        let mut way = steps(path);
        let name = way.pop().ok_or(Errno::INVAL)?;
        let folder = pass_no_links(self.current()?.as_fd(), &way)?;
        Ok(Place { folder, name: CString::new(name).map_err(|_| Errno::INVAL)? })
    }

    /// The folder that is at the path now: the one that was opened may have been removed or renamed,
    /// and another one put in its place. While nothing is there, nothing is found.
    fn current(&self) -> Result<Arc<OwnedFd>> {
        let open = self.folder();
        let (there, here) = (lstat(&self.path)?, fstat(&open)?);
        if (there.st_dev, there.st_ino) == (here.st_dev, here.st_ino) {
            return Ok(open);
        }
        let new = Arc::new(open_root(&self.path)?);
        *self.folder.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&new);
        Ok(new)
    }
}

/// A link that has taken the folder's place is not the folder.
fn open_root(path: &Path) -> Result<OwnedFd> {
    openat(CWD, path, PASS | OFlags::NOFOLLOW, Mode::empty())
}

fn locate(root: BorrowedFd<'_>, path: &[u8], last: Last) -> Result<Place> {
    let mut steps = steps(path);
    for _ in 0..=LINKS {
        let Some(name) = steps.pop() else {
            return Ok(Place { folder: pass(root, &[])?, name: c".".to_owned() });
        };
        if name == b".." {
            steps.push(name);
            return Ok(Place { folder: pass(root, &steps)?, name: c".".to_owned() });
        }
        let folder = pass(root, &steps)?;
        let name = CString::new(name).map_err(|_| Errno::INVAL)?;
        if last == Last::Keep {
            return Ok(Place { folder, name });
        }
        match readlinkat(&folder, &name, Vec::new()) {
            Ok(target) => extend(&mut steps, target.as_bytes())?,
            // No link, or nothing at all; what is then done with it says the rest.
            Err(_) => return Ok(Place { folder, name }),
        }
    }
    Err(Errno::LOOP)
}

/// The names on the way. A leading slash means the root.
fn steps(path: &[u8]) -> Vec<Vec<u8>> {
    let names = path.split(|byte| *byte == b'/');
    names.filter(|name| !name.is_empty() && *name != b".").map(<[u8]>::to_vec).collect()
}

/// Goes on where a link leads; an absolute one leads out.
fn extend(way: &mut Vec<Vec<u8>>, target: &[u8]) -> Result<()> {
    if target.starts_with(b"/") {
        return Err(Errno::ACCESS);
    }
    way.extend(steps(target));
    Ok(())
}

/// Opens the folder at the end of `way` for passing through.
fn pass(root: BorrowedFd<'_>, way: &[Vec<u8>]) -> Result<OwnedFd> {
    match by_kernel(root, way) {
        // Not known to this kernel, or kept from us: then step by step.
        Err(Errno::NOSYS | Errno::PERM | Errno::AGAIN) => by_steps(root, way),
        // The kernel's word for a way that leads out.
        Err(Errno::XDEV) => Err(Errno::ACCESS),
        opened => opened,
    }
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn by_kernel(root: BorrowedFd<'_>, way: &[Vec<u8>]) -> Result<OwnedFd> {
    use rustix::fs::{ResolveFlags, openat2};
    let way = if way.is_empty() { b".".to_vec() } else { way.join(&b'/') };
    let inside = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
    openat2(root, way, PASS, Mode::empty(), inside)
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn by_kernel(_root: BorrowedFd<'_>, _way: &[Vec<u8>]) -> Result<OwnedFd> {
    Err(Errno::NOSYS)
}

/// Opens the folder at the end of `way`, all of which are folders themselves.
fn pass_no_links(root: BorrowedFd<'_>, way: &[Vec<u8>]) -> Result<OwnedFd> {
    let mut folder = openat(root, c".", PASS, Mode::empty())?;
    for name in way {
        if name == b".." {
            return Err(Errno::ACCESS);
        }
        folder = openat(&folder, name.as_slice(), PASS | OFlags::NOFOLLOW, Mode::empty())?;
    }
    Ok(folder)
}

/// From one open folder to the next, never following a link without looking at it first.
fn by_steps(root: BorrowedFd<'_>, way: &[Vec<u8>]) -> Result<OwnedFd> {
    let mut passed = vec![openat(root, c".", PASS, Mode::empty())?];
    let mut ahead: Vec<Vec<u8>> = way.iter().rev().cloned().collect();
    let mut links = 0;
    while let Some(name) = ahead.pop() {
        if name == b".." {
            passed.pop();
            if passed.is_empty() {
                return Err(Errno::ACCESS);
            }
            continue;
        }
        let Some(here) = passed.last() else { return Err(Errno::ACCESS) };
        match openat(here, name.as_slice(), PASS | OFlags::NOFOLLOW, Mode::empty()) {
            Ok(next) => passed.push(next),
            Err(fault) => {
                let target = readlinkat(here, name.as_slice(), Vec::new()).map_err(|_| fault)?;
                links += 1;
                if links > LINKS {
                    return Err(Errno::LOOP);
                }
                let mut further = Vec::new();
                extend(&mut further, target.as_bytes())?;
                ahead.extend(further.into_iter().rev());
            }
        }
    }
    passed.pop().ok_or(Errno::ACCESS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use proptest::test_runner::TestRunner;
    use rustix::fs::{AtFlags, statat};
    use std::os::fd::AsRawFd;
    use std::os::unix::fs::symlink;

    /// A folder with a secret beside it, and links of every kind in it.
    fn world() -> tempfile::TempDir {
        let world = tempfile::tempdir().unwrap();
        let root = world.path().join("root");
        std::fs::create_dir_all(root.join("a/b")).unwrap();
        std::fs::create_dir_all(world.path().join("outside/b")).unwrap();
        std::fs::write(world.path().join("outside/secret"), "secret").unwrap();
        std::fs::write(root.join("a/file"), "inside").unwrap();
        for (name, target) in [
            ("up", ".."),
            ("out", "../outside"),
            ("file-out", "../outside/secret"),
            ("in", "a"),
            ("a/back", "../a/b"),
            ("a/far", "../../outside"),
            ("loop", "loop"),
            ("file-in", "a/file"),
        ] {
            symlink(target, root.join(name)).unwrap();
        }
        symlink(world.path().join("outside"), root.join("absolute")).unwrap();
        symlink("/proc/self/root", root.join("magic")).unwrap();
        world
    }

    fn way() -> impl Strategy<Value = Vec<&'static str>> {
        let names = [
            "a", "b", "file", "..", ".", "", "up", "out", "in", "back", "far", "loop", "absolute",
            "magic", "secret", "outside", "root", "file-out", "file-in", "etc", "passwd", "new",
        ];
        proptest::collection::vec(proptest::sample::select(names.to_vec()), 0..9)
    }

    fn many() -> TestRunner {
        TestRunner::new(ProptestConfig::with_cases(3_000))
    }

    /// No path whatsoever leads to something that is not in the folder.
    #[test]
    fn nothing_leads_out() {
        let world = world();
        let root = Root::open(&world.path().join("root")).unwrap();
        let inside = std::fs::canonicalize(world.path().join("root")).unwrap();
        let paths = (way(), any::<bool>(), any::<bool>());
        let checked = many().run(&paths, |(way, absolute, keep)| {
            let path = format!("{}{}", if absolute { "/" } else { "" }, way.join("/"));
            let last = if keep { Last::Keep } else { Last::Follow };
            if let Ok(place) = root.locate(path.as_bytes(), last) {
                let folder = format!("/proc/self/fd/{}", place.folder.as_raw_fd());
                let real = std::fs::read_link(folder).unwrap();
                prop_assert!(real.starts_with(&inside), "{path} leads to {}", real.display());
                let name = place.name.as_bytes();
                prop_assert!(name != b".." && !name.contains(&b'/'), "{path} ends at {name:?}");
            }
            Ok(())
        });
        checked.unwrap();
    }

    /// The kernel's way and the step-by-step way lead to the same places and refuse the same.
    #[test]
    fn both_ways_agree() {
        let world = world();
        let root = Root::open(&world.path().join("root")).unwrap();
        let identity = |folder: OwnedFd| fstat(folder).map(|stat| (stat.st_dev, stat.st_ino));
        let checked = many().run(&way(), |way| {
            let way = steps(way.join("/").as_bytes());
            let by_kernel = by_kernel(root.folder().as_fd(), &way).and_then(identity);
            let by_steps = by_steps(root.folder().as_fd(), &way).and_then(identity);
            prop_assert_eq!(by_kernel.ok(), by_steps.ok(), "{:?}", way);
            Ok(())
        });
        checked.unwrap();
    }

    #[test]
    fn links_that_stay_inside_are_followed() {
        let world = world();
        let root = Root::open(&world.path().join("root")).unwrap();
        for path in ["file-in", "in/file", "a/back/../file", "/in/back/../file"] {
            let place = root.locate(path.as_bytes(), Last::Follow).unwrap();
            let found = statat(&place.folder, &place.name, AtFlags::SYMLINK_NOFOLLOW).unwrap();
            assert_eq!(found.st_size, 6, "{path}");
        }
    }

    #[test]
    fn links_out_are_refused_and_not_called_missing() {
        let world = world();
        let root = Root::open(&world.path().join("root")).unwrap();
        for path in
            ["../outside/secret", "out/secret", "absolute/secret", "a/far/secret", "up/root"]
        {
            let refused = root.locate(path.as_bytes(), Last::Follow).err();
            assert_eq!(refused, Some(Errno::ACCESS), "{path}");
        }
        let refused = root.locate(b"absolute", Last::Follow).err();
        assert_eq!(refused, Some(Errno::ACCESS));
        assert_eq!(root.locate(b"loop/x", Last::Follow).err(), Some(Errno::LOOP));
    }

    #[test]
    fn an_exact_place_is_reached_over_no_link_at_all() {
        let world = world();
        let root = Root::open(&world.path().join("root")).unwrap();
        let place = root.exactly(b"a/b/new").unwrap();
        assert_eq!(place.name.as_bytes(), b"new");
        for path in ["in/file", "a/back/x", "out/secret", "absolute/secret", "../outside/secret"] {
            assert!(root.exactly(path.as_bytes()).is_err(), "{path}");
        }
        let link = root.exactly(b"in").unwrap();
        let found = statat(&link.folder, &link.name, AtFlags::SYMLINK_NOFOLLOW).unwrap();
        assert_eq!(
            rustix::fs::FileType::from_raw_mode(found.st_mode),
            rustix::fs::FileType::Symlink
        );
    }

    #[test]
    fn a_folder_that_was_removed_is_missing_until_it_is_made_anew() {
        let world = tempfile::tempdir().unwrap();
        let path = world.path().join("root");
        std::fs::create_dir(&path).unwrap();
        let root = Root::open(&path).unwrap();
        std::fs::remove_dir(&path).unwrap();
        assert_eq!(root.locate(b"x", Last::Follow).err(), Some(Errno::NOENT));
        std::fs::create_dir(&path).unwrap();
        assert!(root.locate(b"x", Last::Follow).is_ok());
    }

    #[test]
    fn a_folder_that_was_renamed_is_no_longer_the_folder() {
        let world = tempfile::tempdir().unwrap();
        let (path, away) = (world.path().join("root"), world.path().join("away"));
        std::fs::create_dir(&path).unwrap();
        std::fs::write(path.join("old"), "").unwrap();
        let root = Root::open(&path).unwrap();
        let has = |name: &[u8]| {
            let place = root.locate(name, Last::Follow)?;
            statat(&place.folder, &place.name, AtFlags::SYMLINK_NOFOLLOW).map(drop)
        };
        assert_eq!(has(b"old"), Ok(()));
        std::fs::rename(&path, &away).unwrap();
        assert_eq!(has(b"old"), Err(Errno::NOENT));
        std::fs::create_dir(&path).unwrap();
        std::fs::write(path.join("new"), "").unwrap();
        assert_eq!(has(b"new"), Ok(()));
        assert_eq!(has(b"old"), Err(Errno::NOENT));
        std::fs::remove_dir_all(&path).unwrap();
        std::fs::rename(&away, &path).unwrap();
        assert_eq!(has(b"old"), Ok(()));
    }
}
