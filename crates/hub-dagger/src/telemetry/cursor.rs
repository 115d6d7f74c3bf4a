//! How far a stream was read: what a new connection asks for, and which records it brings again.
//!
//! The engine numbers records one by one, and the number of an event is that of its last record. So an
//! event that brings more records than numbers passed since the last one repeats some, at its
//! beginning; one that brings fewer kept some back.

/// How far one stream was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cursor {
    last: String,
}

/// What is new in an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct News {
    /// So many records at its beginning were read before.
    pub(crate) skip: usize,
    /// So many numbers have no record. Records without a trace are such, so it need not be a loss.
    pub(crate) unaccounted: u64,
}

impl Cursor {
    /// The number of the last event, for the next connection; none at the beginning.
    pub(crate) fn last(&self) -> Option<&str> {
        (!self.last.is_empty()).then_some(self.last.as_str())
    }

    /// Whether an event holds nothing new, which its number alone can tell.
    pub(crate) fn has_read(&self, id: &str) -> bool {
        match (number(&self.last), number(id)) {
            (Some(last), Some(id)) => id <= last,
            _ => !id.is_empty() && id == self.last,
        }
    }

    /// Moves on to an event of so many records.
    pub(crate) fn advance(&mut self, id: &str, records: usize) -> News {
        let mut news = News { skip: 0, unaccounted: 0 };
        if id.is_empty() {
            return news;
        }
        let last = if self.last.is_empty() { Some(0) } else { number(&self.last) };
        if let (Some(last), Some(id)) = (last, number(id)) {
            let fresh = id.saturating_sub(last);
            let records = records as u64;
            news.unaccounted = fresh.saturating_sub(records);
            news.skip = usize::try_from(records.saturating_sub(fresh)).unwrap_or(usize::MAX);
        }
        id.clone_into(&mut self.last);
        news
    }
}

fn number(id: &str) -> Option<u64> {
    id.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_that_are_none_are_passed_on_as_they_are() {
        let mut cursor = Cursor::default();
        assert_eq!(cursor.last(), None);
        assert_eq!(cursor.advance("a7", 3), News { skip: 0, unaccounted: 0 });
        assert_eq!(cursor.last(), Some("a7"));
        assert!(cursor.has_read("a7"));
        assert!(!cursor.has_read("a8"));
    }

    #[test]
    fn records_that_were_kept_back_are_counted() {
        let mut cursor = Cursor::default();
        assert_eq!(cursor.advance("10", 7), News { skip: 0, unaccounted: 3 });
        assert_eq!(cursor.advance("20", 10), News { skip: 0, unaccounted: 0 });
    }

    proptest! {
        /// Whatever the batches of two connections are, and wherever the second one begins, each record
        /// is taken once.
        #[test]
        fn each_record_is_taken_once(
            first in prop::collection::vec(1u64..20, 0..5),
            again in prop::collection::vec(1u64..20, 0..9),
            begin in 0u64..100,
        ) {
            let mut cursor = Cursor::default();
            let mut taken = Vec::new();
            let mut read = |from: u64, sizes: &[u64]| {
                let mut at = from;
                for size in sizes {
                    let (low, high) = (at + 1, at + size);
                    at = high;
                    if !cursor.has_read(&high.to_string()) {
                        let news = cursor.advance(&high.to_string(), *size as usize);
                        taken.extend((low..=high).skip(news.skip));
                    }
                }
                at
            };
            let end = read(0, &first);
            read(begin.min(end), &again);
            let expected: Vec<u64> = (1..=taken.len() as u64).collect();
            prop_assert_eq!(taken, expected);
        }
    }
}
