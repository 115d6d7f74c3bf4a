//! The telemetry of a session, read from a double that serves and fails as the engine does.

mod double;
#[cfg(unix)]
pub(crate) mod engine;

use super::stream::Patience;
use super::*;
use double::*;
use hub_engine::logs::LogStream;
use std::sync::atomic::{AtomicUsize, Ordering};

const SPAN: &str = "00000000000000aa";
const OTHER_SPAN: &str = "00000000000000bb";
const PROCESS: &str = "00000000000000cc";
const LATER_PROCESS: &str = "00000000000000dd";

/// Nothing takes longer here, also on a machine that is busy.
const BOUND: Duration = Duration::from_secs(20);

#[derive(Default)]
pub(crate) struct Log {
    text: Mutex<[String; 2]>,
    notes: Mutex<Vec<String>>,
    ends: AtomicUsize,
    grew: watch::Sender<usize>,
}

impl LogWriter for Log {
    fn write(&self, stream: LogStream, bytes: &[u8]) {
        let index = usize::from(stream == LogStream::Stderr);
        self.text.lock().unwrap()[index].push_str(std::str::from_utf8(bytes).unwrap());
        self.grew.send_modify(|n| *n += bytes.len());
    }

    fn note(&self, text: &str) {
        self.notes.lock().unwrap().push(text.to_owned());
        self.grew.send_modify(|_| ());
    }

    fn end(&self) {
        self.ends.fetch_add(1, Ordering::SeqCst);
    }
}

impl Log {
    fn out(&self) -> String {
        self.text.lock().unwrap()[0].clone()
    }

    fn err(&self) -> String {
        self.text.lock().unwrap()[1].clone()
    }

    /// Waits until so many bytes were written.
    async fn has(&self, bytes: usize) {
        let mut grew = self.grew.subscribe();
        let waited = timeout(BOUND, grew.wait_for(|n| *n >= bytes)).await;
        assert!(waited.is_ok(), "{} of {bytes} bytes arrived", *self.grew.borrow());
    }
}

fn open(double: &Double, patience: Patience) -> Telemetry {
    let address = SessionAddress { port: double.port, token: SecretString::from(TOKEN) };
    Telemetry::open_with(&address, patience).unwrap()
}

async fn double(manners: Manners) -> (Double, Telemetry) {
    let double = Double::new(manners).await;
    let telemetry = open(&double, Patience::default());
    (double, telemetry)
}

fn take_up(telemetry: &Telemetry, service: Service) -> (TraceId, Arc<Log>, Watched) {
    let (trace, log) = (TraceId::random(), Arc::<Log>::default());
    let writer: Arc<dyn LogWriter> = Arc::clone(&log) as _;
    let watched = telemetry.watch(service, trace, writer);
    (trace, log, watched)
}

pub(crate) async fn within<T>(future: impl Future<Output = T>) -> T {
    timeout(BOUND, future).await.expect("it did not come in time")
}

/// Polls a condition that has no event of its own.
async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    let mut ticks = tokio::time::interval(Duration::from_millis(5));
    while !holds() {
        assert!(began.elapsed() < BOUND, "{what}");
        ticks.tick().await;
    }
}

#[tokio::test]
async fn the_output_of_services_and_the_words_of_the_engine_are_told_apart() {
    let (double, telemetry) = double(Manners::default()).await;
    let (redis, redis_log, watched) = take_up(&telemetry, Service::Redis);
    let (postgres, postgres_log, _) = take_up(&telemetry, Service::Postgres);
    let stranger = TraceId::random();
    double.log([
        output(&redis.hex(), SPAN, 1, "Ready to acc"),
        output(&postgres.hex(), OTHER_SPAN, 2, "LOG:  starting\n"),
        chatter(&redis.hex(), "\u{1b}[32mport is up\u{1b}[0m\n"),
        output(&stranger.hex(), SPAN, 1, "not ours\n"),
        output(&redis.hex(), SPAN, 1, "ept 接続\n"),
        output(&redis.hex(), SPAN, 2, "a warning"),
    ]);
    let expected = "Ready to accept 接続\n";
    redis_log.has(expected.len() + "a warning".len()).await;
    postgres_log.has(1).await;
    assert_eq!((redis_log.out(), redis_log.err()), (expected.into(), "a warning".into()));
    assert_eq!(postgres_log.out(), "");
    assert_eq!(postgres_log.err(), "LOG:  starting\n");
    assert_eq!(telemetry.diagnostics(), ["port is up", "not ours"]);
    assert_eq!(watched.last_lines(), ["Ready to accept 接続", "a warning"]);
    assert_eq!(telemetry.losses(), Losses::default());
}

/// Lines that tell their number, in pieces as a process may write them.
fn numbered(trace: TraceId, lines: std::ops::Range<usize>) -> (String, Vec<serde_json::Value>) {
    let text: String = lines.map(|i| format!("{i} žluťoučký kůň 🐎\n")).collect();
    let letters: Vec<char> = text.chars().collect();
    let pieces = letters.chunks(17).map(|c| c.iter().collect::<String>());
    let rows = pieces.map(|piece| output(&trace.hex(), SPAN, 1, &piece)).collect();
    (text, rows)
}

#[tokio::test]
async fn nothing_is_lost_or_doubled_when_every_connection_breaks_within_an_event() {
    for breaks_after in [900, 1777, 4000] {
        let manners =
            Manners { batch: 2, breaks_after: Some(breaks_after), piece: 7, ..Manners::default() };
        let (double, telemetry) = double(manners).await;
        let (trace, log, _) = take_up(&telemetry, Service::Backend);
        let (text, rows) = numbered(trace, 0..60);
        double.log(rows);
        log.has(text.len()).await;
        assert_eq!(log.out(), text);
        let opened = double.opened("/v1/logs");
        assert!(opened.len() > 2, "it broke: {opened:?}");
        assert!(opened.iter().skip(1).any(Option::is_some), "it went on: {opened:?}");
    }
}

#[tokio::test]
async fn a_session_that_starts_over_on_each_connection_brings_nothing_twice() {
    // The batches of two connections differ, so some events are old in part.
    let manners = Manners { batch: 7, forgets: true, ..Manners::default() };
    let (double, telemetry) = double(manners).await;
    let (trace, log, _) = take_up(&telemetry, Service::Backend);
    let (first, rows) = numbered(trace, 0..20);
    double.log(rows);
    log.has(first.len()).await;
    double.behave(|m| (m.batch, m.breaks_after) = (10, Some(20_000)));
    let patience = Patience { silence: Duration::from_millis(100), ..Patience::default() };
    drop(telemetry);
    let telemetry = open(&double, patience);
    let log = Arc::<Log>::default();
    telemetry.watch(Service::Backend, trace, Arc::clone(&log) as _);
    let (second, rows) = numbered(trace, 20..40);
    log.has(first.len()).await;
    until("it was opened again after a silence", || double.opened("/v1/logs").len() > 3).await;
    double.behave(|m| (m.batch, m.breaks_after) = (9, None));
    double.log(rows);
    log.has(first.len() + second.len()).await;
    assert_eq!(log.out(), first + &second);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_a_hundred_thousand_lines_arrives_whole() {
    let (double, telemetry) = double(Manners::default()).await;
    let (trace, log, _) = take_up(&telemetry, Service::Frontend);
    let lines: Vec<String> =
        (0..100_000).map(|i| format!("{i:06} GET /api/items?page={i} 200 in 3 ms\n")).collect();
    // A process that writes fast is read 32 KiB at a time, and a slow one line by line.
    let (slow, fast) = lines.split_at(20_000);
    let pieces = slow.chunks(1).chain(fast.chunks(400)).map(<[String]>::concat);
    double.log(pieces.map(|piece| output(&trace.hex(), SPAN, 1, &piece)));
    let began = Instant::now();
    let text = lines.concat();
    log.has(text.len()).await;
    assert!(log.out() == text, "the lines are whole and in order");
    println!("100,000 lines ({} MB) took {:?}", text.len() >> 20, began.elapsed());
}

#[tokio::test]
async fn the_end_of_a_process_brings_its_exit_code_and_last_lines() {
    for (code, words) in [
        (1, "exited with code 1"),
        (0, "exited with code 0"),
        (137, "was ended by signal 9 (SIGKILL)"),
        (139, "was ended by signal 11 (SIGSEGV)"),
    ] {
        let (double, telemetry) = double(Manners::default()).await;
        let (trace, log, watched) = take_up(&telemetry, Service::Redis);
        let trace = trace.hex();
        let running = process(&trace, PROCESS, SPAN, 500);
        double.span(running.clone());
        within(watched.started()).await;
        let lines: Vec<String> = (0..30).map(|i| format!("line {i}")).collect();
        double.log([output(&trace, SPAN, 1, &(lines.join("\n") + "\nno break"))]);
        double.log([eof(&trace, SPAN, 1, 800), eof(&trace, SPAN, 2, 800)]);
        double.span(exited(running, code, "exit code: 1 [traceparent:a-b]"));
        let ended = within(watched.ended()).await;
        assert_eq!(ended.code, Some(code));
        assert_eq!(ended.how(), words);
        assert_eq!(ended.words.as_deref(), Some("exit code: 1"));
        let mut last = lines[11..].to_vec();
        last.push("no break".into());
        assert_eq!(ended.last_lines, last);
        assert_eq!(log.ends.load(Ordering::SeqCst), 1, "open lines were completed, once");
        assert_eq!(within(watched.ended()).await, ended, "asked again, it says the same");
    }
}

#[tokio::test]
async fn the_exit_code_is_found_wherever_an_engine_puts_it() {
    let (double, telemetry) = double(Manners::default()).await;
    for below in [Some(9), None] {
        let (trace, _, watched) = take_up(&telemetry, Service::Redis);
        let trace = trace.hex();
        let running =
            process(&trace, if below.is_some() { PROCESS } else { LATER_PROCESS }, SPAN, 500);
        double.span(running.clone());
        if let Some(code) = below {
            // A step of a build ends under the same trace; it has another parent.
            let mut other = step_below(&running, 77);
            other["parentSpanId"] = serde_json::json!(base64(OTHER_SPAN));
            double.span(step_below(&running, code));
            double.span(other);
        }
        double.log([eof(&trace, SPAN, 1, 800), eof(&trace, SPAN, 2, 800)]);
        double.span(ended(running, "exit code: 9"));
        assert_eq!(within(watched.ended()).await.code, Some(9));
    }
}

#[tokio::test]
async fn output_that_comes_after_the_end_is_waited_for_but_not_for_ever() {
    let (double, telemetry) = double(Manners::default()).await;
    let (trace, log, watched) = take_up(&telemetry, Service::Redis);
    let trace = trace.hex();
    double.span(exited(process(&trace, PROCESS, SPAN, 500), 3, ""));
    within(watched.started()).await;
    double.log([output(&trace, SPAN, 2, "the reason\n")]);
    double.log([eof(&trace, SPAN, 2, 800), eof(&trace, SPAN, 1, 800)]);
    assert_eq!(within(watched.ended()).await.last_lines, ["the reason"]);

    // The streams never close: half a second is all.
    let began = Instant::now();
    let (trace, late, watched) = take_up(&telemetry, Service::Backend);
    let trace = trace.hex();
    double.span(exited(process(&trace, LATER_PROCESS, OTHER_SPAN, 500), 3, ""));
    let ended = within(watched.ended()).await;
    assert_eq!((ended.code, ended.cause), (Some(3), Cause::Exited));
    assert!(began.elapsed() >= Duration::from_millis(490), "it was waited for");
    double.log([output(&trace, OTHER_SPAN, 1, "too late for the report")]);
    late.has(1).await;
    assert_eq!(late.out(), "too late for the report");
    until("the late line was completed", || late.ends.load(Ordering::SeqCst) == 2).await;
    assert_eq!(log.err(), "the reason\n");
}

#[tokio::test]
async fn closed_streams_are_an_end_when_the_engine_says_no_more() {
    let (double, telemetry) = double(Manners::default()).await;
    let (trace, _, watched) = take_up(&telemetry, Service::Redis);
    let trace = trace.hex();
    double.span(process(&trace, PROCESS, SPAN, 500));
    within(watched.started()).await;
    let began = Instant::now();
    double.log([eof(&trace, SPAN, 1, 800), eof(&trace, SPAN, 2, 800)]);
    let ended = within(watched.ended()).await;
    assert!(began.elapsed() >= Duration::from_millis(1_990), "it was waited for");
    assert_eq!((ended.code, ended.cause.clone()), (None, Cause::StreamsClosed));
    assert_eq!(ended.how(), "ended; the engine does not say how");
}

#[tokio::test]
async fn steps_of_a_build_and_the_run_before_are_no_end() {
    let (double, telemetry) = double(Manners::default()).await;
    let (trace, _, earlier) = take_up(&telemetry, Service::Redis);
    let hex = trace.hex();
    // A step of the build writes and ends under the same trace, and one stream of the service too.
    double.log([
        output(&hex, OTHER_SPAN, 1, "installing\n"),
        eof(&hex, OTHER_SPAN, 1, 100),
        eof(&hex, OTHER_SPAN, 2, 100),
    ]);
    let first = process(&hex, PROCESS, SPAN, 500);
    double.span(first.clone());
    within(earlier.started()).await;
    double.log([eof(&hex, SPAN, 1, 600)]);
    assert!(timeout(Duration::from_millis(2_500), earlier.ended()).await.is_err(), "it runs");
    double.span(exited(first.clone(), 1, ""));
    double.log([eof(&hex, SPAN, 2, 600)]);
    within(earlier.ended()).await;

    // The next run has the same trace, and its output the same span; the end of the first is repeated.
    let log = Arc::<Log>::default();
    let watched = telemetry.watch(Service::Redis, trace, Arc::clone(&log) as _);
    double.span(exited(first, 1, ""));
    let second = process(&hex, LATER_PROCESS, SPAN, 1_000);
    double.span(second.clone());
    within(watched.started()).await;
    double.log([eof(&hex, SPAN, 1, 601), eof(&hex, SPAN, 2, 601)]);
    assert!(timeout(Duration::from_millis(2_500), watched.ended()).await.is_err(), "it runs");
    double.log([
        output(&hex, SPAN, 1, "second\n"),
        eof(&hex, SPAN, 1, 2_000),
        eof(&hex, SPAN, 2, 2_000),
    ]);
    double.span(exited(second, 7, ""));
    let ended = within(watched.ended()).await;
    assert_eq!((ended.code, ended.last_lines), (Some(7), vec!["second".to_owned()]));
}

#[tokio::test]
async fn a_second_process_of_the_same_run_takes_the_place_of_the_first() {
    let (double, telemetry) = double(Manners::default()).await;
    let (trace, _, watched) = take_up(&telemetry, Service::Redis);
    let hex = trace.hex();
    // The first has ended, and one of its streams is still open, when the second begins.
    double.log([eof(&hex, SPAN, 1, 600)]);
    let first = process(&hex, PROCESS, SPAN, 500);
    double.span(exited(first, 1, ""));
    within(watched.started()).await;
    let second = process(&hex, LATER_PROCESS, SPAN, 1_000);
    double.span(second.clone());
    let quiet = timeout(Duration::from_millis(2_500), watched.ended()).await;
    assert!(quiet.is_err(), "the second runs: {quiet:?}");
    double.log([eof(&hex, SPAN, 1, 2_000), eof(&hex, SPAN, 2, 2_000)]);
    double.span(exited(second, 5, ""));
    assert_eq!(within(watched.ended()).await.code, Some(5));
}

#[tokio::test]
async fn a_later_run_is_followed_under_a_new_trace_and_under_the_first() {
    let (double, telemetry) = double(Manners::default()).await;
    let (first, old, _) = take_up(&telemetry, Service::Redis);
    let (second, new, watched) = take_up(&telemetry, Service::Redis);
    // The process is started by the second request, its output still belongs to the first.
    double.span(process(&second.hex(), PROCESS, SPAN, 500));
    double.log([output(&first.hex(), SPAN, 1, "hello\n")]);
    new.has(6).await;
    within(watched.started()).await;
    assert_eq!((old.out().as_str(), new.out().as_str()), ("", "hello\n"));
}

#[tokio::test]
async fn a_frozen_session_is_noticed_and_taken_up_again_without_loss() {
    let double = Double::new(Manners::default()).await;
    let patience =
        Patience { silence: Duration::from_millis(200), answer: Duration::from_millis(300) };
    let telemetry = open(&double, patience);
    assert!(telemetry.is_live_within(BOUND).await);
    let (trace, log, _) = take_up(&telemetry, Service::Redis);
    double.log([output(&trace.hex(), SPAN, 1, "before\n")]);
    log.has(7).await;
    double.behave(|m| m.is_frozen = true);
    let because = within(telemetry.broken_for(Duration::from_millis(100))).await;
    assert_eq!(because, "the session does not answer within 0.3 s");
    assert!(matches!(telemetry.link(), Link::Broken { .. }));
    double.log([output(&trace.hex(), SPAN, 1, "while it was frozen\n")]);
    double.behave(|m| m.is_frozen = false);
    log.has(27).await;
    assert_eq!(log.out(), "before\nwhile it was frozen\n");
    until("it is live again", || telemetry.link() == Link::Live).await;
}

#[tokio::test]
async fn a_lost_session_ends_every_run_and_so_does_closing() {
    let (_double, telemetry) = double(Manners::default()).await;
    let (_, log, watched) = take_up(&telemetry, Service::Redis);
    telemetry.lose("the program dagger was killed");
    let ended = within(watched.ended()).await;
    assert_eq!(ended.how(), "was lost with its session (the program dagger was killed)");
    assert_eq!(ended.clone().into_exit().how, ended.how());
    assert_eq!(log.ends.load(Ordering::SeqCst), 1);
    let (_, _, watched) = take_up(&telemetry, Service::Backend);
    drop(telemetry);
    assert_eq!(within(watched.ended()).await.cause, Cause::SessionLost("it was closed".into()));
}

#[tokio::test]
async fn a_refused_token_and_a_closed_port_are_told() {
    let double = Double::new(Manners::default()).await;
    let address = SessionAddress { port: double.port, token: SecretString::from("wrong") };
    let telemetry = Telemetry::open(&address).unwrap();
    let because = within(telemetry.broken_for(Duration::ZERO)).await;
    assert_eq!(because, "the session answered 401 Unauthorized");
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let telemetry = Telemetry::open(&SessionAddress { port, ..address }).unwrap();
    let because = within(telemetry.broken_for(Duration::from_millis(50))).await;
    assert!(because.contains("refused"), "{because}");
    assert!(!because.contains("wrong"), "the token is in no word: {because}");
}

#[tokio::test]
async fn an_event_that_cannot_be_read_is_told_in_the_logs_and_the_next_ones_are_read() {
    let preface = "id: 3\nevent: logs\ndata: {\"resourceLogs\": [{\"scopeLogs\": 7}]}\n\n";
    let double = Double::new(Manners { is_frozen: true, ..Manners::default() }).await;
    let telemetry = open(&double, Patience::default());
    let (trace, log, _) = take_up(&telemetry, Service::Redis);
    double.log((0..4).map(|i| output(&trace.hex(), SPAN, 1, &format!("line {i}\n"))));
    double.behave(|m| {
        m.preface = preface.to_owned();
        m.is_frozen = false;
    });
    log.has(7).await;
    // Numbers 1 to 3 were in the event that could not be read; the double repeats them.
    assert_eq!(log.out(), "line 3\n");
    let notes = log.notes.lock().unwrap().clone();
    assert_eq!(notes.len(), 1);
    assert!(notes[0].starts_with("some output is missing here"), "{notes:?}");
    // The same text came on the stream of the spans, where it says nothing.
    assert_eq!(telemetry.losses().unreadable, 1);
}

#[test]
fn an_event_that_is_too_large_is_told_in_the_logs_and_the_next_one_is_read_once() {
    use super::cursor::Cursor;
    use super::routing::take_event;
    use super::sse::Event;
    let (routing, log, trace) =
        (Mutex::<Routing>::default(), Arc::<Log>::default(), TraceId::random());
    let run = Arc::new(Run::new(Arc::clone(&log) as _));
    routing.lock().unwrap().add(Service::Redis, trace, run);
    let mut cursor = Cursor::default();
    let event =
        |id: &str, data: String, oversized| Event { id: id.into(), data: data.into(), oversized };
    let rows = [output(&trace.hex(), SPAN, 1, "next\n")];
    let next = serde_json::json!({"resourceLogs": [{"scopeLogs": [{"logRecords": rows}]}]});
    for event in [
        event("1000", String::new(), true),
        event("1000", String::new(), true),
        event("1001", next.to_string(), false),
        event("1001", next.to_string(), false),
    ] {
        take_event(&routing, Kind::Logs, &event, &mut cursor);
    }
    assert_eq!(log.out(), "next\n");
    assert_eq!(log.notes.lock().unwrap().len(), 1);
    let losses = routing.lock().unwrap().losses();
    assert_eq!((losses.oversized, losses.unreadable), (1, 0));
}
