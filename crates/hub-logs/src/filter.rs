//! Decides which lines a query wants.

use crate::record::Record;
use hub_domain::{Code, Problem, Service, Timestamp};
use hub_engine::logs::{LogLine, LogQuery};
use regex::bytes::Regex;

/// A checked query, without the number of lines.
#[derive(Clone)]
pub(crate) struct Filter {
    services: Vec<Service>,
    pub(crate) after: u64,
    since: Option<Timestamp>,
    grep: Option<Regex>,
    /// The search means itself, letter by letter: it can be looked for in many lines at once.
    is_literal: bool,
}

impl Filter {
    pub(crate) fn new(query: &LogQuery) -> Result<Self, Problem> {
        let grep = query.grep.as_deref().map(Regex::new).transpose().map_err(|e| {
            Problem::new(
                Code::RequestInvalid,
                "The search is not a regular expression.",
                "Correct it; put \\ before characters such as ( [ * + ? . to search for themselves.",
            )
            .caused_by(e)
        })?;
        Ok(Self {
            services: query.services.clone(),
            after: query.after.unwrap_or(0),
            since: query.since,
            grep,
            is_literal: query.grep.as_ref().is_some_and(|g| regex::escape(g) == *g),
        })
    }

    /// False when none of the lines whose records are in the buffer can be wanted.
    pub(crate) fn may_want(&self, buffer: &[u8]) -> bool {
        !self.is_literal || self.grep.as_ref().is_none_or(|grep| grep.is_match(buffer))
    }

    pub(crate) fn wants(&self, record: &Record<'_>) -> bool {
        self.wants_parts(record.seq, record.at, record.service, record.text)
    }

    pub(crate) fn wants_line(&self, line: &LogLine) -> bool {
        self.wants_parts(line.seq, line.at, line.service, line.text.as_bytes())
    }

    fn wants_parts(&self, seq: u64, at: Timestamp, service: Service, text: &[u8]) -> bool {
        seq > self.after
            && (self.services.is_empty() || self.services.contains(&service))
            && self.since.is_none_or(|since| at >= since)
            && self.grep.as_ref().is_none_or(|grep| grep.is_match(text))
    }
}
