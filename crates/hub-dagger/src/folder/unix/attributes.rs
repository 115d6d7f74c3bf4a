//! What is told and what may be set of a file.

use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{
    AtFlags, FileType, Gid, Mode, OFlags, Stat, Timespec, Timestamps, Uid, chownat, fchmod, fchown,
    fstat, ftruncate, futimens, openat, statat, utimensat,
};
use rustix::io::{Errno, Result};

use super::beneath::Place;
use crate::folder::protocol::Attributes;

/// Permissions a client may give to a file. Set-user-id and its kin are no client's to give: the
/// file would run with the rights of the folder's owner.
const FILE_MODE: u32 = 0o777;
/// Folders may also hand their group on, or keep others from removing.
const FOLDER_MODE: u32 = 0o3777;

/// What is told of a file.
#[allow(clippy::useless_conversion, reason = "the fields' types differ between systems")]
pub(super) fn of(stat: &Stat) -> Attributes {
    let seconds = |time: i64| u32::try_from(time).unwrap_or(if time < 0 { 0 } else { u32::MAX });
    Attributes {
        size: Some(u64::try_from(stat.st_size).unwrap_or(0)),
        owner: Some((stat.st_uid, stat.st_gid)),
        mode: Some(stat.st_mode.into()),
        times: Some((seconds(stat.st_atime.into()), seconds(stat.st_mtime.into()))),
    }
}

/// The permissions for something new.
pub(super) fn mode_of_new(attributes: &Attributes, usual: u32) -> Mode {
    mode(attributes.mode.unwrap_or(usual) & FILE_MODE)
}

fn mode(bits: u32) -> Mode {
    Mode::from_bits_truncate(bits as rustix::fs::RawMode)
}

pub(super) fn kind(stat: &Stat) -> FileType {
    FileType::from_raw_mode(stat.st_mode)
}

/// Whether a client may hand files over.
#[derive(Clone, Copy)]
pub(super) enum Handover {
    /// The system decides, as for any program of this account.
    AskSystem,
    /// Never: this process could, and the client must not.
    Refused,
}

/// Sets what is given of the thing at `place`, which is no link to follow.
pub(super) fn set_at(place: &Place, wanted: &Attributes, handover: Handover) -> Result<()> {
    if let Some(size) = wanted.size {
        ftruncate(open_file(place, OFlags::WRONLY)?, size)?;
    }
    let now = statat(&place.folder, &place.name, AtFlags::SYMLINK_NOFOLLOW)?;
    if let Some(owner) = owner_to_set(wanted, &now, handover)? {
        let (user, group) = owner;
        let flags = AtFlags::SYMLINK_NOFOLLOW;
        chownat(&place.folder, &place.name, Some(user), Some(group), flags)?;
    }
    if let Some(bits) = wanted.mode {
        change_mode(place, bits)?;
    }
    match times(wanted) {
        Some(times) => utimensat(&place.folder, &place.name, &times, AtFlags::SYMLINK_NOFOLLOW),
        None => Ok(()),
    }
}

/// Sets what is given of an open file.
pub(super) fn set_open(file: &OwnedFd, wanted: &Attributes, handover: Handover) -> Result<()> {
    if let Some(size) = wanted.size {
        ftruncate(file, size)?;
    }
    let now = fstat(file)?;
    if let Some((user, group)) = owner_to_set(wanted, &now, handover)? {
        fchown(file, Some(user), Some(group))?;
    }
    if let Some(bits) = wanted.mode {
        fchmod(file, mode(allowed(bits, &now)))?;
    }
    times(wanted).map_or(Ok(()), |times| futimens(file, &times))
}

/// Opens a regular file at `place`, and nothing else: a pipe would wait for its other end, a device
/// would do whatever it does.
pub(super) fn open_file(place: &Place, flags: OFlags) -> Result<OwnedFd> {
    let careful = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let before = statat(&place.folder, &place.name, AtFlags::SYMLINK_NOFOLLOW)?;
    must_be_file(&before)?;
    let file = openat(&place.folder, &place.name, flags | careful, Mode::empty())?;
    must_be_file(&fstat(&file)?)?;
    Ok(file)
}

fn must_be_file(stat: &Stat) -> Result<()> {
    match kind(stat) {
        FileType::RegularFile => Ok(()),
        FileType::Directory => Err(Errno::ISDIR),
        _ => Err(Errno::ACCESS),
    }
}

fn owner_to_set(wanted: &Attributes, now: &Stat, handover: Handover) -> Result<Option<(Uid, Gid)>> {
    match wanted.owner.filter(|owner| *owner != (now.st_uid, now.st_gid)) {
        None => Ok(None),
        Some(_) if matches!(handover, Handover::Refused) => Err(Errno::PERM),
        Some((user, group)) => Ok(Some((Uid::from_raw(user), Gid::from_raw(group)))),
    }
}

fn allowed(bits: u32, now: &Stat) -> u32 {
    bits & if kind(now) == FileType::Directory { FOLDER_MODE } else { FILE_MODE }
}

fn times(wanted: &Attributes) -> Option<Timestamps> {
    let at = |seconds: u32| Timespec { tv_sec: seconds.into(), tv_nsec: 0 };
    let (accessed, changed) = wanted.times?;
    Some(Timestamps { last_access: at(accessed), last_modification: at(changed) })
}

/// Changes the permissions of exactly what lies at `place`, even if a link takes its place meanwhile.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn change_mode(place: &Place, bits: u32) -> Result<()> {
    use std::os::fd::AsRawFd;
    let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let it = openat(&place.folder, &place.name, flags, Mode::empty())?;
    let now = fstat(it.as_fd())?;
    if kind(&now) == FileType::Symlink {
        return Err(Errno::OPNOTSUPP);
    }
    let path = format!("/proc/self/fd/{}", it.as_raw_fd());
    rustix::fs::chmod(path, mode(allowed(bits, &now)))
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn change_mode(place: &Place, bits: u32) -> Result<()> {
    let now = statat(&place.folder, &place.name, AtFlags::SYMLINK_NOFOLLOW)?;
    let mode = mode(allowed(bits, &now));
    rustix::fs::chmodat(&place.folder, &place.name, mode, AtFlags::SYMLINK_NOFOLLOW)
}
