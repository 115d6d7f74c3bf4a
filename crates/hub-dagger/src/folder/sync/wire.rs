//! Frames between the Hub and the agent beside the folder's copy: four bytes of length, one of kind,
//! the body; numbers are big-endian. The other half is `agent/wire.py`.
//!
//! Limits: knows nothing of files, and of connections only that they are streams.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;
use tokio_util::bytes::{Buf, BytesMut};

use super::{Entry, TreePath};

/// Version of what is said.
pub(super) const VERSION: u8 = 1;
/// No frame is longer.
const MOST_FRAME: usize = 1 << 20;
/// Frames are put together up to about this size.
const BATCH: usize = 1 << 18;
/// Whoever says nothing for so long, while something is asked of it, is gone. The agent gives a sign of
/// life every two seconds.
const SILENCE: Duration = Duration::from_secs(30);
/// It may look at something large before it takes more.
const BUSY: Duration = Duration::from_secs(120);

/// A connection to the agent.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// Writes what bodies of frames are made of.
#[derive(Default)]
pub(super) struct Body(Vec<u8>);

impl Body {
    pub(super) fn byte(mut self, value: u8) -> Self {
        self.0.push(value);
        self
    }

    pub(super) fn raw(mut self, value: &[u8]) -> Self {
        self.0.extend_from_slice(value);
        self
    }

    /// Bytes with their length before them.
    pub(super) fn text(self, value: &[u8]) -> Self {
        let length = u32::try_from(value.len()).unwrap_or(u32::MAX);
        self.raw(&length.to_be_bytes()).raw(value)
    }

    pub(super) fn path(self, path: &TreePath) -> Self {
        self.text(path.as_bytes())
    }

    pub(super) fn entry(self, entry: Option<&Entry>) -> Self {
        match entry {
            None => self.byte(0),
            Some(Entry::Folder) => self.byte(1),
            Some(Entry::File { digest, executable }) => {
                self.byte(2).byte(u8::from(*executable)).raw(digest)
            }
            Some(Entry::Link { target }) => self.byte(3).text(target),
        }
    }

    pub(super) fn bytes(self) -> Vec<u8> {
        self.0
    }
}

/// Reads what a body is made of, from its begin.
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn take(&mut self, count: usize) -> io::Result<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or_else(malformed)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        self.take(N)?.try_into().map_err(|_| malformed())
    }

    pub(super) fn byte(&mut self) -> io::Result<u8> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub(super) fn long(&mut self) -> io::Result<u64> {
        self.array().map(u64::from_be_bytes)
    }

    pub(super) fn text(&mut self) -> io::Result<&'a [u8]> {
        let length = u32::from_be_bytes(self.array()?);
        self.take(usize::try_from(length).map_err(|_| malformed())?)
    }

    pub(super) fn path(&mut self) -> io::Result<TreePath> {
        TreePath::new(self.text()?).ok_or_else(malformed)
    }

    pub(super) fn entry(&mut self) -> io::Result<Option<Entry>> {
        Ok(match self.byte()? {
            0 => None,
            1 => Some(Entry::Folder),
            2 => {
                let executable = self.byte()? != 0;
                Some(Entry::File { executable, digest: self.array()? })
            }
            3 => Some(Entry::Link { target: self.text()?.to_vec() }),
            _ => return Err(malformed()),
        })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

pub(super) fn malformed() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "it does not speak the protocol")
}

/// A frame that arrived.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) kind: u8,
    pub(super) body: BytesMut,
}

/// The reading half of a connection.
pub(super) struct Frames<R> {
    stream: R,
    buffer: BytesMut,
}

impl<R: AsyncRead + Unpin> Frames<R> {
    pub(super) fn new(stream: R) -> Self {
        Self { stream, buffer: BytesMut::new() }
    }

    /// The next frame, signs of life left out. Nothing is lost when this is dropped while it waits.
    pub(super) async fn next(&mut self) -> io::Result<Frame> {
        loop {
            if let Some(frame) = self.held()? {
                if frame.kind != b'k' {
                    return Ok(frame);
                }
                continue;
            }
            self.buffer.reserve(BATCH);
            let read = timeout(SILENCE, self.stream.read_buf(&mut self.buffer)).await;
            if read.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }

    fn held(&mut self) -> io::Result<Option<Frame>> {
        let Some((length, _)) = self.buffer.split_first_chunk::<4>() else { return Ok(None) };
        let length = u32::from_be_bytes(*length) as usize;
        if length == 0 || length > MOST_FRAME {
            return Err(malformed());
        }
        if self.buffer.len() < 4 + length {
            return Ok(None);
        }
        self.buffer.advance(4);
        let mut body = self.buffer.split_to(length);
        let kind = body.get_u8();
        Ok(Some(Frame { kind, body }))
    }
}

/// The writing half of a connection.
pub(super) struct Sender<W> {
    stream: W,
    waiting: BytesMut,
}

impl<W: AsyncWrite + Unpin> Sender<W> {
    pub(super) fn new(stream: W) -> Self {
        Self { stream, waiting: BytesMut::new() }
    }

    /// Sends a frame, together with those that come after it.
    pub(super) async fn send(&mut self, kind: u8, body: &[u8]) -> io::Result<()> {
        let length = u32::try_from(body.len() + 1).map_err(|_| malformed())?;
        self.waiting.extend_from_slice(&length.to_be_bytes());
        self.waiting.extend_from_slice(&[kind]);
        self.waiting.extend_from_slice(body);
        if self.waiting.len() < BATCH { Ok(()) } else { self.flush().await }
    }

    /// Sends what waits.
    pub(super) async fn flush(&mut self) -> io::Result<()> {
        while !self.waiting.is_empty() {
            let sent = timeout(BUSY, self.stream.write_buf(&mut self.waiting)).await;
            if sent.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?? == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
        }
        let flushed = timeout(BUSY, self.stream.flush()).await;
        flushed.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn entries_are_read_as_they_were_written(
            path in "[a-z]{1,5}(/[a-z]{1,5}){0,3}", kind in 0u8..4, digest: [u8; 32], executable: bool
        ) {
            let entry = match kind {
                0 => None,
                1 => Some(Entry::Folder),
                2 => Some(Entry::File { digest, executable }),
                _ => Some(Entry::Link { target: digest.to_vec() }),
            };
            let path = TreePath::new(path).unwrap();
            let body = Body::default().path(&path).entry(entry.as_ref()).bytes();
            let mut reader = Reader(&body);
            prop_assert_eq!(reader.path().unwrap(), path);
            prop_assert_eq!(reader.entry().unwrap(), entry);
            prop_assert!(reader.is_empty());
        }

        #[test]
        fn no_bytes_whatsoever_make_it_stumble(bytes: Vec<u8>) {
            let mut reader = Reader(&bytes);
            while reader.path().is_ok() && reader.entry().is_ok() {}
            let mut reader = Reader(&bytes);
            while reader.entry().is_ok() {}
        }
    }
}
