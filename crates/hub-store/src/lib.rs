//! What the Hub keeps about projects: SQLite tables, and the master key outside of them.
