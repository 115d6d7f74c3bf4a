//! One line as bytes: length, checksum, number, time, service and stream, text, and the length again,
//! so that a segment can be read from either end.
//!
//! ```text
//! 0   u32  length of the body (all numbers: least significant byte first)
//! 4   u32  CRC-32 of the body
//! 8   u64  number            ┐
//! 16  u64  milliseconds      │ body
//! 24  u8   service, stream   │
//! 25  …    text, UTF-8       ┘
//! end u32  length of the body
//! ```

use hub_domain::{Service, Timestamp};
use hub_engine::logs::{LogLine, LogStream};

const HEAD: usize = 8;
const FIXED: usize = 17;
const FOOT: usize = 4;
/// Most bytes of a whole record.
pub(crate) const MAX: usize = HEAD + FIXED + crate::lines::MAX + FOOT;

/// A record within a buffer.
#[derive(Clone, Copy)]
pub(crate) struct Record<'a> {
    pub(crate) seq: u64,
    pub(crate) at: Timestamp,
    pub(crate) service: Service,
    pub(crate) stream: LogStream,
    pub(crate) text: &'a [u8],
    crc: u32,
    body: &'a [u8],
}

impl Record<'_> {
    /// Whether the bytes are the ones that were written.
    pub(crate) fn is_sound(&self) -> bool {
        crc32fast::hash(self.body) == self.crc
    }

    pub(crate) fn to_line(self) -> LogLine {
        LogLine {
            seq: self.seq,
            at: self.at,
            service: self.service,
            stream: self.stream,
            text: String::from_utf8_lossy(self.text).into_owned(),
        }
    }
}

/// Appends a line to a buffer.
pub(crate) fn encode(line: &LogLine, buffer: &mut Vec<u8>) {
    let length = (FIXED + line.text.len()) as u32;
    let start = buffer.len();
    buffer.extend_from_slice(&length.to_le_bytes());
    buffer.extend_from_slice(&[0; 4]);
    buffer.extend_from_slice(&line.seq.to_le_bytes());
    buffer.extend_from_slice(&line.at.as_millis().to_le_bytes());
    buffer.push(service_number(line.service) | stream_number(line.stream) << 4);
    buffer.extend_from_slice(line.text.as_bytes());
    let crc = crc32fast::hash(&buffer[start + HEAD..]);
    buffer[start + 4..start + HEAD].copy_from_slice(&crc.to_le_bytes());
    buffer.extend_from_slice(&length.to_le_bytes());
}

/// The record at the start of a buffer and its length; `None` when there is no whole one.
pub(crate) fn first(buffer: &[u8]) -> Option<(Record<'_>, usize)> {
    let whole = whole_length(number(buffer, 0)?)?;
    Some((parse(buffer.get(..whole)?)?, whole))
}

/// The record at the end of a buffer and its length; `None` when there is no whole one.
pub(crate) fn last(buffer: &[u8]) -> Option<(Record<'_>, usize)> {
    let whole = whole_length(number(buffer, buffer.len().checked_sub(FOOT)?)?)?;
    Some((parse(&buffer[buffer.len().checked_sub(whole)?..])?, whole))
}

/// Where the first whole record of a buffer begins, seen from its end; its length when there is none.
pub(crate) fn first_start(buffer: &[u8]) -> usize {
    let mut start = buffer.len();
    let length_before = |start: usize| whole_length(number(buffer, start.checked_sub(FOOT)?)?);
    while let Some(before) = length_before(start).and_then(|length| start.checked_sub(length)) {
        start = before;
    }
    start
}

fn whole_length(body: u32) -> Option<usize> {
    let whole = HEAD + body as usize + FOOT;
    (body as usize >= FIXED && whole <= MAX).then_some(whole)
}

fn parse(record: &[u8]) -> Option<Record<'_>> {
    let body = &record[HEAD..record.len() - FOOT];
    if number(record, 0) != number(record, record.len() - FOOT)
        || number(record, 0) != u32::try_from(body.len()).ok()
    {
        return None;
    }
    Some(Record {
        seq: long(body, 0)?,
        at: Timestamp::from_millis(long(body, 8)?),
        service: service(body[16] & 0x0f)?,
        stream: stream(body[16] >> 4)?,
        text: &body[FIXED..],
        crc: number(record, 4)?,
        body,
    })
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn long(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(at..at + 8)?.try_into().ok()?))
}

const fn service_number(service: Service) -> u8 {
    match service {
        Service::Postgres => 0,
        Service::Redis => 1,
        Service::Backend => 2,
        Service::Frontend => 3,
    }
}

fn service(number: u8) -> Option<Service> {
    Service::ALL.into_iter().find(|s| service_number(*s) == number)
}

const fn stream_number(stream: LogStream) -> u8 {
    match stream {
        LogStream::Stdout => 0,
        LogStream::Stderr => 1,
        LogStream::Hub => 2,
    }
}

fn stream(number: u8) -> Option<LogStream> {
    [LogStream::Stdout, LogStream::Stderr, LogStream::Hub]
        .into_iter()
        .find(|s| stream_number(*s) == number)
}
