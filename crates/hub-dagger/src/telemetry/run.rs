//! One run of one service as the telemetry shows it: its output, and the signs of its end.

use super::otlp::{LogRecord, Span, SpanId};
use hub_engine::logs::{LogStream, LogWriter};
use hub_engine::runtime::Exit;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

/// How long the rest of a service's output is waited for after its process has ended. The engine sends
/// output and spans on two streams, each up to 200 ms behind.
const DRAIN: Duration = Duration::from_millis(500);

/// How long the end of a process is waited for after its streams have closed. The engine clears the
/// container away in between, normally within 200 ms; until then a start would find the old run.
const BURIAL: Duration = Duration::from_secs(2);

/// Lines a report of an end carries.
const LAST_LINES: usize = 20;
/// Bytes of one such line; what is longer is in the log.
const LAST_LINE: usize = 2000;

/// Ends of streams that are remembered while the service's process is not known yet.
const EOFS: usize = 32;

/// How a service's run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ended {
    /// The exit code; above 128 it stands for a signal.
    pub(crate) code: Option<u32>,
    /// What the engine said about it, if anything.
    pub(crate) words: Option<String>,
    /// How the end is known.
    pub(crate) cause: Cause,
    /// The last lines the service wrote, at most 20, oldest first.
    pub(crate) last_lines: Vec<String>,
}

/// How the end of a run is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// The engine reported the end of its process.
    Exited,
    /// Both its streams came to their end; the engine did not say more in time.
    StreamsClosed,
    /// The session is gone, and the service with it.
    SessionLost(String),
}

impl Ended {
    /// The end in words that can follow the service's name.
    pub(crate) fn how(&self) -> String {
        match (&self.cause, self.code) {
            (Cause::SessionLost(because), _) => format!("was lost with its session ({because})"),
            (_, Some(code)) => exit_words(code),
            (_, None) => match &self.words {
                Some(words) => format!("ended: {words}"),
                None => "ended; the engine does not say how".to_owned(),
            },
        }
    }

    /// As the engine of the Hub wants it.
    pub(crate) fn into_exit(self) -> Exit {
        Exit { how: self.how(), last_lines: self.last_lines }
    }
}

/// An exit code as the engine's init process passes it on: 128 and the signal's number.
fn exit_words(code: u32) -> String {
    let signal = match code {
        129..=192 => code - 128,
        _ => return format!("exited with code {code}"),
    };
    let name = match signal {
        1 => "SIGHUP",
        2 => "SIGINT",
        3 => "SIGQUIT",
        4 => "SIGILL",
        6 => "SIGABRT",
        7 => "SIGBUS",
        8 => "SIGFPE",
        9 => "SIGKILL",
        11 => "SIGSEGV",
        13 => "SIGPIPE",
        15 => "SIGTERM",
        _ => return format!("was ended by signal {signal}"),
    };
    format!("was ended by signal {signal} ({name})")
}

/// What can be waited for.
#[derive(Clone, Copy, Default, PartialEq)]
struct Signs {
    has_started: bool,
    has_ended: bool,
    /// Until when further signs of the end are waited for; none before the first.
    until: Option<Instant>,
    /// No further sign is to come.
    is_complete: bool,
}

/// One run of one service.
pub(crate) struct Run {
    log: Arc<dyn LogWriter>,
    signs: watch::Sender<Signs>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    process: Option<Process>,
    code: Option<u32>,
    /// The process has ended; with what the engine said went wrong.
    exited: Option<Option<String>>,
    lost: Option<String>,
    /// Ends of streams: of which span, which stream, when.
    eofs: VecDeque<(SpanId, u64, u64)>,
    last: LastLines,
    ended: Option<Ended>,
}

/// The service's process, as its span shows it.
struct Process {
    span: SpanId,
    /// The span its output carries: the call that made the service, or its own.
    output: Vec<SpanId>,
    start: u64,
}

impl Run {
    pub(crate) fn new(log: Arc<dyn LogWriter>) -> Self {
        let signs = watch::Sender::new(Signs::default());
        Self { log, signs, state: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The span of its process, once it is known.
    pub(crate) fn process(&self) -> Option<SpanId> {
        self.lock().process.as_ref().map(|p| p.span)
    }

    /// Puts a line of the Hub's own into the service's log.
    pub(crate) fn note(&self, text: &str) {
        self.log.note(text);
    }

    /// Takes a piece of the service's output.
    pub(crate) fn take_record(&self, record: &LogRecord<'_>) {
        let Some(number) = record.stdio_stream() else { return };
        let stream = if number == 2 { LogStream::Stderr } else { LogStream::Stdout };
        let body = record.body();
        let mut state = self.lock();
        if !body.is_empty() {
            self.log.write(stream, &body);
            state.last.take_in(stream, &body);
            if state.ended.is_some() {
                // It came too late for the report, but not for the log.
                self.log.end();
            }
        }
        if let (true, Some(span)) = (record.is_eof(), record.span()) {
            if state.eofs.len() == EOFS {
                state.eofs.pop_front();
            }
            state.eofs.push_back((span, number, record.time()));
        }
        self.announce(&state);
    }

    /// Takes news of a step under the service's trace.
    pub(crate) fn take_span(&self, span: &Span<'_>, id: SpanId) {
        let mut state = self.lock();
        if span.is_service_process() {
            state.take_process(span, id);
        }
        let process = state.process.as_ref().map(|p| p.span);
        if let Some(code) = span.exit_code()
            && process.is_some_and(|process| process == id || span.parent() == Some(process))
        {
            state.code = Some(code);
        }
        self.announce(&state);
    }

    /// The session is gone.
    pub(crate) fn lose(&self, because: &str) {
        let mut state = self.lock();
        state.lost.get_or_insert_with(|| because.to_owned());
        self.announce(&state);
    }

    fn announce(&self, state: &State) {
        let closed = state.streams_are_closed();
        let has_ended = state.exited.is_some();
        let is_complete = state.lost.is_some() || (has_ended && closed);
        self.signs.send_if_modified(|signs| {
            let before = *signs;
            signs.has_started = state.process.is_some();
            signs.is_complete = is_complete;
            signs.until = match (has_ended, closed) {
                (true, _) if before.has_ended => before.until,
                (true, _) => Some(Instant::now() + DRAIN),
                (false, true) => before.until.or_else(|| Some(Instant::now() + BURIAL)),
                (false, false) => None,
            };
            signs.has_ended = has_ended;
            *signs != before
        });
    }

    #[cfg(test)]
    /// Resolves when the process of the service is about to run.
    pub(crate) async fn started(&self) {
        let mut signs = self.signs.subscribe();
        // The sender lives as long as this run; there is no error to meet.
        let _ = signs.wait_for(|s| s.has_started || s.is_complete).await;
    }

    /// Resolves when the run has ended and everything it wrote is in the log, as far as it came in time.
    pub(crate) async fn ended(&self) -> Ended {
        let mut signs = self.signs.subscribe();
        loop {
            let Signs { is_complete, until, .. } = *signs.borrow_and_update();
            let is_over = match until {
                _ if is_complete => true,
                // Out of time: what is known by now is the answer.
                Some(until) => timeout_at(until, signs.changed()).await.is_err(),
                // The sender lives as long as this run; an error would be its end.
                None => signs.changed().await.is_err(),
            };
            if is_over {
                break;
            }
        }
        self.close()
    }

    /// The last lines so far.
    pub(crate) fn last_lines(&self) -> Vec<String> {
        self.lock().last.lines()
    }

    fn close(&self) -> Ended {
        let mut state = self.lock();
        if let Some(ended) = &state.ended {
            return ended.clone();
        }
        self.log.end();
        let last_lines = state.last.lines();
        let ended = match (&state.exited, &state.lost) {
            (Some(words), _) => {
                let code = state.code.or_else(|| code_in(words.as_deref()?));
                Ended { code, words: words.clone(), cause: Cause::Exited, last_lines }
            }
            (None, Some(because)) => {
                let cause = Cause::SessionLost(because.clone());
                Ended { code: None, words: None, cause, last_lines }
            }
            (None, None) => {
                Ended { code: None, words: None, cause: Cause::StreamsClosed, last_lines }
            }
        };
        state.ended = Some(ended.clone());
        ended
    }
}

impl State {
    fn take_process(&mut self, span: &Span<'_>, id: SpanId) {
        if self.process.as_ref().is_none_or(|p| p.span != id) {
            let mut output: Vec<SpanId> = span.origins().collect();
            output.push(id);
            self.process = Some(Process { span: id, output, start: span.start() });
            // A second process of one run is a start that was tried again.
            (self.exited, self.code) = (None, None);
        }
        if span.has_ended() {
            let error = without_trace(span.error());
            self.exited = Some((!error.is_empty()).then(|| error.to_owned()));
        }
    }

    /// Whether both streams of the process came to their end. Steps of a build, and an earlier run of
    /// the service, close streams too: theirs carry another span or an earlier time.
    fn streams_are_closed(&self) -> bool {
        let Some(process) = &self.process else { return false };
        let closed = |stream: u64| {
            self.eofs.iter().any(|(span, number, time)| {
                *number == stream && *time >= process.start && process.output.contains(span)
            })
        };
        closed(1) && closed(2)
    }
}

/// The engine's words without the mark it appends for its own tools.
fn without_trace(error: &str) -> &str {
    error.split(" [traceparent:").next().unwrap_or_default().trim()
}

/// The exit code in the engine's words, for engines that tell it nowhere else.
fn code_in(words: &str) -> Option<u32> {
    words.strip_prefix("exit code: ")?.parse().ok()
}

/// The last lines of both streams together.
#[derive(Default)]
struct LastLines {
    lines: VecDeque<String>,
    out: Vec<u8>,
    err: Vec<u8>,
}

impl LastLines {
    fn take_in(&mut self, stream: LogStream, bytes: &[u8]) {
        let open = if stream == LogStream::Stderr { &mut self.err } else { &mut self.out };
        for piece in bytes.split_inclusive(|b| *b == b'\n') {
            let room = LAST_LINE.saturating_sub(open.len());
            open.extend_from_slice(&piece[..piece.len().min(room)]);
            if piece.ends_with(b"\n") {
                add(&mut self.lines, open);
                open.clear();
            }
        }
    }

    fn lines(&self) -> Vec<String> {
        let mut lines = self.lines.clone();
        add(&mut lines, &self.out);
        add(&mut lines, &self.err);
        lines.into()
    }
}

fn add(lines: &mut VecDeque<String>, line: &[u8]) {
    let line = String::from_utf8_lossy(line).trim_end().to_owned();
    if !line.is_empty() {
        if lines.len() == LAST_LINES {
            lines.pop_front();
        }
        lines.push_back(line);
    }
}
