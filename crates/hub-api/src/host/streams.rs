//! Server-sent events: the Hub's state, and the logs of projects. They end with the host.

use super::Shared;
use crate::api::Update;
use crate::contract::{LogBatch, LogParams, WireError};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::stream::{BoxStream, Stream, StreamExt};
use serde::Serialize;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

/// An idle stream says something this often, so that either end notices when the other is gone.
const HEARTBEAT: Duration = Duration::from_secs(10);

fn sse(shared: &Shared, events: impl Stream<Item = Event> + Send + 'static) -> Response {
    let end = shared.end.clone();
    let events = events.map(Ok::<_, Infallible>).take_until(end.cancelled_owned());
    Sse::new(events).keep_alive(KeepAlive::new().interval(HEARTBEAT)).into_response()
}

fn event(name: &str, seq: u64, value: &impl Serialize) -> Event {
    let event = Event::default().event(name).id(seq.to_string());
    // Wire types have text keys only, which always can be written.
    let text = serde_json::to_string(value).unwrap_or_default();
    event.data(text)
}

pub(super) fn events(shared: &Arc<Shared>) -> Response {
    let updates = shared.api.subscribe().map(|update| match update {
        Update::Snapshot(snapshot) => event("snapshot", snapshot.seq, &snapshot),
        Update::Event(change) => event("event", change.seq, &change),
    });
    sse(shared, updates)
}

pub(super) async fn logs(shared: &Arc<Shared>, params: LogParams) -> Response {
    match shared.api.follow_logs(params).await {
        Ok(batches) => sse(shared, log_events(batches)),
        Err(error) => refused(error),
    }
}

fn log_events(batches: BoxStream<'static, LogBatch>) -> impl Stream<Item = Event> {
    // A reader that reconnects names the last number it has seen.
    batches.scan(0, |last, batch| {
        *last = batch.lines.last().map_or(*last, |line| line.seq);
        futures::future::ready(Some(event("lines", *last, &batch)))
    })
}

fn refused(error: WireError) -> Response {
    error.into_response()
}
