//! One project's log in memory: numbers lines, keeps those the disk does not have yet, and hands every
//! line to the followers. Nothing here touches the disk.

use crate::filter::Filter;
use crate::follow::Follower;
use crate::lines::Assembler;
use crate::record;
use crate::segment::Segment;
use hub_domain::{PerService, Service};
use hub_engine::clock::Clock;
use hub_engine::logs::{LogLine, LogStream};
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};

/// How much is kept.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Bytes after which a new segment is begun.
    pub segment: u64,
    /// Bytes of all segments of a project; beyond, the oldest one is dropped.
    pub project: u64,
    /// Bytes of lines of a project that may wait in memory for the disk; beyond, new lines are
    /// counted and lost.
    pub unwritten: usize,
}

impl Default for Bounds {
    /// 8 MB segments, 256 MB per project (about two million lines), 32 MB waiting: at 20,000 lines of
    /// 100 bytes a second the disk may stand still for more than ten seconds.
    fn default() -> Self {
        Self { segment: 8 << 20, project: 256 << 20, unwritten: 32 << 20 }
    }
}

/// Records on their way to the disk.
pub(crate) struct Chunk {
    pub(crate) bytes: Vec<u8>,
    /// Number of its first line.
    pub(crate) first: u64,
}

/// Largest chunk, unless a single record is larger.
const CHUNK: usize = 256 * 1024;

pub(crate) struct State {
    next: u64,
    unfinished: PerService<[Assembler; 2]>,
    /// What the writer may take, oldest first; the last one still grows.
    waiting: VecDeque<Chunk>,
    /// What the writer is bringing to the disk, oldest first.
    pub(crate) in_flight: VecDeque<Arc<Chunk>>,
    /// Bytes in both.
    pub(crate) unwritten: usize,
    lost: PerService<u64>,
    /// What the disk said when it last refused; `None` after it took something.
    pub(crate) trouble: Option<String>,
    followers: Vec<Weak<Follower>>,
    pub(crate) segments: Vec<Segment>,
    pub(crate) is_closed: bool,
}

/// A moment of the log: what is on the disk and what is not there yet.
pub(crate) struct View {
    pub(crate) segments: Vec<Segment>,
    pub(crate) in_flight: Vec<Arc<Chunk>>,
    pub(crate) waiting: Vec<Vec<u8>>,
}

/// One project's log.
pub(crate) struct ProjectLog {
    state: Mutex<State>,
    /// Told when there is something to write, or the end.
    pub(crate) work: Condvar,
    pub(crate) bounds: Bounds,
    clock: Arc<dyn Clock>,
}

impl ProjectLog {
    pub(crate) fn new(
        segments: Vec<Segment>,
        next: u64,
        bounds: Bounds,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let state = State {
            next,
            unfinished: PerService::default(),
            waiting: VecDeque::new(),
            in_flight: VecDeque::new(),
            unwritten: 0,
            lost: PerService::default(),
            trouble: None,
            followers: Vec::new(),
            segments,
            is_closed: false,
        };
        Self { state: Mutex::new(state), work: Condvar::new(), bounds, clock }
    }

    /// A panic elsewhere must not take the log with it; every change below is complete in itself.
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes bytes of a service's output.
    pub(crate) fn write(&self, service: Service, stream: LogStream, bytes: &[u8]) {
        let slot = match stream {
            LogStream::Stdout => 0,
            LogStream::Stderr => 1,
            LogStream::Hub => return self.note(service, &String::from_utf8_lossy(bytes)),
        };
        let mut state = self.lock();
        let mut assembler = std::mem::take(&mut state.unfinished[service][slot]);
        assembler.push(bytes, &mut |text| self.append(&mut state, service, stream, text));
        state.unfinished[service][slot] = assembler;
    }

    /// Takes a line of the Hub's own.
    pub(crate) fn note(&self, service: Service, text: &str) {
        let mut state = self.lock();
        let mut out = |line: &str| self.append(&mut state, service, LogStream::Hub, line);
        let mut assembler = Assembler::default();
        assembler.push(text.as_bytes(), &mut out);
        assembler.end(&mut out);
    }

    /// Completes the unfinished lines of a service.
    pub(crate) fn end(&self, service: Service) {
        let mut state = self.lock();
        for (slot, stream) in [LogStream::Stdout, LogStream::Stderr].into_iter().enumerate() {
            let mut assembler = std::mem::take(&mut state.unfinished[service][slot]);
            assembler.end(&mut |text| self.append(&mut state, service, stream, text));
        }
    }

    fn append(&self, state: &mut State, service: Service, stream: LogStream, text: &str) {
        if state.is_closed {
            return;
        }
        if state.unwritten + text.len() > self.bounds.unwritten {
            state.lost[service] += 1;
            return;
        }
        self.announce_losses(state);
        self.put(state, service, stream, text.to_owned());
    }

    /// Says in the log how many lines are not in it, once there is room again.
    pub(crate) fn announce_losses(&self, state: &mut State) {
        for service in Service::ALL {
            let count = std::mem::take(&mut state.lost[service]);
            if count > 0 {
                let why = state.trouble.as_deref().unwrap_or("the disk could not follow");
                let text = format!("{count} lines of {service} were lost here: {why}");
                self.put(state, service, LogStream::Hub, text);
            }
        }
    }

    /// Numbers a line and passes it on, whatever is waiting already.
    pub(crate) fn put(&self, state: &mut State, service: Service, stream: LogStream, text: String) {
        let line = LogLine { seq: state.next, at: self.clock.now(), service, stream, text };
        state.next += 1;
        let limit = CHUNK.min(usize::try_from(self.bounds.segment / 4).unwrap_or(CHUNK));
        if state.waiting.back().is_none_or(|chunk| chunk.bytes.len() >= limit) {
            state.waiting.push_back(Chunk { bytes: Vec::new(), first: line.seq });
        }
        if let Some(chunk) = state.waiting.back_mut() {
            let before = chunk.bytes.len();
            record::encode(&line, &mut chunk.bytes);
            state.unwritten += chunk.bytes.len() - before;
        }
        if !state.followers.is_empty() {
            let line = Arc::new(line);
            state.followers.retain(|follower| match follower.upgrade() {
                Some(follower) => {
                    follower.push(&line);
                    true
                }
                None => false,
            });
        }
        self.work.notify_one();
    }

    /// The log at this moment.
    pub(crate) fn view(&self) -> View {
        view(&self.lock())
    }

    /// The log at this moment, and a follower that gets every line after it.
    pub(crate) fn view_and_follow(&self, filter: Filter) -> (View, Arc<Follower>) {
        let follower = Follower::new(filter);
        let mut state = self.lock();
        if state.is_closed {
            follower.close();
        } else {
            state.followers.push(Arc::downgrade(&follower));
        }
        (view(&state), follower)
    }

    /// Takes no more lines and ends the followers; the writer brings the rest to the disk.
    pub(crate) fn close(&self) {
        let mut state = self.lock();
        state.is_closed = true;
        for follower in state.followers.drain(..).filter_map(|f| f.upgrade()) {
            follower.close();
        }
        self.work.notify_one();
    }
}

impl State {
    /// Gives the writer everything that waits.
    pub(crate) fn take_waiting(&mut self) {
        let waiting = self.waiting.drain(..).map(Arc::new);
        self.in_flight.extend(waiting);
    }

    pub(crate) fn has_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }
}

fn view(state: &State) -> View {
    View {
        segments: state.segments.clone(),
        in_flight: state.in_flight.iter().cloned().collect(),
        waiting: state.waiting.iter().map(|chunk| chunk.bytes.clone()).collect(),
    }
}
