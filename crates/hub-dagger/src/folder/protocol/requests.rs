//! What a client asks, read from the bytes that came.

use tokio_util::bytes::{Buf, Bytes};

use super::Attributes;

/// A path as it came in.
pub(in crate::folder) type PathBytes = Vec<u8>;

/// How a file is to be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::folder) struct OpenFlags(pub(in crate::folder) u32);

impl OpenFlags {
    pub(in crate::folder) const READ: u32 = 0x01;
    pub(in crate::folder) const WRITE: u32 = 0x02;
    pub(in crate::folder) const APPEND: u32 = 0x04;
    pub(in crate::folder) const CREATE: u32 = 0x08;
    pub(in crate::folder) const TRUNCATE: u32 = 0x10;
    pub(in crate::folder) const EXCLUSIVE: u32 = 0x20;

    pub(in crate::folder) fn has(self, flag: u32) -> bool {
        self.0 & flag != 0
    }

    /// Opening alone changes nothing.
    pub(in crate::folder) fn only_reads(self) -> bool {
        self.0 & !Self::READ == 0
    }
}

/// One request of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::folder) enum Request {
    Open {
        path: PathBytes,
        flags: OpenFlags,
        attributes: Attributes,
    },
    Close {
        handle: u64,
    },
    Read {
        handle: u64,
        offset: u64,
        length: u32,
    },
    Write {
        handle: u64,
        offset: u64,
        data: Bytes,
    },
    LStat {
        path: PathBytes,
    },
    Stat {
        path: PathBytes,
    },
    FStat {
        handle: u64,
    },
    SetStat {
        path: PathBytes,
        attributes: Attributes,
    },
    LSetStat {
        path: PathBytes,
        attributes: Attributes,
    },
    FSetStat {
        handle: u64,
        attributes: Attributes,
    },
    OpenDir {
        path: PathBytes,
    },
    ReadDir {
        handle: u64,
    },
    Remove {
        path: PathBytes,
    },
    MakeDir {
        path: PathBytes,
        attributes: Attributes,
    },
    RemoveDir {
        path: PathBytes,
    },
    RealPath {
        path: PathBytes,
    },
    /// The target must not be there yet.
    Rename {
        from: PathBytes,
        to: PathBytes,
    },
    /// The target is replaced.
    Replace {
        from: PathBytes,
        to: PathBytes,
    },
    ReadLink {
        path: PathBytes,
    },
    Symlink {
        target: PathBytes,
        link: PathBytes,
    },
    HardLink {
        from: PathBytes,
        to: PathBytes,
    },
    StatVfs {
        path: PathBytes,
    },
    FStatVfs {
        handle: u64,
    },
    Sync {
        handle: u64,
    },
    Limits,
    /// Something this server does not do.
    Unknown,
}

impl Request {
    /// It may change the folder: such requests are carried out one by one and in their order.
    pub(in crate::folder) fn changes(&self) -> bool {
        match self {
            Self::Open { flags, .. } => !flags.only_reads(),
            Self::Write { .. }
            | Self::SetStat { .. }
            | Self::LSetStat { .. }
            | Self::FSetStat { .. }
            | Self::Remove { .. }
            | Self::MakeDir { .. }
            | Self::RemoveDir { .. }
            | Self::Rename { .. }
            | Self::Replace { .. }
            | Self::Symlink { .. }
            | Self::HardLink { .. } => true,
            Self::Close { .. }
            | Self::Read { .. }
            | Self::LStat { .. }
            | Self::Stat { .. }
            | Self::FStat { .. }
            | Self::OpenDir { .. }
            | Self::ReadDir { .. }
            | Self::RealPath { .. }
            | Self::ReadLink { .. }
            | Self::StatVfs { .. }
            | Self::FStatVfs { .. }
            | Self::Sync { .. }
            | Self::Limits
            | Self::Unknown => false,
        }
    }
}

/// Bytes that are no request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a request of the file transfer protocol")]
pub(in crate::folder) struct Malformed {
    /// The request's number, if it could be read.
    pub(in crate::folder) id: Option<u32>,
}

/// The version a client asks for in its first message.
pub(in crate::folder) fn parse_hello(mut body: Bytes) -> Option<u32> {
    (body.try_get_u8().ok()? == 1).then(|| body.try_get_u32().ok()).flatten()
}

/// Reads the body of a packet, its length left out.
pub(in crate::folder) fn parse(mut body: Bytes) -> Result<(u32, Request), Malformed> {
    let kind = body.try_get_u8().map_err(|_| Malformed { id: None })?;
    let id = body.try_get_u32().map_err(|_| Malformed { id: None })?;
    let mut fields = Fields(body);
    let request = fields.request(kind).ok_or(Malformed { id: Some(id) })?;
    Ok((id, request))
}

struct Fields(Bytes);

impl Fields {
    fn request(&mut self, kind: u8) -> Option<Request> {
        Some(match kind {
            3 => Request::Open {
                path: self.path()?,
                flags: OpenFlags(self.0.try_get_u32().ok()?),
                attributes: self.attributes()?,
            },
            4 => Request::Close { handle: self.handle()? },
            5 => Request::Read {
                handle: self.handle()?,
                offset: self.0.try_get_u64().ok()?,
                length: self.0.try_get_u32().ok()?,
            },
            6 => Request::Write {
                handle: self.handle()?,
                offset: self.0.try_get_u64().ok()?,
                data: self.string()?,
            },
            7 => Request::LStat { path: self.path()? },
            8 => Request::FStat { handle: self.handle()? },
            9 => Request::SetStat { path: self.path()?, attributes: self.attributes()? },
            10 => Request::FSetStat { handle: self.handle()?, attributes: self.attributes()? },
            11 => Request::OpenDir { path: self.path()? },
            12 => Request::ReadDir { handle: self.handle()? },
            13 => Request::Remove { path: self.path()? },
            14 => Request::MakeDir { path: self.path()?, attributes: self.attributes()? },
            15 => Request::RemoveDir { path: self.path()? },
            16 => Request::RealPath { path: self.path()? },
            17 => Request::Stat { path: self.path()? },
            18 => Request::Rename { from: self.path()?, to: self.path()? },
            19 => Request::ReadLink { path: self.path()? },
            // OpenSSH sends the target first, against the draft; every client follows it.
            20 => Request::Symlink { target: self.path()?, link: self.path()? },
            200 => self.extended()?,
            _ => Request::Unknown,
        })
    }

    fn extended(&mut self) -> Option<Request> {
        Some(match &self.string()?[..] {
            b"posix-rename@openssh.com" => {
                Request::Replace { from: self.path()?, to: self.path()? }
            }
            b"statvfs@openssh.com" => Request::StatVfs { path: self.path()? },
            b"fstatvfs@openssh.com" => Request::FStatVfs { handle: self.handle()? },
            b"hardlink@openssh.com" => Request::HardLink { from: self.path()?, to: self.path()? },
            b"fsync@openssh.com" => Request::Sync { handle: self.handle()? },
            b"lsetstat@openssh.com" => {
                Request::LSetStat { path: self.path()?, attributes: self.attributes()? }
            }
            b"limits@openssh.com" => Request::Limits,
            _ => Request::Unknown,
        })
    }

    fn string(&mut self) -> Option<Bytes> {
        let length = self.0.try_get_u32().ok()? as usize;
        (length <= self.0.remaining()).then(|| self.0.split_to(length))
    }

    fn path(&mut self) -> Option<PathBytes> {
        Some(self.string()?.to_vec())
    }

    /// A handle no longer than ours; one that never was given out is found out later.
    fn handle(&mut self) -> Option<u64> {
        let handle = self.string()?;
        Some(handle[..].try_into().map_or(u64::MAX, u64::from_be_bytes))
    }

    fn attributes(&mut self) -> Option<Attributes> {
        let flags = self.0.try_get_u32().ok()?;
        let has = |flag: u32| flags & flag != 0;
        let mut attributes = Attributes::default();
        if has(0x1) {
            attributes.size = Some(self.0.try_get_u64().ok()?);
        }
        if has(0x2) {
            attributes.owner = Some((self.0.try_get_u32().ok()?, self.0.try_get_u32().ok()?));
        }
        if has(0x4) {
            attributes.mode = Some(self.0.try_get_u32().ok()?);
        }
        if has(0x8) {
            attributes.times = Some((self.0.try_get_u32().ok()?, self.0.try_get_u32().ok()?));
        }
        if has(0x8000_0000) {
            for _ in 0..self.0.try_get_u32().ok()? {
                self.string()?;
                self.string()?;
            }
        }
        Some(attributes)
    }
}

#[cfg(test)]
mod tests {
    use super::super::replies::put_string;
    use super::*;
    use proptest::prelude::*;
    use tokio_util::bytes::BufMut;

    proptest! {
        /// Whatever arrives is a request or is refused; nothing panics and nothing is read past its end.
        #[test]
        fn any_bytes_are_read_safely(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse_hello(Bytes::from(bytes.clone()));
            let _ = parse(Bytes::from(bytes));
        }

        #[test]
        fn a_write_arrives_whole(id: u32, handle: u64, offset: u64, data in proptest::collection::vec(any::<u8>(), 0..500)) {
            let mut body = vec![6];
            body.put_u32(id);
            put_string(&mut body, &handle.to_be_bytes());
            body.put_u64(offset);
            put_string(&mut body, &data);
            let request = Request::Write { handle, offset, data: Bytes::from(data) };
            prop_assert_eq!(parse(Bytes::from(body)), Ok((id, request)));
        }

        #[test]
        fn names_are_bytes(id: u32, from in proptest::collection::vec(any::<u8>(), 0..99), to in proptest::collection::vec(any::<u8>(), 0..99)) {
            let mut body = vec![18];
            body.put_u32(id);
            put_string(&mut body, &from);
            put_string(&mut body, &to);
            prop_assert_eq!(parse(Bytes::from(body)), Ok((id, Request::Rename { from, to })));
        }
    }

    #[test]
    fn a_short_request_tells_which_one_it_was() {
        let mut body = vec![17];
        body.put_u32(9);
        body.put_u32(4);
        body.put_slice(b"abc");
        assert_eq!(parse(Bytes::from(body)), Err(Malformed { id: Some(9) }));
        assert_eq!(parse(Bytes::from_static(&[17, 0])), Err(Malformed { id: None }));
    }

    #[test]
    fn attributes_with_extensions_are_read_to_their_end() {
        let mut body = vec![9];
        body.put_u32(1);
        put_string(&mut body, b"x");
        body.put_u32(0x8000_0004);
        body.put_u32(0o644);
        body.put_u32(1);
        put_string(&mut body, b"name");
        put_string(&mut body, b"value");
        let attributes = Attributes { mode: Some(0o644), ..Attributes::default() };
        let request = Request::SetStat { path: b"x".to_vec(), attributes };
        assert_eq!(parse(Bytes::from(body)), Ok((1, request)));
    }
}
