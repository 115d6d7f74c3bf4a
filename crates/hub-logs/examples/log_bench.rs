//! Measures the log store and prints the figures: one million lines written, tail, search, follow.
//! It judges nothing; the numbers depend on the machine and on how the program was built.

use futures::executor::block_on;
use futures::stream::StreamExt;
use hub_domain::{ProjectId, Service};
use hub_engine::clock::SystemClock;
use hub_engine::logs::{Followed, LogQuery, LogStream, Logs};
use hub_logs::LogDirectory;
use std::error::Error;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

const LINES: u64 = 1_000_000;
const FOLLOWED: u64 = 200_000;
const PER_SECOND: u64 = 20_000;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let project = ProjectId::parse("benchmark0")?;
    let logs = LogDirectory::open(folder.path(), Arc::new(SystemClock))?;
    let writer = logs.writer(&project, Service::Backend)?;

    let began = Instant::now();
    for n in 0..LINES {
        let level = if n == LINES / 10 { "NEEDLE" } else { "INFO" };
        let line =
            format!("2026-01-01 12:00:00 {level} request {n} GET /api/v1/items 200 in 12 ms\n");
        writer.write(LogStream::Stdout, line.as_bytes());
        // The rate of a loud service, not of a loop: the disk keeps up.
        if n % 50_000 == 0 {
            logs.read(&project, &LogQuery { tail: 1, ..LogQuery::default() })?;
        }
    }
    let took = began.elapsed();
    println!(
        "write {LINES} lines: {:.2} s, {:.0} lines/s",
        took.as_secs_f64(),
        LINES as f64 / took.as_secs_f64()
    );
    drop(writer);
    drop(logs);

    let began = Instant::now();
    let logs = LogDirectory::open(folder.path(), Arc::new(SystemClock))?;
    let last = logs.read(&project, &LogQuery { tail: 1, ..LogQuery::default() })?;
    println!("open again: {:.1} ms, last number {:?}", ms(began), last.first().map(|l| l.seq));
    for tail in [100, 10_000] {
        let began = Instant::now();
        let found = logs.read(&project, &LogQuery { tail, ..LogQuery::default() })?.len();
        println!("tail {tail}: {:.1} ms, {found} lines", ms(began));
    }
    let query = LogQuery { grep: Some("NEEDLE".into()), tail: 100, ..LogQuery::default() };
    let began = Instant::now();
    let found = logs.read(&project, &query)?.len();
    println!("literal search: {:.1} ms, {found} lines", ms(began));
    follow(&logs, &project)
}

/// Writes at a steady rate while one follower counts.
fn follow(logs: &LogDirectory, project: &ProjectId) -> Result<(), Box<dyn Error>> {
    let mut stream = logs.follow(project, &LogQuery::default())?;
    let writer = logs.writer(project, Service::Redis)?;
    let began = Instant::now();
    let (mut got, mut missed) = (0, 0);
    thread::scope(|scope| {
        scope.spawn(move || {
            for n in 0..FOLLOWED {
                if n % 200 == 0 {
                    let due = Duration::from_millis(n * 1000 / PER_SECOND);
                    thread::park_timeout(due.saturating_sub(began.elapsed()));
                }
                writer.write(LogStream::Stdout, format!("line {n}\n").as_bytes());
            }
        });
        block_on(async {
            while got + missed < FOLLOWED {
                match stream.next().await {
                    Some(Followed::Lines(lines)) => got += lines.len() as u64,
                    Some(Followed::Missed(count)) => missed += count,
                    None => break,
                }
            }
        });
    });
    let rate = got as f64 / began.elapsed().as_secs_f64();
    println!("follow: {got} lines at {rate:.0} lines/s, {missed} missed");
    Ok(())
}

fn ms(began: Instant) -> f64 {
    began.elapsed().as_secs_f64() * 1000.0
}
