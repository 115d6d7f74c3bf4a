//! The tables, one file each: its migrations, what a row is, reads and writes.

pub(crate) mod containers;
pub(crate) mod environment;
pub(crate) mod kept;
pub(crate) mod limits;
pub(crate) mod ports;
pub(crate) mod projects;
pub(crate) mod settings;

use rusqlite_migration::{M, Migrations};

/// Every step of the schema, oldest first. A released step is never changed; a new one is appended.
const STEPS: [&str; 7] = [
    projects::CREATE,
    ports::CREATE,
    limits::CREATE,
    environment::CREATE,
    settings::CREATE,
    containers::CREATE,
    kept::CREATE,
];

/// The schema's version after all steps; kept in the database's `user_version`.
pub(crate) const VERSION: usize = STEPS.len();

/// The steps, to be run in one transaction.
pub(crate) fn migrations() -> Migrations<'static> {
    Migrations::new(STEPS.map(M::up).to_vec())
}
