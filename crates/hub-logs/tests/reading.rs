//! What can be read out of the log store: lines as they were written, tails, filters, after restarts
//! and after damage.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that panics has failed")]

mod store;

use hub_domain::{Code, Service, Timestamp};
use hub_engine::clock::Clock;
use hub_engine::logs::{LogQuery, LogStream, Logs};
use hub_logs::{Bounds, LogDirectory};
use proptest::prelude::*;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use store::{all, assert_gapless, open, project, tail, texts, write_lines};

/// A store whose segments are small, so that few lines fill several.
fn open_small(root: &Path) -> LogDirectory {
    let bounds = Bounds { segment: 2048, project: 1 << 30, unwritten: 1 << 20 };
    LogDirectory::bounded(root, Arc::new(hub_engine::clock::SystemClock), bounds).unwrap()
}

/// What one stream wrote, cut the plain way.
fn lines_of(bytes: &[u8]) -> Vec<String> {
    let mut parts: Vec<&[u8]> = bytes.split(|b| *b == b'\n').collect();
    if parts.last().is_some_and(|last| last.is_empty()) {
        parts.pop();
    }
    let text = |p: &[u8]| String::from_utf8_lossy(p.strip_suffix(b"\r").unwrap_or(p)).into_owned();
    parts.into_iter().map(text).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_chopping_of_any_bytes_gives_the_same_lines(
        bytes in prop::collection::vec(prop_oneof![
            3 => any::<u8>(), 1 => Just(b'\n'), 1 => Just(b'\r'), 1 => Just(0xe2), 1 => Just(0x82)
        ], 0..600),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let logs = open(folder.path());
        let writer = logs.writer(&project(), Service::Redis).unwrap();
        let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        at.extend([0, bytes.len()]);
        at.sort_unstable();
        for pair in at.windows(2) {
            writer.write(LogStream::Stdout, &bytes[pair[0]..pair[1]]);
        }
        writer.end();
        prop_assert_eq!(texts(&all(&logs)), lines_of(&bytes));
    }

    #[test]
    fn long_lines_are_cut_the_same_however_they_arrive(
        length in 65_530_usize..200_000,
        character in prop_oneof![Just("a"), Just("é"), Just("€"), Just("🦀")],
        portion in 1000_usize..150_000,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let logs = open(folder.path());
        let line = character.repeat(length / character.len());
        let whole = format!("{line}\r\nend\n");
        let one = logs.writer(&project(), Service::Redis).unwrap();
        one.write(LogStream::Stdout, whole.as_bytes());
        let other = logs.writer(&project(), Service::Backend).unwrap();
        for part in whole.as_bytes().chunks(portion) {
            other.write(LogStream::Stdout, part);
        }
        let of = |service| {
            let query =
                LogQuery { services: vec![service], tail: usize::MAX, ..LogQuery::default() };
            texts(&logs.read(&project(), &query).unwrap())
        };
        prop_assert_eq!(of(Service::Redis), of(Service::Backend));
        let pieces = of(Service::Redis);
        prop_assert!(pieces.iter().all(|piece| piece.len() <= 65_536));
        prop_assert_eq!(pieces.concat(), format!("{line}end"));
    }

    #[test]
    fn a_log_cut_off_at_any_byte_keeps_all_whole_lines(cut in any::<prop::sample::Index>()) {
        let folder = tempfile::tempdir().unwrap();
        let logs = open_small(folder.path());
        write_lines(&logs, 1..150);
        drop(logs);
        let mut files: Vec<_> = fs::read_dir(folder.path().join(project().as_str())).unwrap()
            .map(|entry| entry.unwrap().path()).collect();
        files.sort();
        let last = files.last().unwrap();
        let bytes = fs::read(last).unwrap();
        let first: u64 = last.file_stem().unwrap().to_str().unwrap().parse().unwrap();
        // The format says where records end: 8 bytes before a file's first, 29 around each text.
        let kept = cut.index(bytes.len());
        let ends = (first..150).scan(8, |end, n| {
            *end += 29 + format!("line {n}").len();
            Some(*end)
        });
        let whole = ends.filter(|end| *end <= kept).count() as u64;
        fs::write(last, &bytes[..kept]).unwrap();

        let logs = open_small(folder.path());
        write_lines(&logs, 1000..1001);
        let lines = all(&logs);
        assert_gapless(&lines);
        let mut expected: Vec<String> = (1..first + whole).map(|n| format!("line {n}")).collect();
        expected.push("line 1000".to_owned());
        prop_assert_eq!(texts(&lines), expected);
    }
}

#[test]
fn bytes_that_are_no_text_become_replacement_characters() {
    let folder = tempfile::tempdir().unwrap();
    let logs = open(folder.path());
    let writer = logs.writer(&project(), Service::Backend).unwrap();
    writer.write(LogStream::Stdout, b"a\xffb\n\xe2\x82");
    writer.write(LogStream::Stderr, b"other stream\n");
    writer.write(LogStream::Stdout, b"\xac\r\n");
    let lines = all(&logs);
    assert_eq!(texts(&lines), ["a\u{fffd}b", "other stream", "€"]);
    assert_eq!(lines[1].stream, LogStream::Stderr);
}

#[test]
fn writers_at_the_same_time_get_numbers_without_gaps() {
    let folder = tempfile::tempdir().unwrap();
    let logs = open_small(folder.path());
    std::thread::scope(|scope| {
        for service in Service::ALL {
            let writer = logs.writer(&project(), service).unwrap();
            scope.spawn(move || {
                for n in 0..500 {
                    writer.write(LogStream::Stdout, format!("{n}\n").as_bytes());
                }
            });
        }
    });
    let lines = all(&logs);
    assert_eq!(lines.len(), 2000);
    assert_eq!(lines[0].seq, 1);
    assert_gapless(&lines);
    for service in Service::ALL {
        let own: Vec<_> = lines.iter().filter(|l| l.service == service).cloned().collect();
        let expected: Vec<String> = (0..500).map(|n| n.to_string()).collect();
        assert_eq!(texts(&own), expected);
    }
}

#[test]
fn numbers_and_lines_go_on_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    for round in 0..3 {
        let logs = open_small(folder.path());
        write_lines(&logs, round * 100..(round + 1) * 100);
    }
    let logs = open_small(folder.path());
    let lines = all(&logs);
    assert_eq!(texts(&lines), (0..300).map(|n| format!("line {n}")).collect::<Vec<_>>());
    assert_eq!((lines[0].seq, lines[299].seq), (1, 300));
    assert_eq!(texts(&tail(&logs, 2)), ["line 298", "line 299"]);
    assert!(tail(&logs, 0).is_empty());
    let search = |words: &str, after| {
        let query =
            LogQuery { grep: Some(words.to_owned()), after, tail: 10, ..LogQuery::default() };
        texts(&logs.read(&project(), &query).unwrap())
    };
    assert_eq!(
        search("line 15", Some(100)),
        (150..160).map(|n| format!("line {n}")).collect::<Vec<_>>()
    );
    assert_eq!(search("line 299", None), ["line 299"]);
    assert_eq!(search("ine 42", None), ["line 42"]);
    assert!(search("line 42", Some(200)).is_empty());
    assert!(search("nowhere", None).is_empty());
}

struct Steps(AtomicU64);

impl Clock for Steps {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.fetch_add(1, Ordering::SeqCst))
    }
}

#[test]
fn a_query_names_services_numbers_times_and_words() {
    let folder = tempfile::tempdir().unwrap();
    let logs = LogDirectory::open(folder.path(), Arc::new(Steps(AtomicU64::new(1000)))).unwrap();
    for n in 0..10 {
        let service = if n % 2 == 0 { Service::Redis } else { Service::Backend };
        logs.writer(&project(), service).unwrap().note(&format!("note {n}"));
    }
    let ask = |query: LogQuery| texts(&logs.read(&project(), &query).unwrap());
    let base = LogQuery { tail: 100, ..LogQuery::default() };
    let services = vec![Service::Redis];
    assert_eq!(ask(LogQuery { services, tail: 2, ..base.clone() }), ["note 6", "note 8"]);
    assert_eq!(ask(LogQuery { after: Some(8), ..base.clone() }), ["note 8", "note 9"]);
    let since = Some(Timestamp::from_millis(1007));
    assert_eq!(ask(LogQuery { since, ..base.clone() }), ["note 7", "note 8", "note 9"]);
    let grep = Some("[35]$".to_owned());
    assert_eq!(ask(LogQuery { grep, ..base.clone() }), ["note 3", "note 5"]);
    let malformed = LogQuery { grep: Some("(".to_owned()), ..base };
    let problem = logs.read(&project(), &malformed).unwrap_err();
    assert_eq!(problem.code, Code::RequestInvalid);
}

#[test]
fn the_oldest_lines_go_when_a_project_has_too_many_and_the_log_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let bounds = Bounds { segment: 2048, project: 8192, unwritten: 1 << 20 };
    let logs = LogDirectory::bounded(folder.path(), Arc::new(Steps(AtomicU64::new(0))), bounds);
    let logs = logs.unwrap();
    write_lines(&logs, 0..1000);
    drop(logs);
    let logs = open(folder.path());
    let lines = all(&logs);
    assert_gapless(&lines);
    assert!(lines[0].seq > 1);
    assert!(lines.iter().any(|l| l.stream == LogStream::Hub && l.text.contains("were dropped")));
    assert!(lines.iter().any(|l| l.text == "line 999"));
}

#[test]
fn a_removed_log_is_gone_and_an_unknown_one_is_empty() {
    let folder = tempfile::tempdir().unwrap();
    let logs = open(folder.path());
    assert!(all(&logs).is_empty());
    write_lines(&logs, 0..10);
    logs.remove(&project()).unwrap();
    logs.remove(&project()).unwrap();
    assert!(all(&logs).is_empty());
    assert!(!folder.path().join(project().as_str()).exists());
}

#[cfg(unix)]
#[test]
fn only_the_owner_can_read_the_files() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let logs = open(folder.path());
    write_lines(&logs, 0..10);
    drop(logs);
    let files: Vec<_> = fs::read_dir(folder.path().join(project().as_str())).unwrap().collect();
    assert!(!files.is_empty());
    for file in files {
        let mode = file.unwrap().metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
