//! What a service has sent and its user has not yet read: a little in memory, the rest in a file.
//!
//! Why a file: `russh` grants a channel new window when data *arrives*, not when it is read, and it
//! holds up the whole link when one channel's queue is full. A single reader that pauses – a dump
//! piped into a compressor – would stop every other connection of the project. So the link is held
//! up for a moment only; a reader that stays behind has its data parked on disk instead, up to
//! [`CAPACITY`] for all connections of a gateway together. Past that the link is held up after all.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, IoSlice, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio_util::bytes::Bytes;

/// Bytes of one connection that wait in memory before its link is held up.
const MEMORY: usize = 512 * 1024;
/// Bytes moved to or from the file in one go.
const BLOCK: usize = 256 * 1024;
/// Bytes that all connections of a gateway may have parked on disk.
pub(super) const CAPACITY: u64 = 1 << 30;
/// Pieces given to the socket in one call.
const PIECES: usize = 32;

/// The unread data of one connection, oldest first: `head`, then the file, then `tail`.
pub(super) struct Backlog {
    head: Pieces,
    parked: Option<Parked>,
    tail: Pieces,
    parking: bool,
    budget: Arc<AtomicU64>,
}

impl Backlog {
    /// `budget` counts what is parked by all connections that share it.
    pub(super) fn new(budget: Arc<AtomicU64>) -> Self {
        Self {
            head: Pieces::default(),
            parked: None,
            tail: Pieces::default(),
            parking: false,
            budget,
        }
    }

    /// More may be pushed.
    pub(super) fn has_room(&self) -> bool {
        self.head.bytes + self.tail.bytes < MEMORY
            || (self.parking
                && self.tail.bytes < MEMORY
                && self.budget.load(Ordering::Relaxed) < CAPACITY)
    }

    /// What does not fit goes to disk by now.
    pub(super) fn is_parking(&self) -> bool {
        self.parking
    }

    /// Nothing waits.
    pub(super) fn is_empty(&self) -> bool {
        self.head.is_empty() && self.tail.is_empty() && self.parked_bytes() == 0
    }

    pub(super) fn push(&mut self, data: Bytes) {
        let queue = if self.tail.is_empty() && self.parked_bytes() == 0 && !self.parking {
            &mut self.head
        } else {
            &mut self.tail
        };
        queue.push(data);
    }

    /// From now on what does not fit into memory goes to a file in `folder`.
    pub(super) fn start_parking(&mut self, folder: &Path) -> io::Result<()> {
        if self.parked.is_none() {
            self.parked = Some(Parked::create(folder)?);
        }
        self.parking = true;
        Ok(())
    }

    /// Brings the queues in order: fills `head` from the file or the tail, empties a long tail into
    /// the file. Call it before each look at [`Backlog::slices`].
    pub(super) async fn settle(&mut self) -> io::Result<()> {
        if self.head.is_empty() {
            self.refill().await?;
        }
        if self.parking && self.tail.bytes >= BLOCK {
            self.park().await?;
        }
        Ok(())
    }

    async fn refill(&mut self) -> io::Result<()> {
        match self.parked.as_mut().filter(|parked| parked.unread() > 0) {
            Some(parked) => {
                let block = parked.take().await?;
                self.budget.fetch_sub(block.len() as u64, Ordering::Relaxed);
                self.head.push(block);
            }
            None => {
                self.head = std::mem::take(&mut self.tail);
                // The reader has caught up; the next pause is judged anew.
                self.parking = false;
            }
        }
        Ok(())
    }

    async fn park(&mut self) -> io::Result<()> {
        let bytes = self.tail.bytes as u64;
        if self.budget.fetch_add(bytes, Ordering::Relaxed) + bytes > CAPACITY {
            self.budget.fetch_sub(bytes, Ordering::Relaxed);
            return Ok(());
        }
        let Some(parked) = self.parked.as_mut() else { return Ok(()) };
        let block = self.tail.join();
        let result = parked.put(block).await;
        if result.is_err() {
            self.budget.fetch_sub(bytes, Ordering::Relaxed);
        }
        result
    }

    fn parked_bytes(&self) -> u64 {
        self.parked.as_ref().map_or(0, Parked::unread)
    }

    /// What the reader gets next.
    pub(super) fn slices(&self) -> Vec<IoSlice<'_>> {
        self.head.queue.iter().take(PIECES).map(|piece| IoSlice::new(piece)).collect()
    }

    /// Forgets the first `bytes`, which the reader has got.
    pub(super) fn consume(&mut self, bytes: usize) {
        self.head.consume(bytes);
    }
}

impl Drop for Backlog {
    fn drop(&mut self) {
        self.budget.fetch_sub(self.parked_bytes(), Ordering::Relaxed);
    }
}

#[derive(Default)]
struct Pieces {
    queue: VecDeque<Bytes>,
    bytes: usize,
}

impl Pieces {
    fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    fn push(&mut self, piece: Bytes) {
        if piece.is_empty() {
            return;
        }
        self.bytes += piece.len();
        self.queue.push_back(piece);
    }

    fn consume(&mut self, mut bytes: usize) {
        self.bytes -= bytes;
        while let Some(first) = self.queue.front_mut() {
            if bytes < first.len() {
                drop(first.split_to(bytes));
                return;
            }
            bytes -= first.len();
            self.queue.pop_front();
        }
    }

    fn join(&mut self) -> Vec<u8> {
        let mut block = Vec::with_capacity(self.bytes);
        for piece in self.queue.drain(..) {
            block.extend_from_slice(&piece);
        }
        self.bytes = 0;
        block
    }
}

/// A file nobody else sees, used as a ring of [`CAPACITY`] bytes.
struct Parked {
    file: Arc<File>,
    read: u64,
    written: u64,
}

impl Parked {
    fn create(folder: &Path) -> io::Result<Self> {
        Ok(Self { file: Arc::new(tempfile::tempfile_in(folder)?), read: 0, written: 0 })
    }

    fn unread(&self) -> u64 {
        self.written - self.read
    }

    /// The caller has made sure, by the budget, that `block` fits.
    async fn put(&mut self, block: Vec<u8>) -> io::Result<()> {
        let (file, at) = (Arc::clone(&self.file), self.written);
        let length = block.len() as u64;
        blocking(move || {
            let until_end = usize::try_from(CAPACITY - at % CAPACITY).unwrap_or(usize::MAX);
            let (first, rest) = block.split_at(block.len().min(until_end));
            write_at(&file, at % CAPACITY, first)?;
            write_at(&file, 0, rest)
        })
        .await?;
        self.written += length;
        Ok(())
    }

    async fn take(&mut self) -> io::Result<Bytes> {
        let (file, at) = (Arc::clone(&self.file), self.read);
        let length = self.unread().min(BLOCK as u64).min(CAPACITY - at % CAPACITY);
        let block = blocking(move || {
            let mut block = vec![0; usize::try_from(length).unwrap_or(BLOCK)];
            (&*file).seek(SeekFrom::Start(at % CAPACITY))?;
            (&*file).read_exact(&mut block)?;
            Ok(block)
        })
        .await?;
        self.read += length;
        Ok(Bytes::from(block))
    }
}

fn write_at(mut file: &File, at: u64, data: &[u8]) -> io::Result<()> {
    if data.is_empty() {
        return Ok(());
    }
    file.seek(SeekFrom::Start(at))?;
    file.write_all(data)
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read_some(backlog: &mut Backlog, most: usize) -> Vec<u8> {
        let mut data: Vec<u8> = backlog.slices().iter().flat_map(|s| s.to_vec()).collect();
        data.truncate(most);
        backlog.consume(data.len());
        data
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        /// Whatever is pushed comes out once, in order, however reading, pushing and parking mix.
        #[test]
        fn nothing_is_lost_and_nothing_changes_places(
            steps in proptest::collection::vec((0usize..40_000, 0usize..60_000, any::<bool>()), 1..60)
        ) {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            runtime.block_on(async {
                let folder = tempfile::tempdir().unwrap();
                let budget = Arc::new(AtomicU64::new(0));
                let mut backlog = Backlog::new(Arc::clone(&budget));
                let (mut sent, mut got, mut next) = (Vec::new(), Vec::new(), 0u8);
                for (push, read, park) in steps {
                    if park {
                        backlog.start_parking(folder.path()).unwrap();
                    }
                    let data: Vec<u8> = (0..push).map(|_| { next = next.wrapping_add(1); next }).collect();
                    sent.extend_from_slice(&data);
                    backlog.push(Bytes::from(data));
                    backlog.settle().await.unwrap();
                    got.extend(read_some(&mut backlog, read));
                }
                while !backlog.is_empty() {
                    backlog.settle().await.unwrap();
                    got.extend(read_some(&mut backlog, usize::MAX));
                }
                assert!(sent == got, "{} bytes in, {} out", sent.len(), got.len());
                assert_eq!(budget.load(Ordering::Relaxed), 0);
            });
        }
    }

    #[tokio::test]
    async fn a_paused_reader_costs_a_megabyte_of_memory_at_most() {
        let folder = tempfile::tempdir().unwrap();
        let budget = Arc::new(AtomicU64::new(0));
        let mut backlog = Backlog::new(Arc::clone(&budget));
        while backlog.has_room() {
            backlog.push(Bytes::from(vec![1; 32_768]));
            backlog.settle().await.unwrap();
        }
        assert_eq!(backlog.head.bytes, MEMORY);
        backlog.start_parking(folder.path()).unwrap();
        for _ in 0..1_000 {
            assert!(backlog.has_room());
            backlog.push(Bytes::from(vec![2; 32_768]));
            backlog.settle().await.unwrap();
        }
        assert!(backlog.head.bytes + backlog.tail.bytes <= 2 * MEMORY);
        assert!(budget.load(Ordering::Relaxed) > 30_000_000);
        drop(backlog);
        assert_eq!(budget.load(Ordering::Relaxed), 0, "a connection that ends frees its share");
    }

    #[tokio::test]
    async fn a_full_disk_share_holds_the_link_up_again() {
        let folder = tempfile::tempdir().unwrap();
        let budget = Arc::new(AtomicU64::new(CAPACITY));
        let mut backlog = Backlog::new(Arc::clone(&budget));
        backlog.start_parking(folder.path()).unwrap();
        let mut pushed = 0;
        while backlog.has_room() {
            backlog.push(Bytes::from(vec![1; 32_768]));
            backlog.settle().await.unwrap();
            pushed += 32_768;
        }
        assert_eq!(pushed, MEMORY);
    }
}
