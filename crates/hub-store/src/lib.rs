//! What the Hub keeps about projects: SQLite tables, and the master key outside of them.
//!
//! Limits: no secret is ever written to the database; the database and the key have nothing to do
//! with each other but the folder they lie in. A damaged file is never deleted or overwritten.

mod connection;
mod failure;
mod platform;
mod secrets;
mod store;
mod table;

pub use secrets::{Keyring, KeyringChoice, MasterKeySecrets};
pub use store::SqliteStore;
