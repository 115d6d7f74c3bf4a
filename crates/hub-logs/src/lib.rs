//! The log store: segments, tail, follow and search.
//!
//! Each project has a folder of append-only segments. A line gets its number and is handed to
//! followers in memory, at once; a thread per project brings it to the disk in batches. What was
//! written survives a killed Hub; what a killed Hub had not handed to the system yet is lost, some
//! milliseconds at most.
//!
//! Limits: one process writes to a folder at a time (the Hub's lock sees to that). Lines are kept up
//! to [`Bounds`]; what is dropped or lost is announced in a line of the Hub.

mod directory;
mod filter;
mod follow;
mod lines;
mod project;
mod read;
mod record;
mod segment;
mod writer;

pub use directory::LogDirectory;
pub use project::Bounds;
