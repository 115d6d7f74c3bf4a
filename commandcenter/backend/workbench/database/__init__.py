"""The database: connections that recover by themselves, and migrations."""
