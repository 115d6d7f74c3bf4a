//! Leads what the session's two streams bring to the run it belongs to, by trace.

use super::chatter::Chatter;
use super::cursor::Cursor;
use super::otlp::{LogsExport, SpanId, TraceId, TracesExport};
use super::run::Run;
use super::sse::Event;
use hub_domain::{PerService, Service};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

/// Traces remembered for one service. The engine may go on writing under the first one a service had;
/// the one that was silent longest is forgotten.
const TRACES: usize = 32;
/// Processes of earlier runs remembered for one service, so that late news of them changes nothing.
const EARLIER: usize = 32;

/// Which of the session's streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Output of the services and the engine.
    Logs,
    /// Steps of the engine, among them the services' processes.
    Traces,
}

impl Kind {
    pub(crate) const fn path(self) -> &'static str {
        match self {
            Self::Logs => "/v1/logs",
            Self::Traces => "/v1/traces",
        }
    }
}

/// What could not be had from the session, since it began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Losses {
    /// Events that were larger than the Hub takes.
    pub(crate) oversized: u64,
    /// Events that could not be understood.
    pub(crate) unreadable: u64,
    /// Records the engine counted but did not send; those without a trace are such.
    pub(crate) unaccounted: u64,
}

/// Where things go.
#[derive(Default)]
pub(crate) struct Routing {
    lines: PerService<Line>,
    chatter: Chatter,
    losses: Losses,
}

/// What is known of one service.
#[derive(Default)]
struct Line {
    run: Option<Arc<Run>>,
    traces: VecDeque<TraceId>,
    earlier: VecDeque<SpanId>,
}

impl Routing {
    /// From now on the trace belongs to this run, and so do all earlier ones of the service.
    pub(crate) fn add(&mut self, service: Service, trace: TraceId, run: Arc<Run>) {
        let line = &mut self.lines[service];
        if let Some(process) = line.run.replace(run).and_then(|run| run.process()) {
            remember(&mut line.earlier, process, EARLIER);
        }
        remember(&mut line.traces, trace, TRACES);
    }

    /// All newest runs.
    pub(crate) fn runs(&self) -> Vec<Arc<Run>> {
        self.lines.iter().filter_map(|(_, line)| line.run.clone()).collect()
    }

    pub(crate) fn chatter(&self) -> &Chatter {
        &self.chatter
    }

    #[cfg(test)]
    pub(crate) const fn losses(&self) -> Losses {
        self.losses
    }

    /// Output that is missing must not look like output that never was.
    fn lost(&self, kind: Kind, event: &Event, because: &str) {
        tracing::warn!(stream = kind.path(), id = event.id, "an event was passed over: {because}");
        if kind == Kind::Logs {
            for run in self.runs() {
                run.note(&format!("some output is missing here: a batch of the engine was passed over, as {because}"));
            }
        }
    }

    fn take_logs(&mut self, export: &LogsExport<'_>, event: &Event, cursor: &mut Cursor) {
        let news = cursor.advance(&event.id, export.records().count());
        self.losses.unaccounted += news.unaccounted;
        for record in export.records().skip(news.skip) {
            let run = record.trace().and_then(|trace| self.run_of(trace));
            match run {
                Some(run) if record.stdio_stream().is_some() => run.take_record(record),
                _ => self.chatter.take_in(&record.body()),
            }
        }
    }

    fn take_traces(&mut self, export: &TracesExport<'_>, event: &Event, cursor: &mut Cursor) {
        let news = cursor.advance(&event.id, export.spans().count());
        self.losses.unaccounted += news.unaccounted;
        for span in export.spans().skip(news.skip) {
            let (Some(trace), Some(id)) = (span.trace(), span.id()) else { continue };
            let Some(line) = self.line_of(trace) else { continue };
            if !line.earlier.contains(&id)
                && let Some(run) = &line.run
            {
                run.take_span(span, id);
            }
        }
    }

    fn run_of(&mut self, trace: TraceId) -> Option<Arc<Run>> {
        self.line_of(trace)?.run.clone()
    }

    fn line_of(&mut self, trace: TraceId) -> Option<&mut Line> {
        let service = Service::ALL.into_iter().find(|s| self.lines[*s].traces.contains(&trace))?;
        let line = &mut self.lines[service];
        remember(&mut line.traces, trace, TRACES);
        Some(line)
    }
}

/// Takes an event of a stream, as far as it is new. Reads it before it locks: a flood's event is large,
/// and others ask meanwhile.
pub(crate) fn take_event(routing: &Mutex<Routing>, kind: Kind, event: &Event, cursor: &mut Cursor) {
    if cursor.has_read(&event.id) {
        return;
    }
    let lock = || routing.lock().unwrap_or_else(PoisonError::into_inner);
    if event.oversized {
        let mut routing = lock();
        routing.losses.oversized += 1;
        routing.lost(kind, event, "it was larger than 64 MB");
        cursor.advance(&event.id, 0);
        return;
    }
    if event.data.iter().all(u8::is_ascii_whitespace) {
        // "subscribed": the engine listens.
        return;
    }
    let taken = match kind {
        Kind::Logs => serde_json::from_slice(&event.data)
            .map(|export| lock().take_logs(&export, event, cursor)),
        Kind::Traces => serde_json::from_slice(&event.data)
            .map(|export| lock().take_traces(&export, event, cursor)),
    };
    if let Err(fault) = taken {
        let mut routing = lock();
        routing.losses.unreadable += 1;
        routing.lost(kind, event, &fault.to_string());
        cursor.advance(&event.id, 0);
    }
}

/// Puts an item at the newest end, and lets the oldest go.
fn remember<T: PartialEq>(items: &mut VecDeque<T>, item: T, bound: usize) {
    if items.back() == Some(&item) {
        return;
    }
    items.retain(|one| *one != item);
    if items.len() == bound {
        items.pop_front();
    }
    items.push_back(item);
}
