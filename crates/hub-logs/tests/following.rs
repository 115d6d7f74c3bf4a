//! Following a log: what was there and what comes, each line once; and a disk that is full.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that panics has failed")]

mod store;

use futures::stream::{BoxStream, StreamExt};
use hub_domain::Service;
use hub_engine::logs::{Followed, LogLine, LogQuery, LogStream, Logs};
use std::time::Duration;
use store::{all, assert_gapless, open, project, texts, write_lines};

/// The next thing a follower hears; a test that waits longer has failed.
async fn next(stream: &mut BoxStream<'static, Followed>) -> Option<Followed> {
    tokio::time::timeout(Duration::from_secs(30), stream.next()).await.expect("nothing came")
}

fn everything() -> LogQuery {
    LogQuery { tail: usize::MAX, ..LogQuery::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_follower_gets_each_line_once_while_lines_are_written() {
    let folder = tempfile::tempdir().unwrap();
    let logs = open(folder.path());
    write_lines(&logs, 0..5000);
    let mut lines: Vec<LogLine> = Vec::new();
    std::thread::scope(|scope| {
        scope.spawn(|| write_lines(&logs, 5000..20_000));
        let mut stream = logs.follow(&project(), &everything()).unwrap();
        futures::executor::block_on(async {
            while lines.len() < 20_000 {
                match next(&mut stream).await.unwrap() {
                    Followed::Lines(more) => lines.extend(more),
                    Followed::Missed(count) => panic!("{count} lines missed"),
                }
            }
        });
    });
    assert_gapless(&lines);
    assert_eq!(texts(&lines), (0..20_000).map(|n| format!("line {n}")).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_slow_follower_learns_how_many_lines_it_missed_and_reads_them_again() {
    let folder = tempfile::tempdir().unwrap();
    let logs = open(folder.path());
    let mut stream = logs.follow(&project(), &LogQuery::default()).unwrap();
    write_lines(&logs, 0..70_000);
    let mut last = 0;
    let missed = loop {
        match next(&mut stream).await.unwrap() {
            Followed::Lines(lines) => {
                assert_eq!(lines[0].seq, last + 1);
                assert_gapless(&lines);
                last = lines.last().unwrap().seq;
            }
            Followed::Missed(count) => break count,
        }
    };
    assert_eq!(last + missed, 70_000);
    let query = LogQuery { after: Some(last), ..everything() };
    let again = logs.read(&project(), &query).unwrap();
    assert_eq!(again.len() as u64, missed);
    write_lines(&logs, 70_000..70_001);
    let Some(Followed::Lines(lines)) = next(&mut stream).await else { panic!("no line") };
    assert_eq!(texts(&lines), ["line 70000"]);
}

#[tokio::test]
async fn a_follower_ends_with_the_log_and_hears_only_what_it_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let logs = open(folder.path());
    let query = LogQuery { grep: Some("7$".to_owned()), ..everything() };
    let mut stream = logs.follow(&project(), &query).unwrap();
    write_lines(&logs, 0..20);
    logs.remove(&project()).unwrap();
    let Some(Followed::Lines(lines)) = next(&mut stream).await else { panic!("no lines") };
    assert_eq!(texts(&lines), ["line 7", "line 17"]);
    assert_eq!(next(&mut stream).await, None);
}

/// The system's own full device stands in for the segment until there is room again.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_full_disk_stops_nobody_and_the_log_says_what_is_missing() {
    use hub_engine::clock::SystemClock;
    use hub_logs::{Bounds, LogDirectory};
    let folder = tempfile::tempdir().unwrap();
    let own = folder.path().join(project().as_str());
    std::fs::create_dir(&own).unwrap();
    let segment = own.join(format!("{:020}.log", 1));
    std::os::unix::fs::symlink("/dev/full", &segment).unwrap();
    let bounds = Bounds { unwritten: 4000, ..Bounds::default() };
    let logs =
        LogDirectory::bounded(folder.path(), std::sync::Arc::new(SystemClock), bounds).unwrap();
    let mut stream = logs.follow(&project(), &LogQuery::default()).unwrap();
    write_lines(&logs, 0..1000);
    let kept = all(&logs);
    assert!(!kept.is_empty() && kept.len() < 1000);

    std::fs::remove_file(&segment).unwrap();
    let mut heard: Vec<LogLine> = Vec::new();
    while !heard.iter().any(|line| line.stream == LogStream::Hub) {
        let Some(Followed::Lines(lines)) = next(&mut stream).await else { panic!("no lines") };
        heard.extend(lines);
    }
    let lost = 1000 - kept.len();
    let announced = heard.iter().find(|line| line.stream == LogStream::Hub).unwrap();
    assert_eq!(announced.service, Service::Backend);
    assert!(announced.text.starts_with(&format!("{lost} lines of backend were lost")));
    drop(logs);
    let lines = all(&open(folder.path()));
    assert_gapless(&lines);
    assert_eq!(lines.len(), kept.len() + 1);
}
