//! Brings a project's lines to the disk, on a thread of its own.
//!
//! Lines that cannot be written stay in memory up to a bound and are tried again. A batch is handed
//! to the operating system, which keeps it when the Hub is killed; it is forced to the disk only when
//! a segment is complete and at the end, as a log is not worth a disk flush per line.

use crate::project::{Chunk, ProjectLog};
use crate::record;
use crate::segment::Segment;
use hub_domain::Service;
use hub_engine::logs::LogStream;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

/// Pause before a disk that refused is asked again.
const RETRY: Duration = Duration::from_millis(500);

/// The writing side of one project's folder.
pub(crate) struct SegmentWriter {
    log: Arc<ProjectLog>,
    folder: PathBuf,
    current: Option<Segment>,
    file: Option<File>,
}

impl SegmentWriter {
    pub(crate) fn new(log: Arc<ProjectLog>, folder: PathBuf) -> Self {
        let current = log.lock().segments.last().cloned();
        Self { log, folder, current, file: None }
    }

    /// Writes until the log is closed and everything is written.
    pub(crate) fn run(mut self) {
        while let Some(chunk) = self.next_chunk() {
            match self.write(&chunk) {
                Ok(()) => self.written(&chunk),
                Err(error) => {
                    // The file is opened again and what was half written is cut off.
                    self.file = None;
                    if self.refused(&error) {
                        return;
                    }
                }
            }
        }
        if let Some(file) = &self.file
            && let Err(error) = file.sync_all()
        {
            tracing::warn!(folder = %self.folder.display(), "a log could not be synced: {error}");
        }
    }

    /// Waits for something to write; `None` when the log is closed and nothing is left.
    fn next_chunk(&self) -> Option<Arc<Chunk>> {
        let mut state = self.log.lock();
        loop {
            if let Some(chunk) = state.in_flight.front() {
                return Some(Arc::clone(chunk));
            }
            if state.has_waiting() {
                state.take_waiting();
            } else if state.is_closed {
                return None;
            } else {
                state = self.log.work.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
        }
    }

    fn write(&mut self, chunk: &Chunk) -> io::Result<()> {
        if let (Some(segment), None) = (&mut self.current, &self.file) {
            // Before a decision about the segment's end: opening it cuts off what is not whole.
            self.file = Some(segment.open()?);
        }
        let length = chunk.bytes.len() as u64;
        let is_full = |s: &Segment| s.length + length > self.log.bounds.segment;
        if self.current.as_ref().is_none_or(is_full) {
            if let Some(file) = self.file.take() {
                file.sync_all()?;
            }
            let mut segment = Segment::planned(&self.folder, chunk.first);
            self.file = Some(segment.open()?);
            self.log.lock().segments.push(segment.clone());
            self.current = Some(segment);
            self.drop_oldest(chunk);
        }
        match &mut self.file {
            Some(file) => file.write_all(&chunk.bytes),
            None => Err(io::Error::other("the segment is not open")),
        }
    }

    fn written(&mut self, chunk: &Chunk) {
        let length = chunk.bytes.len();
        let mut state = self.log.lock();
        if let Some(current) = &mut self.current {
            current.length += length as u64;
            if let Some(last) = state.segments.last_mut() {
                last.length = current.length;
            }
        }
        state.in_flight.pop_front();
        state.unwritten -= length;
        self.log.announce_losses(&mut state);
        state.trouble = None;
    }

    /// Waits a moment before the next attempt. True when the log is closed and there is none.
    fn refused(&self, error: &io::Error) -> bool {
        let mut state = self.log.lock();
        let words = match error.kind() {
            io::ErrorKind::StorageFull => "the disk was full".to_owned(),
            _ => format!("the disk refused them ({error})"),
        };
        if state.trouble.as_ref() != Some(&words) {
            tracing::error!(folder = %self.folder.display(), "a log cannot be written: {error}");
        }
        state.trouble = Some(words);
        if !state.is_closed {
            // Lines that come in meanwhile wake this thread; they do not make the pause shorter.
            drop(self.log.work.wait_timeout_while(state, RETRY, |s| !s.is_closed));
            return false;
        }
        let bytes = state.unwritten;
        tracing::error!(folder = %self.folder.display(), "{bytes} bytes of the log are lost: {error}");
        true
    }

    /// Keeps the project within its bound, and says so in the log.
    fn drop_oldest(&self, chunk: &Chunk) {
        let mut state = self.log.lock();
        let mut dropped = false;
        while state.segments.len() > 1
            && state.segments.iter().map(|s| s.length).sum::<u64>() > self.log.bounds.project
        {
            let oldest = state.segments[0].path.clone();
            if let Err(error) = fs::remove_file(&oldest)
                && error.kind() != io::ErrorKind::NotFound
            {
                tracing::warn!("{} could not be dropped: {error}", oldest.display());
                break;
            }
            state.segments.remove(0);
            dropped = true;
        }
        if dropped {
            let text = format!(
                "lines before number {} were dropped: a project's log is kept up to {} MB",
                state.segments[0].first,
                self.log.bounds.project >> 20
            );
            let service = record::last(&chunk.bytes).map_or(Service::Backend, |(r, _)| r.service);
            self.log.put(&mut state, service, LogStream::Hub, text);
        }
    }
}
