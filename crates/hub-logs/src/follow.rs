//! What a follower has not fetched yet: a bounded queue. When it is full, lines that come are counted
//! instead of kept; the follower learns how many at the place where they are missing.

use crate::filter::Filter;
use futures::stream::{BoxStream, StreamExt, unfold};
use hub_engine::logs::{Followed, LogLine};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// Most lines a follower may lag behind: three seconds at 20,000 lines/s.
const LINES: usize = 65_536;
/// Most bytes of text it may lag behind.
const BYTES: usize = 16 * 1024 * 1024;
/// Most lines handed out at once.
const BATCH: usize = 1024;

enum Item {
    Line(Arc<LogLine>),
    Missed(u64),
}

#[derive(Default)]
struct Queue {
    items: VecDeque<Item>,
    bytes: usize,
    is_closed: bool,
}

/// The writing end of a follower's queue.
pub(crate) struct Follower {
    filter: Filter,
    queue: Mutex<Queue>,
    news: Notify,
}

impl Follower {
    pub(crate) fn new(filter: Filter) -> Arc<Self> {
        Arc::new(Self { filter, queue: Mutex::default(), news: Notify::new() })
    }

    /// A panic elsewhere leaves the queue whole: items are only put in and taken out.
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a line if it is wanted. Never blocks for long.
    pub(crate) fn push(&self, line: &Arc<LogLine>) {
        if !self.filter.wants_line(line) {
            return;
        }
        let mut queue = self.lock();
        if queue.items.len() < LINES && queue.bytes < BYTES {
            queue.bytes += line.text.len();
            queue.items.push_back(Item::Line(Arc::clone(line)));
        } else if let Some(Item::Missed(count)) = queue.items.back_mut() {
            *count += 1;
        } else {
            queue.items.push_back(Item::Missed(1));
        }
        drop(queue);
        self.news.notify_one();
    }

    /// Ends the stream after what is queued.
    pub(crate) fn close(&self) {
        self.lock().is_closed = true;
        self.news.notify_one();
    }

    async fn next(&self) -> Option<Followed> {
        loop {
            // `notify_one` leaves a permit behind, so nothing pushed in between is slept through.
            let news = self.news.notified();
            if let Some(followed) = self.take() {
                return Some(followed);
            }
            if self.lock().is_closed {
                // Something may have been queued just before the end.
                return self.take();
            }
            news.await;
        }
    }

    fn take(&self) -> Option<Followed> {
        let mut queue = self.lock();
        if let Some(Item::Missed(count)) = queue.items.front() {
            let count = *count;
            queue.items.pop_front();
            return Some(Followed::Missed(count));
        }
        let mut lines = Vec::new();
        while lines.len() < BATCH
            && let Some(Item::Line(line)) = queue.items.front()
        {
            lines.push(LogLine::clone(line));
            queue.bytes -= line.text.len();
            queue.items.pop_front();
        }
        (!lines.is_empty()).then_some(Followed::Lines(lines))
    }
}

/// The lines there were, then the follower's. Ends when the log is closed or removed.
pub(crate) fn stream(
    before: Vec<LogLine>,
    follower: Arc<Follower>,
) -> BoxStream<'static, Followed> {
    let first = (!before.is_empty()).then_some(Followed::Lines(before));
    unfold((first, follower), |(first, follower)| async move {
        let item = match first {
            Some(lines) => lines,
            None => follower.next().await?,
        };
        Some((item, (None, follower)))
    })
    .boxed()
}
