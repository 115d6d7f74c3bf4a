//! What a client is told, written as the bytes that go out.

use tokio_util::bytes::BufMut;

use super::{Attributes, MAX_DATA, MAX_REQUEST, VERSION};

/// What a client may know to be there beyond the version's own requests.
const EXTENSIONS: &[(&str, &str)] = &[
    ("posix-rename@openssh.com", "1"),
    ("statvfs@openssh.com", "2"),
    ("fstatvfs@openssh.com", "2"),
    ("hardlink@openssh.com", "1"),
    ("fsync@openssh.com", "1"),
    ("lsetstat@openssh.com", "1"),
    ("limits@openssh.com", "1"),
];

/// Why a request failed, in the few words the protocol has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::folder) enum Status {
    Ok = 0,
    EndOfFile = 1,
    NoSuchFile = 2,
    PermissionDenied = 3,
    Failure = 4,
    BadMessage = 5,
    Unsupported = 8,
}

/// One entry of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::folder) struct Entry {
    pub(in crate::folder) name: Vec<u8>,
    pub(in crate::folder) attributes: Attributes,
}

/// Space and places of a file system.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::folder) struct Space {
    pub(in crate::folder) block: u64,
    pub(in crate::folder) fragment: u64,
    pub(in crate::folder) blocks: u64,
    pub(in crate::folder) free: u64,
    pub(in crate::folder) available: u64,
    pub(in crate::folder) files: u64,
    pub(in crate::folder) files_free: u64,
    pub(in crate::folder) files_available: u64,
    pub(in crate::folder) id: u64,
    pub(in crate::folder) read_only: bool,
    pub(in crate::folder) longest_name: u64,
}

/// One answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::folder) enum Reply {
    Status(Status, String),
    Handle(u64),
    Data(Vec<u8>),
    Names(Vec<Entry>),
    Attributes(Attributes),
    Space(Space),
    Limits { handles: u64 },
}

impl Reply {
    pub(in crate::folder) fn ok() -> Self {
        Self::Status(Status::Ok, String::new())
    }

    pub(in crate::folder) fn failed(status: Status, words: impl Into<String>) -> Self {
        Self::Status(status, words.into())
    }
}

/// The first message of the server.
pub(in crate::folder) fn encode_hello() -> Vec<u8> {
    packet(2, |body| {
        body.put_u32(VERSION);
        for (name, value) in EXTENSIONS {
            put_string(body, name.as_bytes());
            put_string(body, value.as_bytes());
        }
    })
}

/// The answer to request `id`, with its length in front.
pub(in crate::folder) fn encode(id: u32, reply: &Reply) -> Vec<u8> {
    let kind = match reply {
        Reply::Status(..) => 101,
        Reply::Handle(_) => 102,
        Reply::Data(_) => 103,
        Reply::Names(_) => 104,
        Reply::Attributes(_) => 105,
        Reply::Space(_) | Reply::Limits { .. } => 201,
    };
    packet(kind, |body| {
        body.put_u32(id);
        match reply {
            Reply::Status(status, words) => {
                body.put_u32(*status as u32);
                put_string(body, words.as_bytes());
                put_string(body, b"en");
            }
            Reply::Handle(handle) => put_string(body, &handle.to_be_bytes()),
            Reply::Data(data) => put_string(body, data),
            Reply::Names(entries) => put_entries(body, entries),
            Reply::Attributes(attributes) => put_attributes(body, attributes),
            Reply::Space(space) => put_space(body, space),
            Reply::Limits { handles } => {
                for limit in [u64::from(MAX_REQUEST), MAX_DATA.into(), MAX_DATA.into(), *handles] {
                    body.put_u64(limit);
                }
            }
        }
    })
}

fn packet(kind: u8, fill: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut body = vec![0, 0, 0, 0, kind];
    fill(&mut body);
    let length = u32::try_from(body.len() - 4).unwrap_or(u32::MAX);
    body[..4].copy_from_slice(&length.to_be_bytes());
    body
}

pub(super) fn put_string(body: &mut Vec<u8>, text: &[u8]) {
    body.put_u32(u32::try_from(text.len()).unwrap_or(u32::MAX));
    body.put_slice(text);
}

fn put_entries(body: &mut Vec<u8>, entries: &[Entry]) {
    body.put_u32(u32::try_from(entries.len()).unwrap_or(u32::MAX));
    for entry in entries {
        put_string(body, &entry.name);
        // The line a listing would show; mounts do not look at it.
        put_string(body, &entry.name);
        put_attributes(body, &entry.attributes);
    }
}

fn put_attributes(body: &mut Vec<u8>, attributes: &Attributes) {
    let flag = |there: bool, flag: u32| if there { flag } else { 0 };
    body.put_u32(
        flag(attributes.size.is_some(), 0x1)
            | flag(attributes.owner.is_some(), 0x2)
            | flag(attributes.mode.is_some(), 0x4)
            | flag(attributes.times.is_some(), 0x8),
    );
    if let Some(size) = attributes.size {
        body.put_u64(size);
    }
    if let Some((user, group)) = attributes.owner {
        body.put_u32(user);
        body.put_u32(group);
    }
    if let Some(mode) = attributes.mode {
        body.put_u32(mode);
    }
    if let Some((accessed, changed)) = attributes.times {
        body.put_u32(accessed);
        body.put_u32(changed);
    }
}

fn put_space(body: &mut Vec<u8>, space: &Space) {
    for number in [
        space.block,
        space.fragment,
        space.blocks,
        space.free,
        space.available,
        space.files,
        space.files_free,
        space.files_available,
        space.id,
        u64::from(space.read_only),
        space.longest_name,
    ] {
        body.put_u64(number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_carries_its_length_its_kind_and_the_request() {
        let packet = encode(7, &Reply::failed(Status::NoSuchFile, "gone"));
        assert_eq!(packet[..4], u32::try_from(packet.len() - 4).unwrap().to_be_bytes());
        assert_eq!(packet[4], 101);
        assert_eq!(packet[5..9], [0, 0, 0, 7]);
        assert_eq!(packet[9..13], [0, 0, 0, 2]);
    }
}
