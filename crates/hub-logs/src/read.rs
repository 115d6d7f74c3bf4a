//! Reads a moment of the log backward, from the newest line, until a query is satisfied.

use crate::filter::Filter;
use crate::project::View;
use crate::record::Record;
use crate::segment::visit_buffer_backward;
use hub_engine::logs::LogLine;
use std::io;

/// The last `tail` lines the filter wants, oldest first.
pub(crate) fn read(view: &View, filter: &Filter, tail: usize) -> io::Result<Vec<LogLine>> {
    let mut lines = Vec::new();
    if tail == 0 {
        return Ok(lines);
    }
    let mut visit = |record: &Record<'_>| {
        if record.seq <= filter.after {
            return false;
        }
        if filter.wants(record) && record.is_sound() {
            lines.push(record.to_line());
        }
        lines.len() < tail
    };
    if visit_memory(view, &mut visit) {
        visit_disk(view, filter, &mut visit)?;
    }
    lines.reverse();
    Ok(lines)
}

fn visit_memory(view: &View, visit: &mut impl FnMut(&Record<'_>) -> bool) -> bool {
    let waiting = view.waiting.iter().map(Vec::as_slice);
    let in_flight = view.in_flight.iter().map(|chunk| chunk.bytes.as_slice());
    in_flight.chain(waiting).rev().all(|buffer| visit_buffer_backward(buffer, visit).1)
}

fn visit_disk(
    view: &View,
    filter: &Filter,
    visit: &mut impl FnMut(&Record<'_>) -> bool,
) -> io::Result<()> {
    for segment in view.segments.iter().rev() {
        match segment.visit_backward(filter, visit) {
            Ok(true) => {}
            Ok(false) => return Ok(()),
            // Only the oldest segments are ever dropped: nothing is left before this one.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            // What can still be read is worth more than nothing.
            Err(error) if error.kind() == io::ErrorKind::InvalidData => tracing::warn!("{error}"),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
