//! Carries requests out in the shared folder.

use std::io;

use rustix::fs::{
    AtFlags, Gid, Mode, OFlags, StatVfsMountFlags, Uid, chownat, fchown, fstat, fstatvfs, fsync,
    ftruncate, linkat, mkdirat, openat, readlinkat, renameat, statat, symlinkat, unlinkat,
};
use rustix::io::{Errno, Result, pread, pwrite};

use super::attributes::{self, Handover};
use super::beneath::{Last, Place, Root};
use super::handles::{Handles, Listing, MOST, Open};
use crate::folder::FolderShare;
use crate::folder::protocol::{
    Attributes, Entry, MAX_DATA, OpenFlags, Reply, Request, Space, Status,
};

/// A file that keeps appearing and vanishing while it is opened is given up after so many looks.
const LOOKS: usize = 8;

/// The shared folder as one mount sees it.
pub(in crate::folder) struct Tree {
    root: Root,
    read_only: bool,
    /// Whom new things are given to, where this process may give them away.
    owner: Option<(Uid, Gid)>,
    handles: Handles,
}

impl Tree {
    pub(in crate::folder) fn open(share: &FolderShare) -> io::Result<Self> {
        let root = Root::open(&share.root)?;
        let stat = fstat(root.folder())?;
        let is_root = rustix::process::geteuid().is_root();
        let owner = is_root.then(|| (Uid::from_raw(stat.st_uid), Gid::from_raw(stat.st_gid)));
        Ok(Self { root, read_only: share.read_only, owner, handles: Handles::default() })
    }

    /// Answers one request. May wait for the disk.
    pub(in crate::folder) fn answer(&self, request: Request) -> Reply {
        if self.read_only && request.changes() {
            return Reply::failed(Status::PermissionDenied, "the folder is given read-only");
        }
        self.carry_out(request).unwrap_or_else(refusal)
    }

    fn carry_out(&self, request: Request) -> Result<Reply> {
        match request {
            Request::Open { path, flags, attributes } => self.open_file(&path, flags, &attributes),
            Request::Close { handle } => self.handles.remove(handle).map(|()| Reply::ok()),
            Request::Read { handle, offset, length } => self.read(handle, offset, length),
            Request::Write { handle, offset, data } => self.write(handle, offset, &data),
            Request::LStat { path } => self.stat(&path, Last::Keep),
            Request::Stat { path } => self.stat(&path, Last::Follow),
            Request::FStat { handle } => {
                self.with_file(handle, |file| Ok(Reply::Attributes(attributes::of(&fstat(file)?))))
            }
            Request::SetStat { path, attributes } => self.set(&path, Last::Follow, &attributes),
            Request::LSetStat { path, attributes } => self.set(&path, Last::Keep, &attributes),
            Request::FSetStat { handle, attributes } => self.with_file(handle, |file| {
                attributes::set_open(file, &attributes, self.handover()).map(|()| Reply::ok())
            }),
            Request::OpenDir { path } => self.open_folder(&path),
            Request::ReadDir { handle } => self.list(handle),
            Request::Remove { path } => self.remove(&path, AtFlags::empty()),
            Request::MakeDir { path, attributes } => self.make_folder(&path, &attributes),
            Request::RemoveDir { path } => self.remove(&path, AtFlags::REMOVEDIR),
            Request::RealPath { path } => Ok(real_path(&path)),
            Request::Rename { from, to } => self.rename(&from, &to, rename_to_new),
            Request::Replace { from, to } => self.rename(&from, &to, |from, to| {
                renameat(&from.folder, &from.name, &to.folder, &to.name)
            }),
            Request::ReadLink { path } => self.read_link(&path),
            Request::Symlink { target, link } => self.make_link(&target, &link),
            Request::HardLink { from, to } => self.rename(&from, &to, |from, to| {
                linkat(&from.folder, &from.name, &to.folder, &to.name, AtFlags::empty())
            }),
            Request::StatVfs { path } => {
                let place = self.root.locate(&path, Last::Follow)?;
                Ok(Reply::Space(space(&fstatvfs(&place.folder)?)))
            }
            Request::FStatVfs { handle } => {
                self.with_file(handle, |file| Ok(Reply::Space(space(&fstatvfs(file)?))))
            }
            Request::Sync { handle } => {
                self.with_file(handle, |file| fsync(file).map(|()| Reply::ok()))
            }
            Request::Limits => Ok(Reply::Limits { handles: MOST as u64 }),
            Request::Unknown => Err(Errno::OPNOTSUPP),
        }
    }

    fn handover(&self) -> Handover {
        if self.owner.is_some() { Handover::Refused } else { Handover::AskSystem }
    }

    fn with_file(
        &self,
        handle: u64,
        work: impl FnOnce(&std::os::fd::OwnedFd) -> Result<Reply>,
    ) -> Result<Reply> {
        match &*self.handles.get(handle)? {
            Open::File(file) => work(file),
            Open::Listing(_) => Err(Errno::BADF),
        }
    }

    fn open_file(&self, path: &[u8], flags: OpenFlags, new: &Attributes) -> Result<Reply> {
        let access = match (flags.has(OpenFlags::READ), flags.has(OpenFlags::WRITE)) {
            (true, true) => OFlags::RDWR,
            (false, true) => OFlags::WRONLY,
            _ => OFlags::RDONLY,
        };
        let append = OFlags::APPEND;
        let access = if flags.has(OpenFlags::APPEND) { access | append } else { access };
        let exclusive = flags.has(OpenFlags::EXCLUSIVE);
        let last = if exclusive { Last::Keep } else { Last::Follow };
        let place = self.root.locate(path, last)?;
        let mut looked = 0;
        let file = loop {
            if flags.has(OpenFlags::CREATE) {
                match self.create(&place, access, new) {
                    Err(Errno::EXIST) if !exclusive => {}
                    created => break created?,
                }
            }
            match attributes::open_file(&place, access) {
                // Removed between the two looks.
                Err(Errno::NOENT) if flags.has(OpenFlags::CREATE) && looked < LOOKS => looked += 1,
                opened => {
                    let file = opened?;
                    if flags.has(OpenFlags::TRUNCATE) && flags.has(OpenFlags::WRITE) {
                        ftruncate(&file, 0)?;
                    }
                    break file;
                }
            }
        };
        self.handles.add(Open::File(file)).map(Reply::Handle)
    }

    fn create(
        &self,
        place: &Place,
        access: OFlags,
        new: &Attributes,
    ) -> Result<rustix::fd::OwnedFd> {
        let flags = access | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mode = attributes::mode_of_new(new, 0o666);
        let file = openat(&place.folder, &place.name, flags, mode)?;
        if let Some((user, group)) = self.owner {
            fchown(&file, Some(user), Some(group))?;
        }
        Ok(file)
    }

    /// Gives what was just made to whom the folder belongs.
    fn give(&self, place: &Place) -> Result<()> {
        match self.owner {
            Some((user, group)) => chownat(
                &place.folder,
                &place.name,
                Some(user),
                Some(group),
                AtFlags::SYMLINK_NOFOLLOW,
            ),
            None => Ok(()),
        }
    }

    fn read(&self, handle: u64, offset: u64, length: u32) -> Result<Reply> {
        self.with_file(handle, |file| {
            let mut data = vec![0; length.min(MAX_DATA) as usize];
            let got = retry(|| pread(file, &mut data[..], offset))?;
            if got == 0 && length > 0 {
                return Ok(Reply::failed(Status::EndOfFile, "the end of the file"));
            }
            data.truncate(got);
            Ok(Reply::Data(data))
        })
    }

    fn write(&self, handle: u64, mut offset: u64, mut data: &[u8]) -> Result<Reply> {
        self.with_file(handle, |file| {
            while !data.is_empty() {
                let wrote = retry(|| pwrite(file, data, offset))?;
                data = data.get(wrote..).unwrap_or_default();
                offset += wrote as u64;
            }
            Ok(Reply::ok())
        })
    }

    fn stat(&self, path: &[u8], last: Last) -> Result<Reply> {
        let place = self.root.locate(path, last)?;
        let stat = statat(&place.folder, &place.name, AtFlags::SYMLINK_NOFOLLOW)?;
        Ok(Reply::Attributes(attributes::of(&stat)))
    }

    fn set(&self, path: &[u8], last: Last, wanted: &Attributes) -> Result<Reply> {
        let place = self.root.locate(path, last)?;
        attributes::set_at(&place, wanted, self.handover()).map(|()| Reply::ok())
    }

    fn open_folder(&self, path: &[u8]) -> Result<Reply> {
        let place = self.root.locate(path, Last::Follow)?;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let folder = openat(&place.folder, &place.name, flags, Mode::empty())?;
        let listing = Listing::open(folder)?;
        self.handles.add(Open::Listing(listing.into())).map(Reply::Handle)
    }

    fn list(&self, handle: u64) -> Result<Reply> {
        let open = self.handles.get(handle)?;
        let Open::Listing(listing) = &*open else { return Err(Errno::BADF) };
        let page = Listing::page(listing)?;
        if page.is_empty() {
            return Ok(Reply::failed(Status::EndOfFile, "no more entries"));
        }
        Ok(Reply::Names(page))
    }

    fn remove(&self, path: &[u8], flags: AtFlags) -> Result<Reply> {
        let place = self.root.locate(path, Last::Keep)?;
        unlinkat(&place.folder, &place.name, flags).map(|()| Reply::ok())
    }

    fn make_folder(&self, path: &[u8], new: &Attributes) -> Result<Reply> {
        let place = self.root.locate(path, Last::Keep)?;
        mkdirat(&place.folder, &place.name, attributes::mode_of_new(new, 0o777))?;
        self.give(&place).map(|()| Reply::ok())
    }

    fn read_link(&self, path: &[u8]) -> Result<Reply> {
        let place = self.root.locate(path, Last::Keep)?;
        let target = readlinkat(&place.folder, &place.name, Vec::new())?;
        Ok(name_only(target.into_bytes()))
    }

    /// Any target will do: it is text, and led by it nobody gets out through here.
    fn make_link(&self, target: &[u8], link: &[u8]) -> Result<Reply> {
        let place = self.root.locate(link, Last::Keep)?;
        symlinkat(target, &place.folder, &place.name)?;
        self.give(&place).map(|()| Reply::ok())
    }

    fn rename(
        &self,
        from: &[u8],
        to: &[u8],
        work: impl FnOnce(&Place, &Place) -> Result<()>,
    ) -> Result<Reply> {
        let from = self.root.locate(from, Last::Keep)?;
        let to = self.root.locate(to, Last::Keep)?;
        work(&from, &to).map(|()| Reply::ok())
    }
}

/// Renames to a name nobody has.
pub(super) fn rename_to_new(from: &Place, to: &Place) -> Result<()> {
    #[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
    {
        use rustix::fs::{RenameFlags, renameat_with};
        let flags = RenameFlags::NOREPLACE;
        match renameat_with(&from.folder, &from.name, &to.folder, &to.name, flags) {
            // Not every file system knows the flag.
            Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {}
            done => return done,
        }
    }
    match statat(&to.folder, &to.name, AtFlags::SYMLINK_NOFOLLOW) {
        Err(Errno::NOENT) => renameat(&from.folder, &from.name, &to.folder, &to.name),
        Ok(_) => Err(Errno::EXIST),
        Err(fault) => Err(fault),
    }
}

fn retry<T>(mut work: impl FnMut() -> Result<T>) -> Result<T> {
    loop {
        match work() {
            Err(Errno::INTR) => {}
            done => return done,
        }
    }
}

/// The path from the share's root, without looking at the disk. Nothing is above the root.
fn real_path(path: &[u8]) -> Reply {
    let mut way: Vec<&[u8]> = Vec::new();
    for name in path.split(|byte| *byte == b'/') {
        match name {
            b"" | b"." => {}
            b".." => drop(way.pop()),
            name => way.push(name),
        }
    }
    name_only([b"/", way.join(&b'/').as_slice()].concat())
}

fn name_only(name: Vec<u8>) -> Reply {
    Reply::Names(vec![Entry { name, attributes: Attributes::default() }])
}

fn space(of: &rustix::fs::StatVfs) -> Space {
    Space {
        block: of.f_bsize,
        fragment: of.f_frsize,
        blocks: of.f_blocks,
        free: of.f_bfree,
        available: of.f_bavail,
        files: of.f_files,
        files_free: of.f_ffree,
        files_available: of.f_favail,
        id: of.f_fsid,
        read_only: of.f_flag.contains(StatVfsMountFlags::RDONLY),
        longest_name: of.f_namemax,
    }
}

/// A failure in the protocol's few kinds, with the system's words beside it.
fn refusal(fault: Errno) -> Reply {
    let status = match fault {
        Errno::NOENT | Errno::NOTDIR | Errno::LOOP => Status::NoSuchFile,
        Errno::ACCESS | Errno::PERM | Errno::ROFS => Status::PermissionDenied,
        Errno::OPNOTSUPP | Errno::NOSYS => Status::Unsupported,
        _ => Status::Failure,
    };
    Reply::failed(status, io::Error::from(fault).to_string())
}

#[cfg(test)]
mod tests;
