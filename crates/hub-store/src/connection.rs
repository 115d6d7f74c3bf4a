//! Opens the database: refuses what a newer Hub wrote, looks for damage after an unclean end, brings
//! the schema up to date in one transaction.
//!
//! Limits: the check for damage runs only when the last process did not close the database, and only
//! up to [`CHECKED_BYTES`]; damage elsewhere shows itself when the page is read.

use crate::{failure, platform, table};
use hub_domain::Problem;
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a statement waits for another process. A write takes some milliseconds.
const BUSY: Duration = Duration::from_secs(5);

/// Databases up to this size are checked after an unclean end; a check reads them whole (a thousand
/// projects need about 1 MB).
const CHECKED_BYTES: u64 = 64 * 1024 * 1024;

/// Name of the database in the Hub home.
pub(crate) const FILE: &str = "hub.db";

/// Opens the database in the Hub home, or makes it.
pub(crate) fn open(home: &Path) -> Result<(Connection, PathBuf), Problem> {
    platform::create_private_folder(home).map_err(|e| failure::from_io(&e, home))?;
    let file = home.join(FILE);
    let migrations = table::migrations();
    // Making the file here and not by SQLite gives it its mode; its companions inherit that.
    let is_new = match fs::metadata(&file) {
        Ok(there) if !there.is_file() => return Err(failure::unusable(&file, "it is not a file")),
        Ok(there) => there.len() == 0,
        Err(_) => true,
    };
    if !is_new {
        refuse_unfit(&file)?;
    }
    platform::ensure_private_file(&file).map_err(|e| failure::from_io(&e, &file))?;
    let sqlite = |e: rusqlite::Error| failure::from_sqlite(&e, &file);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(&file, flags).map_err(sqlite)?;
    connection.busy_timeout(BUSY).map_err(sqlite)?;
    switch_to_wal(&mut connection).map_err(sqlite)?;
    // FULL: a call returns when the change is on disk, also through a power cut. Writes are rare.
    connection.pragma_update(None, "synchronous", "FULL").map_err(sqlite)?;
    connection.pragma_update(None, "foreign_keys", true).map_err(sqlite)?;
    match migrations.to_latest(&mut connection) {
        // Another process may have been faster; then there is nothing left to do.
        Err(_) if version(&connection).map_err(sqlite)? == table::VERSION => {}
        Err(rusqlite_migration::Error::RusqliteError { err, .. }) => return Err(sqlite(err)),
        Err(error) => return Err(failure::corrupt(&file, error)),
        Ok(()) => {}
    }
    Ok((connection, file))
}

/// SQLite does not wait for other connections in this one statement; waiting for the right to write
/// does the same.
fn switch_to_wal(connection: &mut Connection) -> rusqlite::Result<()> {
    for _ in 0..20 {
        match connection.pragma_update(None, "journal_mode", "WAL") {
            Err(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseBusy) => {
                write(connection)?.commit()?;
            }
            other => return other,
        }
    }
    connection.pragma_update(None, "journal_mode", "WAL")
}

/// Looks at the database without writing to it.
fn refuse_unfit(file: &Path) -> Result<(), Problem> {
    let sqlite = |e: rusqlite::Error| failure::from_sqlite(&e, file);
    let mut log = file.as_os_str().to_owned();
    log.push("-wal");
    // Whoever closes a database in order leaves no write-ahead log behind.
    let was_closed = fs::metadata(PathBuf::from(log)).map_or(true, |m| m.len() == 0);
    let length = fs::metadata(file).map_err(|e| failure::from_io(&e, file))?.len();
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file, flags).map_err(sqlite)?;
    connection.busy_timeout(BUSY).map_err(sqlite)?;
    let found = version(&connection).map_err(sqlite)?;
    if found > table::VERSION {
        return Err(failure::too_new(file, found, table::VERSION));
    }
    if !was_closed && length <= CHECKED_BYTES {
        let verdict: String =
            connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).map_err(sqlite)?;
        if verdict != "ok" {
            return Err(failure::corrupt(file, verdict));
        }
    }
    Ok(())
}

fn version(connection: &Connection) -> rusqlite::Result<usize> {
    connection.query_row("PRAGMA user_version", [], |row| row.get(0)).map(|v: i64| {
        // A negative number was written by no Hub; it counts as newer than any.
        usize::try_from(v).unwrap_or(usize::MAX)
    })
}

/// Begins a change. Taking the right to write at once makes a wait possible where a later upgrade
/// would fail.
pub(crate) fn write(connection: &mut Connection) -> rusqlite::Result<Transaction<'_>> {
    connection.transaction_with_behavior(TransactionBehavior::Immediate)
}
