//! Logs of the services: written by runtimes, read by users.

use futures::stream::BoxStream;
use hub_domain::{Problem, ProjectId, Service, Timestamp};
use std::sync::Arc;

/// Where a line came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LogStream {
    /// Standard output of the service.
    Stdout,
    /// Standard error of the service.
    Stderr,
    /// The Hub itself, about the service: started, ended, restarted.
    Hub,
}

/// One line of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// Number of the line within its project, from 1, without gaps, growing across restarts of the Hub.
    pub seq: u64,
    /// When it arrived.
    pub at: Timestamp,
    /// Which service wrote it.
    pub service: Service,
    /// By which way.
    pub stream: LogStream,
    /// The text without its line break; invalid UTF-8 replaced; at most 64 KiB (longer ones are cut
    /// into several lines, none is lost).
    pub text: String,
}

/// Takes what one service writes. Cheap to call; never blocks on a disk.
pub trait LogWriter: Send + Sync {
    /// Takes bytes as they come, not necessarily whole lines. A line counts when its break arrives or
    /// when [`LogWriter::end`] is called.
    fn write(&self, stream: LogStream, bytes: &[u8]);

    /// Takes one whole line of the Hub's own.
    fn note(&self, text: &str);

    /// Completes unfinished lines: the service has ended.
    fn end(&self);
}

/// Which lines are wanted.
#[derive(Clone, Debug, Default)]
pub struct LogQuery {
    /// Only these services; empty means all.
    pub services: Vec<Service>,
    /// Only lines after this number.
    pub after: Option<u64>,
    /// Only lines at or after this time.
    pub since: Option<Timestamp>,
    /// Only lines that match this regular expression.
    pub grep: Option<String>,
    /// The last so many of them.
    pub tail: usize,
}

/// What a follower receives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Followed {
    /// Lines in order.
    Lines(Vec<LogLine>),
    /// The follower was too slow and so many lines were passed over; they are still in the store.
    Missed(u64),
}

/// The log store.
pub trait Logs: Send + Sync + 'static {
    /// The writer of one service of a project; the same log continues across runs.
    ///
    /// # Errors
    /// `LOG_FAILED`, `DISK_FULL`.
    fn writer(&self, project: &ProjectId, service: Service) -> Result<Arc<dyn LogWriter>, Problem>;

    /// The lines a query asks for, oldest first. May block on the disk for some milliseconds.
    ///
    /// # Errors
    /// `LOG_FAILED`, `REQUEST_INVALID` for a malformed regular expression.
    fn read(&self, project: &ProjectId, query: &LogQuery) -> Result<Vec<LogLine>, Problem>;

    /// The lines a query asks for and then all that come, without a gap or a double in between.
    ///
    /// # Errors
    /// As [`Logs::read`].
    fn follow(
        &self,
        project: &ProjectId,
        query: &LogQuery,
    ) -> Result<BoxStream<'static, Followed>, Problem>;

    /// Forgets a project's logs.
    ///
    /// # Errors
    /// `LOG_FAILED`.
    fn remove(&self, project: &ProjectId) -> Result<(), Problem>;
}
