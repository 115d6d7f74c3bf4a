//! Reads server-sent events.

use std::io::BufRead;

/// One event: its name and its data.
pub(crate) struct Event {
    pub(crate) name: String,
    pub(crate) data: String,
}

/// Reads the next event; `None` at the end of the stream.
pub(crate) fn next(stream: &mut impl BufRead) -> std::io::Result<Option<Event>> {
    let mut event = Event { name: "message".to_owned(), data: String::new() };
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let line = line.trim_end_matches(['\r', '\n']);
        if line.is_empty() {
            if !event.data.is_empty() {
                return Ok(Some(event));
            }
        } else if let Some(name) = line.strip_prefix("event:") {
            event.name = name.trim_start().to_owned();
        } else if let Some(data) = line.strip_prefix("data:") {
            event.data.push_str(data.trim_start());
        }
    }
}
