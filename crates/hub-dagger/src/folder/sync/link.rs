//! The Hub's end of the connection to the agent: what lies in the session's copy, and changes there.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use tokio::io::{ReadHalf, WriteHalf};

use super::scan::ScanBounds;
use super::wire::{Body, Frame, Frames, Reader, Sender, Stream, VERSION, malformed};
use super::{Outcome, Tree, TreePath};

/// One question for a change stays open no longer; shorter than what is taken for silence.
const LONGEST_WAIT: Duration = Duration::from_secs(20);

/// Why the copy's state could not be told; the connection goes on.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoScan {
    #[error("the copy of the folder in the session cannot be read: {0}")]
    Unreadable(String),
    #[error(
        "the copy of the folder in the session holds more than {entries} entries or {bytes} bytes"
    )]
    TooMuch { entries: usize, bytes: u64 },
}

/// A connection to the agent beside the folder's copy.
pub struct Link {
    pub(super) sender: Sender<WriteHalf<Box<dyn Stream>>>,
    pub(super) frames: Frames<ReadHalf<Box<dyn Stream>>>,
    /// What the agent told last; it tells differences only.
    tree: Option<Tree>,
    unseen: BTreeMap<TreePath, String>,
    tells_changes: bool,
    waits: bool,
}

impl Link {
    /// Shows the agent its key. Returns the word that the Hub last left on the copy as well; empty where
    /// there is none.
    ///
    /// # Errors
    /// Of the connection, and when the agent does not take the key.
    pub async fn open(stream: Box<dyn Stream>, key: &str) -> io::Result<(Self, Vec<u8>)> {
        let (read, write) = tokio::io::split(stream);
        let (mut sender, mut frames) = (Sender::new(write), Frames::new(read));
        let hello = Body::default().byte(VERSION).text(key.as_bytes());
        sender.send(b'H', &hello.bytes()).await?;
        sender.flush().await?;
        let answer = frames.next().await?;
        let mut reader = Reader(&answer.body);
        if answer.kind != b'h' || reader.byte()? != VERSION {
            return Err(malformed());
        }
        let token = reader.text()?.to_vec();
        let link = Self {
            sender,
            frames,
            tree: None,
            unseen: BTreeMap::new(),
            tells_changes: false,
            waits: false,
        };
        Ok((link, token))
    }

    /// What lies in the copy, as it was told last.
    pub(super) fn tree(&self) -> Tree {
        self.tree.clone().unwrap_or_default()
    }

    /// What of it could not be seen.
    pub(super) fn unseen(&self) -> &BTreeMap<TreePath, String> {
        &self.unseen
    }

    /// [`Link::changed`] notices every change.
    pub(super) fn tells_changes(&self) -> bool {
        self.tells_changes
    }

    /// Looks at the copy.
    pub(super) async fn scan(&mut self, bounds: &ScanBounds) -> io::Result<Result<(), NoScan>> {
        let anew = self.tree.is_none();
        let entries = u32::try_from(bounds.entries).unwrap_or(u32::MAX);
        let body = Body::default().byte(u8::from(anew)).raw(&entries.to_be_bytes());
        self.ask(b'S', &body.raw(&bounds.bytes.to_be_bytes()).bytes()).await?;
        let mut tree = self.tree.take().unwrap_or_default();
        let mut unseen = BTreeMap::new();
        loop {
            let frame = self.frames.next().await?;
            let mut reader = Reader(&frame.body);
            match frame.kind {
                b'e' => {
                    while !reader.is_empty() {
                        let path = reader.path()?;
                        match reader.entry()? {
                            Some(entry) => drop(tree.insert(path, entry)),
                            None => drop(tree.remove(&path)),
                        }
                    }
                }
                b'u' => {
                    let path = reader.path()?;
                    let why = String::from_utf8_lossy(reader.text()?).into_owned();
                    unseen.insert(path, why);
                }
                b's' => {
                    self.tells_changes = reader.byte()? != 0;
                    self.tree = Some(tree);
                    self.unseen = unseen;
                    return Ok(Ok(()));
                }
                // The next scan tells everything anew.
                b'x' => return Ok(Err(no_scan(&frame, bounds))),
                _ => return Err(malformed()),
            }
        }
    }

    /// Resolves when something has changed (true) or the time is over. May be dropped while it waits.
    pub(super) async fn changed(&mut self, within: Duration) -> io::Result<bool> {
        if !self.waits {
            let within = within.min(LONGEST_WAIT).as_millis();
            let within = u32::try_from(within).unwrap_or(u32::MAX).to_be_bytes();
            self.waits = true;
            self.sender.send(b'W', &within).await?;
        }
        self.sender.flush().await?;
        self.wait_answer().await
    }

    /// The answer to a question for a change that is open. May be dropped while it waits.
    async fn wait_answer(&mut self) -> io::Result<bool> {
        let answer = self.frames.next().await?;
        self.waits = false;
        if answer.kind != b'w' {
            return Err(malformed());
        }
        Ok(answer.body.first() == Some(&1))
    }

    /// Whether something has changed up to now. A question that is still open would be answered when its
    /// time is over; this one ends it, and its answer counts too.
    pub(super) async fn has_changed(&mut self) -> io::Result<bool> {
        self.sender.send(b'W', &0_u32.to_be_bytes()).await?;
        self.sender.flush().await?;
        let had_changed = self.waits && self.wait_answer().await?;
        Ok(self.wait_answer().await? || had_changed)
    }

    /// Sends a request; a question for a change that is still open is answered by that.
    pub(super) async fn ask(&mut self, kind: u8, body: &[u8]) -> io::Result<()> {
        self.sender.send(kind, body).await?;
        self.sender.flush().await?;
        self.end_wait().await
    }

    /// Whatever is said next is no answer to a question for a change.
    pub(super) async fn end_wait(&mut self) -> io::Result<()> {
        if self.waits {
            self.wait_answer().await?;
        }
        Ok(())
    }

    /// Leaves a word on the copy.
    pub(super) async fn set_token(&mut self, token: &[u8]) -> io::Result<Outcome> {
        self.ask(b'T', &Body::default().text(token).bytes()).await?;
        outcome(&self.frames.next().await?)
    }
}

fn no_scan(frame: &Frame, bounds: &ScanBounds) -> NoScan {
    match frame.body.split_first() {
        Some((1, _)) => NoScan::TooMuch { entries: bounds.entries, bytes: bounds.bytes },
        Some((_, why)) => NoScan::Unreadable(String::from_utf8_lossy(why).into_owned()),
        None => NoScan::Unreadable(String::new()),
    }
}

/// How a change went.
pub(super) fn outcome(frame: &Frame) -> io::Result<Outcome> {
    let Some((kind, why)) = frame.body.split_first().filter(|_| frame.kind == b'r') else {
        return Err(malformed());
    };
    Ok(match kind {
        0 => Outcome::Done,
        1 => Outcome::Changed,
        _ => Outcome::Failed(String::from_utf8_lossy(why).into_owned()),
    })
}
