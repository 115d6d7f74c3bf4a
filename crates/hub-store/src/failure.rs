//! Turns what SQLite and the file system say into what the user is told.

use hub_domain::{Code, Problem};
use rusqlite::{Error, ErrorCode};
use std::io;
use std::path::Path;

/// A failed statement.
pub(crate) fn from_sqlite(error: &Error, file: &Path) -> Problem {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => disk_full(file).caused_by(error),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => corrupt(file, error),
        Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
            unusable(file, error)
        }
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            failed(file, error).retryable()
        }
        _ if is_undecodable(error) => corrupt(file, error),
        _ => failed(file, error),
    }
}

/// A value that no Hub wrote.
fn is_undecodable(error: &Error) -> bool {
    matches!(
        error,
        Error::FromSqlConversionFailure(..)
            | Error::IntegralValueOutOfRange(..)
            | Error::InvalidColumnType(..)
            | Error::Utf8Error(..)
    )
}

/// A failed call to the file system about a file or folder in the Hub home.
pub(crate) fn from_io(error: &io::Error, file: &Path) -> Problem {
    if error.kind() == io::ErrorKind::StorageFull {
        disk_full(file).caused_by(error)
    } else {
        unusable(file, error)
    }
}

fn disk_full(file: &Path) -> Problem {
    Problem::new(
        Code::DiskFull,
        format!("The disk that holds {} is full; nothing was changed.", file.display()),
        "Free some space and try again.",
    )
    .retryable()
}

/// A database that is none, or holds what no Hub wrote.
pub(crate) fn corrupt(file: &Path, cause: impl std::fmt::Display) -> Problem {
    Problem::new(
        Code::StoreCorrupt,
        format!("The Hub's database {} is damaged; it was left as it is.", file.display()),
        "Put a backup in its place, or move the file away and add your projects again: \
         their folders are untouched.",
    )
    .caused_by(cause)
}

/// A file or folder in the way, or without the rights that are needed.
pub(crate) fn unusable(file: &Path, cause: impl std::fmt::Display) -> Problem {
    Problem::new(
        Code::HubHomeUnusable,
        format!("The Hub cannot read and write {}.", file.display()),
        "Make the folder yours and writable, or choose another with CCHUB_HOME.",
    )
    .caused_by(cause)
}

fn failed(file: &Path, cause: impl std::fmt::Display) -> Problem {
    Problem::new(
        Code::StoreFailed,
        format!("The Hub's database {} could not be read or written.", file.display()),
        "Try again; if it stays so, restart the Hub.",
    )
    .caused_by(cause)
}

/// The database has more migrations behind it than this Hub knows.
pub(crate) fn too_new(file: &Path, found: usize, known: usize) -> Problem {
    Problem::new(
        Code::StoreTooNew,
        format!(
            "The database {} has version {found}; this Hub knows versions up to {known}. \
             It was left as it is.",
            file.display()
        ),
        "Update the Hub, or point CCHUB_HOME to another folder.",
    )
}
