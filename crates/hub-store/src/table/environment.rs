//! Table `environment`: the user's own environment variables of single services.

use super::projects::undecodable;
use hub_domain::{ProjectId, Service};
use rusqlite::{Connection, params};
use std::collections::BTreeMap;

pub(crate) const CREATE: &str = "CREATE TABLE environment (
    project TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    service TEXT NOT NULL CHECK (service IN ('postgres', 'redis', 'backend', 'frontend')),
    name    TEXT NOT NULL,
    value   TEXT NOT NULL,
    PRIMARY KEY (project, service, name)
) STRICT, WITHOUT ROWID;";

/// The variables of a project.
pub(crate) fn read(
    connection: &Connection,
    project: &ProjectId,
) -> rusqlite::Result<BTreeMap<(Service, String), String>> {
    let mut statement = connection
        .prepare_cached("SELECT service, name, value FROM environment WHERE project = ?1")?;
    let mut found = BTreeMap::new();
    let mut rows = statement.query([project.as_str()])?;
    while let Some(row) = rows.next()? {
        let service: Service = row.get::<_, String>(0)?.parse().map_err(|e| undecodable(0, e))?;
        found.insert((service, row.get(1)?), row.get(2)?);
    }
    Ok(found)
}

/// Replaces the variables of a project.
pub(crate) fn write(
    connection: &Connection,
    project: &ProjectId,
    environment: &BTreeMap<(Service, String), String>,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM environment WHERE project = ?1")?
        .execute([project.as_str()])?;
    let mut insert = connection.prepare_cached(
        "INSERT INTO environment (project, service, name, value) VALUES (?1, ?2, ?3, ?4)",
    )?;
    for ((service, name), value) in environment {
        insert.execute(params![project.as_str(), service.as_str(), name, value])?;
    }
    Ok(())
}
