//! A log store in a temporary folder, and what the tests ask of it.

use hub_domain::{ProjectId, Service};
use hub_engine::clock::SystemClock;
use hub_engine::logs::{LogLine, LogQuery, Logs};
use hub_logs::LogDirectory;
use std::path::Path;
use std::sync::Arc;

pub fn project() -> ProjectId {
    ProjectId::parse("abcdefgh01").unwrap()
}

pub fn open(root: &Path) -> LogDirectory {
    LogDirectory::open(root, Arc::new(SystemClock)).unwrap()
}

pub fn all(logs: &LogDirectory) -> Vec<LogLine> {
    tail(logs, usize::MAX)
}

pub fn tail(logs: &LogDirectory, tail: usize) -> Vec<LogLine> {
    logs.read(&project(), &LogQuery { tail, ..LogQuery::default() }).unwrap()
}

pub fn texts(lines: &[LogLine]) -> Vec<String> {
    lines.iter().map(|line| line.text.clone()).collect()
}

/// Writes the lines `<from>..<to>` as texts `line <n>`.
pub fn write_lines(logs: &LogDirectory, numbers: std::ops::Range<u64>) {
    let writer = logs.writer(&project(), Service::Backend).unwrap();
    for n in numbers {
        writer.write(hub_engine::logs::LogStream::Stdout, format!("line {n}\n").as_bytes());
    }
}

pub fn assert_gapless(lines: &[LogLine]) {
    for (line, expected) in lines.iter().zip(lines.first().map_or(1, |l| l.seq)..) {
        assert_eq!(line.seq, expected);
    }
}
