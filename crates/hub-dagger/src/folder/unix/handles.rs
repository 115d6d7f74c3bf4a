//! What a mount holds open: files and listings of folders, a bounded number of them.

use std::collections::HashMap;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::fs::{AtFlags, Dir, statat};
use rustix::io::{Errno, Result};

use super::attributes;
use crate::folder::protocol::Entry;

/// Files and folders one mount may hold open.
pub(super) const MOST: usize = 512;
/// Entries in one answer, and about how many bytes of names: mounts take answers up to 128 KiB.
const PAGE: usize = 128;
const PAGE_BYTES: usize = 32 * 1024;

pub(super) enum Open {
    File(OwnedFd),
    Listing(Mutex<Listing>),
}

#[derive(Default)]
pub(super) struct Handles {
    open: Mutex<(u64, HashMap<u64, Arc<Open>>)>,
}

impl Handles {
    pub(super) fn add(&self, what: Open) -> Result<u64> {
        let mut open = lock(&self.open);
        if open.1.len() >= MOST {
            return Err(Errno::MFILE);
        }
        open.0 += 1;
        let handle = open.0;
        open.1.insert(handle, Arc::new(what));
        Ok(handle)
    }

    pub(super) fn get(&self, handle: u64) -> Result<Arc<Open>> {
        lock(&self.open).1.get(&handle).cloned().ok_or(Errno::BADF)
    }

    /// Closes it as soon as nobody works with it any more.
    pub(super) fn remove(&self, handle: u64) -> Result<()> {
        lock(&self.open).1.remove(&handle).map(drop).ok_or(Errno::BADF)
    }
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A folder that is being listed.
pub(super) struct Listing {
    folder: OwnedFd,
    entries: Dir,
}

impl Listing {
    pub(super) fn open(folder: OwnedFd) -> Result<Self> {
        let entries = Dir::read_from(&folder)?;
        Ok(Self { folder, entries })
    }

    /// The next entries; none at the end.
    pub(super) fn page(listing: &Mutex<Self>) -> Result<Vec<Entry>> {
        let listing = &mut *lock(listing);
        let (mut page, mut bytes) = (Vec::new(), 0);
        while page.len() < PAGE && bytes < PAGE_BYTES {
            let Some(entry) = listing.entries.next().transpose()? else { break };
            let name = entry.file_name();
            // What lies above is nobody's business; its entry tells of the folder itself.
            let told = if name == c".." { c"." } else { name };
            match statat(&listing.folder, told, AtFlags::SYMLINK_NOFOLLOW) {
                Ok(stat) => {
                    bytes += name.to_bytes().len();
                    let attributes = attributes::of(&stat);
                    page.push(Entry { name: name.to_bytes().to_vec(), attributes });
                }
                // Gone since the folder was read.
                Err(Errno::NOENT) => {}
                Err(fault) => return Err(fault),
            }
        }
        Ok(page)
    }
}
