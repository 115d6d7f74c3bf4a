//! Table `projects`: the registered folders. Ports, limits, containers and environment have tables of their own
//! and are read and written together with the project.

use super::{containers, environment, kept, limits, ports};
use crate::platform;
use hub_domain::{
    Code, Desired, LastKnown, Project, ProjectId, ProjectName, RuntimeChoice, Timestamp,
};
use rusqlite::types::Type;
use rusqlite::{Connection, Error, Row, named_params};
use std::error::Error as StdError;

/// `path` holds the path's bytes, as not every path is a text. Times are milliseconds since 1970 UTC.
pub(crate) const CREATE: &str = "CREATE TABLE projects (
    id         TEXT NOT NULL PRIMARY KEY,
    name       TEXT NOT NULL,
    path       BLOB NOT NULL UNIQUE,
    slot       INTEGER NOT NULL UNIQUE CHECK (slot >= 0),
    runtime    TEXT NOT NULL CHECK (runtime IN ('auto', 'native', 'dagger')),
    read_only  INTEGER NOT NULL CHECK (read_only IN (0, 1)),
    pinned     INTEGER NOT NULL CHECK (pinned IN (0, 1)),
    autostart  INTEGER NOT NULL CHECK (autostart IN (0, 1)),
    desired    TEXT NOT NULL CHECK (desired IN ('stopped', 'running')),
    last_known TEXT NOT NULL CHECK (last_known IN ('new', 'stopped', 'running', 'failed')),
    last_at    INTEGER CHECK ((last_at IS NULL) = (last_known = 'new')),
    last_code  TEXT CHECK ((last_code IS NULL) = (last_known <> 'failed')),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;";

const COLUMNS: &str = "id, name, path, slot, runtime, read_only, pinned, autostart, desired, \
                       last_known, last_at, last_code, created_at, updated_at";

/// All projects, in the order of their slots.
pub(crate) fn all(connection: &Connection) -> rusqlite::Result<Vec<Project>> {
    let mut statement =
        connection.prepare_cached(&format!("SELECT {COLUMNS} FROM projects ORDER BY slot"))?;
    let mut projects = Vec::new();
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        projects.push(read(connection, row)?);
    }
    Ok(projects)
}

/// Adds a project. The caller holds a transaction.
pub(crate) fn insert(connection: &Connection, project: &Project) -> rusqlite::Result<()> {
    let sql = format!(
        "INSERT INTO projects ({COLUMNS}) VALUES (:id, :name, :path, :slot, :runtime, :read_only, \
         :pinned, :autostart, :desired, :last_known, :last_at, :last_code, :created_at, \
         :updated_at)"
    );
    write(connection, &sql, project)?;
    kept::forget(connection, &project.id)?;
    write_parts(connection, project)
}

/// Replaces a project; false when it is not there. The caller holds a transaction.
pub(crate) fn update(connection: &Connection, project: &Project) -> rusqlite::Result<bool> {
    let sql = "UPDATE projects SET name = :name, path = :path, slot = :slot, runtime = :runtime, \
               read_only = :read_only, pinned = :pinned, autostart = :autostart, \
               desired = :desired, last_known = :last_known, last_at = :last_at, \
               last_code = :last_code, created_at = :created_at, updated_at = :updated_at \
               WHERE id = :id";
    if write(connection, sql, project)? == 0 {
        return Ok(false);
    }
    write_parts(connection, project)?;
    Ok(true)
}

/// Removes a project and all that hangs on it.
pub(crate) fn remove(connection: &Connection, project: &ProjectId) -> rusqlite::Result<()> {
    connection.prepare_cached("DELETE FROM projects WHERE id = ?1")?.execute([project.as_str()])?;
    Ok(())
}

fn write_parts(connection: &Connection, project: &Project) -> rusqlite::Result<()> {
    ports::write(connection, &project.id, &project.ports)?;
    limits::write(connection, &project.id, &project.limits)?;
    containers::write(connection, project)?;
    environment::write(connection, &project.id, &project.environment)
}

fn write(connection: &Connection, sql: &str, project: &Project) -> rusqlite::Result<usize> {
    let (last_known, last_at, last_code) = match &project.last_known {
        LastKnown::New => ("new", None, None),
        LastKnown::Stopped(at) => ("stopped", Some(*at), None),
        LastKnown::Running(at) => ("running", Some(*at), None),
        LastKnown::Failed(at, code) => ("failed", Some(*at), Some(code.as_str())),
    };
    let desired = match project.desired {
        Desired::Stopped => "stopped",
        Desired::Running => "running",
    };
    connection.prepare_cached(sql)?.execute(named_params! {
        ":id": project.id.as_str(),
        ":name": project.name.as_str(),
        ":path": platform::path_to_bytes(&project.path),
        ":slot": project.slot,
        ":runtime": project.runtime.as_str(),
        ":read_only": project.read_only,
        ":pinned": project.pinned,
        ":autostart": project.autostart,
        ":desired": desired,
        ":last_known": last_known,
        ":last_at": last_at.map(millis).transpose()?,
        ":last_code": last_code,
        ":created_at": millis(project.created_at)?,
        ":updated_at": millis(project.updated_at)?,
    })
}

fn read(connection: &Connection, row: &Row<'_>) -> rusqlite::Result<Project> {
    let id = ProjectId::parse(&row.get::<_, String>(0)?).map_err(|e| undecodable(0, e))?;
    let name = ProjectName::parse(&row.get::<_, String>(1)?).map_err(|e| undecodable(1, e))?;
    let path = platform::path_from_bytes(row.get(2)?).ok_or_else(|| unknown(2, "path"))?;
    let runtime =
        RuntimeChoice::parse(&row.get::<_, String>(4)?).ok_or_else(|| unknown(4, "runtime"))?;
    let desired = match row.get::<_, String>(8)?.as_str() {
        "stopped" => Desired::Stopped,
        "running" => Desired::Running,
        other => return Err(unknown(8, other)),
    };
    let ports = ports::read(connection, &id)?.ok_or_else(|| unknown(0, "set of ports"))?;
    Ok(Project {
        name,
        path,
        slot: row.get(3)?,
        ports,
        runtime,
        limits: limits::read(connection, &id)?,
        engine: containers::engine(connection, &id)?,
        images: containers::images(connection, &id)?,
        read_only: row.get(5)?,
        pinned: row.get(6)?,
        autostart: row.get(7)?,
        environment: environment::read(connection, &id)?,
        desired,
        last_known: last_known(row)?,
        created_at: timestamp(row, 12)?,
        updated_at: timestamp(row, 13)?,
        id,
    })
}

fn last_known(row: &Row<'_>) -> rusqlite::Result<LastKnown> {
    Ok(match row.get::<_, String>(9)?.as_str() {
        "new" => LastKnown::New,
        "stopped" => LastKnown::Stopped(timestamp(row, 10)?),
        "running" => LastKnown::Running(timestamp(row, 10)?),
        "failed" => {
            let code = row.get::<_, String>(11)?;
            // A code of a Hub that had more of them is still a failure.
            let code = Code::parse(&code).unwrap_or(Code::Internal);
            LastKnown::Failed(timestamp(row, 10)?, code)
        }
        other => return Err(unknown(9, other)),
    })
}

fn millis(at: Timestamp) -> rusqlite::Result<i64> {
    i64::try_from(at.as_millis()).map_err(|e| Error::ToSqlConversionFailure(Box::new(e)))
}

fn timestamp(row: &Row<'_>, column: usize) -> rusqlite::Result<Timestamp> {
    let millis: i64 = row.get(column)?;
    u64::try_from(millis).map(Timestamp::from_millis).map_err(|e| undecodable(column, e))
}

/// A stored value that cannot be read back.
pub(crate) fn undecodable(column: usize, cause: impl StdError + Send + Sync + 'static) -> Error {
    Error::FromSqlConversionFailure(column, Type::Text, Box::new(cause))
}

fn unknown(column: usize, what: &str) -> Error {
    let words = format!("no Hub writes this: {what}");
    Error::FromSqlConversionFailure(column, Type::Text, words.into())
}
