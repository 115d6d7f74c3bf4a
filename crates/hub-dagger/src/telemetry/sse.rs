//! Server-sent events, read from bytes as they come.
//!
//! A parser of its own, because the published ones hold an event of any size: a service that floods its
//! output would take the Hub's memory. Knows `\n` and `\r\n` as line ends; `retry` is passed over, as
//! the pause before a new connection is the reader's own.

use std::mem;

/// What an event may carry before its data is thrown away. The engine sends at most a thousand pieces
/// of output of at most 32 KiB at once; real floods come to a few MB.
pub(crate) const MAX_EVENT: usize = 64 << 20;

/// Memory a parser keeps between two events.
const KEEP: usize = 1 << 20;

/// What is kept of a line of an event that is too large.
const BEGINNING: usize = 64;

/// One event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Event {
    /// Its number, by which a later connection can go on behind it; empty where it has none.
    pub(crate) id: String,
    /// What it carries.
    pub(crate) data: Vec<u8>,
    /// It was larger than [`MAX_EVENT`]; its data is gone.
    pub(crate) oversized: bool,
}

/// Puts events together.
#[derive(Default)]
pub(crate) struct Parser {
    line: Vec<u8>,
    event: Event,
    has_data: bool,
    bound: Option<usize>,
}

impl Parser {
    /// A parser with another bound.
    #[cfg(test)]
    fn bounded(bound: usize) -> Self {
        Self { bound: Some(bound), ..Self::default() }
    }

    /// Takes bytes and hands out every event that is complete with them.
    pub(crate) fn push(&mut self, mut bytes: &[u8], out: &mut impl FnMut(&Event)) {
        while let Some(at) = bytes.iter().position(|b| *b == b'\n') {
            self.extend(&bytes[..at]);
            self.end_of_line(out);
            bytes = &bytes[at + 1..];
        }
        self.extend(bytes);
    }

    fn extend(&mut self, bytes: &[u8]) {
        let held = self.line.len() + self.event.data.len();
        if self.event.oversized || held + bytes.len() > self.bound.unwrap_or(MAX_EVENT) {
            self.event.oversized = true;
            self.event.data = Vec::new();
            // The beginning of the line still says which field it is.
            self.line.truncate(BEGINNING);
            let room = BEGINNING - self.line.len();
            self.line.extend_from_slice(&bytes[..bytes.len().min(room)]);
            self.line.shrink_to(KEEP);
        } else {
            self.line.extend_from_slice(bytes);
        }
    }

    fn end_of_line(&mut self, out: &mut impl FnMut(&Event)) {
        if self.line.last() == Some(&b'\r') {
            self.line.pop();
        }
        if self.line.is_empty() {
            let event = mem::take(&mut self.event);
            if mem::take(&mut self.has_data) || event.oversized {
                out(&event);
            }
            return;
        }
        let colon = self.line.iter().position(|b| *b == b':').unwrap_or(self.line.len());
        let (name, rest) = self.line.split_at(colon);
        let value = rest.strip_prefix(b":").unwrap_or(rest);
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match name {
            b"id" => self.event.id = String::from_utf8_lossy(value).into_owned(),
            b"data" if self.event.oversized => {}
            b"data" => {
                if self.has_data {
                    self.event.data.push(b'\n');
                    self.event.data.extend_from_slice(value);
                } else {
                    // The first line is nearly always the only one, and large: moved, not copied.
                    let skip = self.line.len() - value.len();
                    self.event.data = mem::take(&mut self.line);
                    self.event.data.drain(..skip);
                }
                self.has_data = true;
            }
            // Comments, the event's name, `retry`, and whatever a later engine may add.
            _ => {}
        }
        self.line.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(parser: &mut Parser, chunks: &[&[u8]]) -> Vec<Event> {
        let mut events = Vec::new();
        for chunk in chunks {
            parser.push(chunk, &mut |event| events.push(event.clone()));
        }
        events
    }

    fn event(id: &str, data: &str) -> Event {
        Event { id: id.into(), data: data.into(), oversized: false }
    }

    #[test]
    fn reads_what_the_engine_writes() {
        let text = b"id: \nevent: subscribed\ndata\n\nid: 7\nevent: logs\ndata: {\"a\":1}\n\n";
        assert_eq!(
            parse(&mut Parser::default(), &[text]),
            [event("", ""), event("7", "{\"a\":1}")]
        );
    }

    #[test]
    fn an_event_that_is_cut_off_is_no_event() {
        let mut parser = Parser::default();
        assert_eq!(parse(&mut parser, &[b"id: 7\ndata: {\"a\":1}\n"]), []);
        assert_eq!(parse(&mut parser, &[b"\n"]), [event("7", "{\"a\":1}")]);
    }

    #[test]
    fn comments_other_line_ends_and_several_lines_of_data_are_understood() {
        let text = b": hello\r\nid:8\r\nretry: 5\r\nfuture: x\r\ndata: one\r\ndata:two\r\n\r\n";
        assert_eq!(parse(&mut Parser::default(), &[text]), [event("8", "one\ntwo")]);
    }

    #[test]
    fn an_event_without_bounds_is_passed_over_with_its_number() {
        let mut parser = Parser::bounded(100);
        let mut text = b"id: 9\ndata: ".to_vec();
        text.extend(std::iter::repeat_n(b'x', 1000));
        text.extend_from_slice(b"\ndata: more\n\nid: 10\ndata: small\n\n");
        let events = parse(&mut parser, &text.chunks(7).collect::<Vec<_>>());
        assert_eq!(
            events,
            [Event { id: "9".into(), data: vec![], oversized: true }, event("10", "small")]
        );
    }

    proptest! {
        #[test]
        fn events_do_not_depend_on_how_the_bytes_arrive(
            sent in prop::collection::vec(("[0-9]{1,5}", "[^\r\n]{0,40}"), 0..6),
            size in 1usize..50,
        ) {
            let text: String =
                sent.iter().map(|(id, data)| format!("id: {id}\nevent: logs\ndata: {data}\n\n")).collect();
            let chunks: Vec<&[u8]> = text.as_bytes().chunks(size).collect();
            let expected: Vec<Event> = sent.iter().map(|(id, data)| event(id, data)).collect();
            prop_assert_eq!(parse(&mut Parser::default(), &chunks), expected);
        }

        #[test]
        fn no_bytes_break_the_parser(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            parse(&mut Parser::bounded(64), &[&bytes]);
        }
    }
}
