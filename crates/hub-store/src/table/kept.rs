//! Table `kept`: folders whose project was forgotten while its data stayed, and under which id. Whoever
//! registers such a folder again gets that id, and with it databases, logs and secrets.

use crate::platform;
use hub_domain::ProjectId;
use rusqlite::{Connection, OptionalExtension};
use std::path::Path;

use super::projects::undecodable;

/// `path` holds the path's bytes, as in `projects`. A folder's data is that of its last project.
pub(crate) const CREATE: &str = "CREATE TABLE kept (
    path    BLOB NOT NULL PRIMARY KEY,
    project TEXT NOT NULL UNIQUE
) STRICT, WITHOUT ROWID;";

/// The id under which a folder's data lies.
pub(crate) fn read(connection: &Connection, path: &Path) -> rusqlite::Result<Option<ProjectId>> {
    let id: Option<String> = connection
        .prepare_cached("SELECT project FROM kept WHERE path = ?1")?
        .query_row([platform::path_to_bytes(path)], |row| row.get(0))
        .optional()?;
    id.map(|text| ProjectId::parse(&text).map_err(|e| undecodable(0, e))).transpose()
}

/// Remembers a project that is about to be removed. The caller holds a transaction.
pub(crate) fn remember(connection: &Connection, project: &ProjectId) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO kept (path, project) SELECT path, id FROM projects WHERE id = ?1
             ON CONFLICT (path) DO UPDATE SET project = excluded.project",
        )?
        .execute([project.as_str()])?;
    Ok(())
}

/// Its data is in use again. The caller holds a transaction.
pub(crate) fn forget(connection: &Connection, project: &ProjectId) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM kept WHERE project = ?1")?
        .execute([project.as_str()])?;
    Ok(())
}
