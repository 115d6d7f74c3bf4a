//! The log store: segments, tail, follow and search.
