//! Carries steps out on both sides. Files go through in pieces, many on their way at once; the one that
//! takes nothing for granted is whoever changes something: it looks again, right before.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::mpsc;

use super::link::{Link, outcome};
use super::wire::{Body, Reader, Sender, malformed};
use super::{Entry, Merge, Outcome, Refusal, Step, Tree, TreePath};
use crate::folder::unix::{Copy, Staged};

/// How far a round is, in things to do.
#[derive(Debug, Default)]
pub struct Amount {
    done: AtomicU64,
    whole: AtomicU64,
}

impl Amount {
    /// Done, and to be done in all.
    pub fn read(&self) -> (u64, u64) {
        (self.done.load(Ordering::Relaxed), self.whole.load(Ordering::Relaxed))
    }

    fn begin(&self, whole: usize) {
        self.done.store(0, Ordering::Relaxed);
        self.whole.store(whole as u64, Ordering::Relaxed);
    }

    fn step(&self) {
        self.done.fetch_add(1, Ordering::Relaxed);
    }
}

/// What both sides have after the steps, as far as they could be done.
pub(super) struct Carried {
    pub(super) here: Tree,
    pub(super) there: Tree,
    /// Steps that were not done: where, and why, if it is not just that something has changed.
    pub(super) undone: Vec<(TreePath, Option<String>)>,
}

/// What a round's steps are carried out with.
pub(super) struct Carry<'a> {
    pub(super) copy: &'a Arc<Copy>,
    pub(super) link: &'a mut Link,
    pub(super) amount: &'a Amount,
}

impl Carry<'_> {
    /// Does all that is to be done, moves first.
    pub(super) async fn out(
        mut self,
        merge: &Merge,
        here: Tree,
        there: Tree,
    ) -> io::Result<Carried> {
        self.amount.begin(merge.here.len() + merge.there.len());
        let mut carried = Carried { here, there, undone: Vec::new() };
        let is_move: fn(&&Step) -> bool = |step| matches!(step, Step::Move { .. });
        let is_fetch: fn(&&Step) -> bool = |step| matches!(step, Step::Fetch { .. });
        let is_plain: fn(&&Step) -> bool =
            |step| matches!(step, Step::Remove { .. } | Step::MakeFolder { .. });
        for wanted in [is_move, is_plain] {
            let steps: Vec<Step> = merge.here.iter().filter(wanted).cloned().collect();
            self.here_plain(steps, &mut carried).await?;
            let steps: Vec<&Step> = merge.there.iter().filter(wanted).collect();
            self.there_plain(&steps, &mut carried).await?;
        }
        let steps: Vec<&Step> = merge.there.iter().filter(is_fetch).collect();
        self.upload(&steps, &mut carried).await?;
        let steps: Vec<&Step> = merge.here.iter().filter(is_fetch).collect();
        self.download(&steps, &mut carried).await?;
        Ok(carried)
    }

    async fn here_plain(&mut self, steps: Vec<Step>, carried: &mut Carried) -> io::Result<()> {
        if steps.is_empty() {
            return Ok(());
        }
        let copy = Arc::clone(self.copy);
        let state = carried.here.clone();
        let done = blocking(move || {
            let done = steps.into_iter().map(|step| {
                let done = match &step {
                    Step::Move { from, to } => {
                        let seen = state.get(from).ok_or(Refusal::Changed);
                        seen.and_then(|seen| copy.rename(from, to, seen))
                    }
                    Step::Remove { path, seen } => copy.remove(path, seen),
                    Step::MakeFolder { path } => copy.make_folder(path),
                    Step::Fetch { .. } => Ok(()),
                };
                (step, done)
            });
            done.collect::<Vec<_>>()
        });
        for (step, done) in done.await? {
            let outcome = done.map_or_else(Outcome::from, |()| Outcome::Done);
            self.amount.step();
            note(&step, outcome, &mut carried.here, &mut carried.undone);
        }
        Ok(())
    }

    async fn there_plain(&mut self, steps: &[&Step], carried: &mut Carried) -> io::Result<()> {
        let requests: Vec<(u8, Vec<u8>)> = steps
            .iter()
            .map(|step| match step {
                Step::Move { from, to } => {
                    let seen = carried.there.get(from);
                    (b'V', Body::default().path(from).path(to).entry(seen).bytes())
                }
                Step::Remove { path, seen } => {
                    (b'R', Body::default().path(path).entry(Some(seen)).bytes())
                }
                Step::MakeFolder { path } | Step::Fetch { path, .. } => {
                    (b'M', Body::default().path(path).bytes())
                }
            })
            .collect();
        if requests.is_empty() {
            return Ok(());
        }
        let Link { sender, frames, .. } = &mut *self.link;
        let sending = async {
            for (kind, body) in &requests {
                sender.send(*kind, body).await?;
            }
            sender.flush().await
        };
        let hearing = async {
            for step in steps {
                let outcome = outcome(&frames.next().await?)?;
                self.amount.step();
                note(step, outcome, &mut carried.there, &mut carried.undone);
            }
            Ok(())
        };
        tokio::try_join!(sending, hearing).map(drop)
    }

    /// Brings files and links to the other side.
    async fn upload(&mut self, steps: &[&Step], carried: &mut Carried) -> io::Result<()> {
        if steps.is_empty() {
            return Ok(());
        }
        let Link { sender, frames, .. } = &mut *self.link;
        // In their order: what was asked for, or why it was not.
        let (asked, mut to_hear) = mpsc::unbounded_channel::<Option<Outcome>>();
        let copy = self.copy;
        let sending = async move {
            for step in steps {
                let Step::Fetch { path, new, replaces } = step else { continue };
                let local = send_entry(sender, copy, path, new, replaces.as_ref()).await?;
                // The other half listens until this one is done.
                drop(asked.send(local));
            }
            sender.flush().await
        };
        let hearing = async {
            for step in steps {
                let outcome = match to_hear.recv().await {
                    Some(Some(local)) => local,
                    Some(None) => outcome(&frames.next().await?)?,
                    None => return Ok(()),
                };
                self.amount.step();
                note(step, outcome, &mut carried.there, &mut carried.undone);
            }
            Ok(())
        };
        tokio::try_join!(sending, hearing).map(drop)
    }

    /// Gets files and links from the other side.
    async fn download(&mut self, steps: &[&Step], carried: &mut Carried) -> io::Result<()> {
        if steps.is_empty() {
            return Ok(());
        }
        let amount = self.amount;
        let copy = self.copy;
        let Link { sender, frames, .. } = &mut *self.link;
        let sending = async {
            for step in steps {
                if let Step::Fetch { path, new: Entry::File { digest, .. }, .. } = step {
                    sender.send(b'G', &Body::default().path(path).raw(digest).bytes()).await?;
                }
            }
            sender.flush().await
        };
        let hearing = async {
            for step in steps {
                let Step::Fetch { path, new, replaces } = step else { continue };
                let outcome = match new {
                    Entry::File { digest, .. } => {
                        receive_file(frames, copy, path, *digest, replaces.as_ref()).await?
                    }
                    Entry::Link { target } => {
                        let (copy, path) = (Arc::clone(copy), path.clone());
                        let (target, replaces) = (target.clone(), replaces.clone());
                        let done =
                            blocking(move || copy.link(&path, &target, replaces.as_ref())).await?;
                        done.map_or_else(Outcome::from, |()| Outcome::Done)
                    }
                    Entry::Folder => continue,
                };
                amount.step();
                note(step, outcome, &mut carried.here, &mut carried.undone);
            }
            Ok(())
        };
        tokio::try_join!(sending, hearing).map(drop)
    }
}

/// Writes down what a step came to.
fn note(
    step: &Step,
    outcome: Outcome,
    state: &mut Tree,
    undone: &mut Vec<(TreePath, Option<String>)>,
) {
    let (Step::Move { from: path, .. }
    | Step::Remove { path, .. }
    | Step::MakeFolder { path }
    | Step::Fetch { path, .. }) = step;
    match outcome {
        Outcome::Done => match step {
            Step::Move { from, to } => {
                if let Some(moved) = state.remove(from) {
                    state.insert(to.clone(), moved);
                }
            }
            Step::Remove { path, .. } => drop(state.remove(path)),
            Step::MakeFolder { path } => drop(state.insert(path.clone(), Entry::Folder)),
            Step::Fetch { path, new, .. } => drop(state.insert(path.clone(), new.clone())),
        },
        Outcome::Changed => undone.push((path.clone(), None)),
        Outcome::Failed(why) => undone.push((path.clone(), Some(why))),
    }
}

/// Sends what the other side is to have. Gives the outcome if there is nothing to be sent.
async fn send_entry<W: tokio::io::AsyncWrite + Unpin>(
    sender: &mut Sender<W>,
    copy: &Arc<Copy>,
    path: &TreePath,
    new: &Entry,
    replaces: Option<&Entry>,
) -> io::Result<Option<Outcome>> {
    let (digest, executable) = match new {
        Entry::File { digest, executable } => (*digest, *executable),
        Entry::Link { target } => {
            let body = Body::default().path(path).text(target).entry(replaces);
            sender.send(b'L', &body.bytes()).await?;
            return Ok(None);
        }
        Entry::Folder => return Ok(Some(Outcome::Done)),
    };
    let (opening, place) = (Arc::clone(copy), path.clone());
    let opened = blocking(move || {
        let mut source = opening.source(&place)?;
        let first = source.read()?;
        Ok::<_, Refusal>((source, first))
    });
    let (mut source, mut piece) = match opened.await? {
        Ok(opened) => opened,
        Err(refusal) => return Ok(Some(refusal.into())),
    };
    let body = Body::default().path(path).byte(u8::from(executable));
    let body = body.raw(&source.changed.to_be_bytes()).entry(replaces);
    sender.send(b'P', &body.bytes()).await?;
    // A file as long as it was, up to a piece, ends with it.
    let mut short = source.size == piece.len() as u64;
    while !piece.is_empty() {
        sender.send(b'D', &piece).await?;
        if std::mem::take(&mut short) {
            break;
        }
        match blocking(move || source.read().map(|piece| (source, piece))).await? {
            Ok(read) => (source, piece) = read,
            Err(_) => {
                sender.send(b'A', &[]).await?;
                return Ok(None);
            }
        }
    }
    let found = source.digest();
    // What has changed since it was looked at is not sent as what was seen.
    let end = if found == digest { (b'E', &digest[..]) } else { (b'A', &[][..]) };
    sender.send(end.0, end.1).await?;
    Ok(None)
}

/// Takes a file from the other side and puts it where it belongs.
async fn receive_file<R: tokio::io::AsyncRead + Unpin>(
    frames: &mut super::wire::Frames<R>,
    copy: &Arc<Copy>,
    path: &TreePath,
    digest: [u8; 32],
    replaces: Option<&Entry>,
) -> io::Result<Outcome> {
    let head = frames.next().await?;
    if head.kind == b'r' {
        return outcome(&head);
    }
    let mut reader = Reader(&head.body);
    if head.kind != b'f' {
        return Err(malformed());
    }
    let executable = reader.byte()? != 0;
    let changed = reader.long()?.cast_signed();
    let (staging, place) = (Arc::clone(copy), path.clone());
    // A fault on this side must not keep the rest from being heard.
    let mut staged: Result<Staged, Refusal> = blocking(move || staging.stage(&place)).await?;
    let sent = loop {
        let frame = frames.next().await?;
        if frame.kind != b'd' {
            break outcome(&frame)?;
        }
        staged = match staged {
            Ok(mut file) => {
                let written = move || file.write(&frame.body).map(|()| file);
                blocking(written).await?.map_err(Refusal::from)
            }
            refused => refused,
        };
    };
    let staged = match (sent, staged) {
        (Outcome::Done, Ok(staged)) => staged,
        (Outcome::Done, Err(refusal)) => return Ok(refusal.into()),
        (other, _) => return Ok(other),
    };
    if staged.digest() != digest {
        return Ok(Outcome::Changed);
    }
    let (copy, replaces) = (Arc::clone(copy), replaces.cloned());
    let put = blocking(move || copy.put(&staged, executable, changed, replaces.as_ref()));
    Ok(put.await?.map_or_else(Outcome::from, |()| Outcome::Done))
}

/// Does what waits for the disk where it may wait.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)
}
