//! Table `ports`: which port belongs to which service of which project. The port is the key, so no
//! two services of the whole Hub can have one.

use super::projects::undecodable;
use hub_domain::{PerService, PortPlan, ProjectId, Service};
use rusqlite::{Connection, params};

pub(crate) const CREATE: &str = "CREATE TABLE ports (
    port    INTEGER NOT NULL PRIMARY KEY CHECK (port BETWEEN 0 AND 65535),
    project TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    service TEXT NOT NULL CHECK (service IN ('postgres', 'redis', 'backend', 'frontend')),
    UNIQUE (project, service)
) STRICT;";

/// The ports of a project; `None` when one of the four is missing.
pub(crate) fn read(
    connection: &Connection,
    project: &ProjectId,
) -> rusqlite::Result<Option<PortPlan>> {
    let mut statement =
        connection.prepare_cached("SELECT service, port FROM ports WHERE project = ?1")?;
    let mut found = PerService::<Option<u16>>::default();
    let mut rows = statement.query([project.as_str()])?;
    while let Some(row) = rows.next()? {
        let service: Service = row.get::<_, String>(0)?.parse().map_err(|e| undecodable(0, e))?;
        found[service] = Some(row.get(1)?);
    }
    let complete = found.iter().all(|(_, port)| port.is_some());
    Ok(complete.then(|| found.map(|_, port| port.unwrap_or_default())))
}

/// Replaces the ports of a project.
pub(crate) fn write(
    connection: &Connection,
    project: &ProjectId,
    ports: &PortPlan,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM ports WHERE project = ?1")?
        .execute([project.as_str()])?;
    let mut insert = connection
        .prepare_cached("INSERT INTO ports (port, project, service) VALUES (?1, ?2, ?3)")?;
    for (service, port) in ports.iter() {
        insert.execute(params![port, project.as_str(), service.as_str()])?;
    }
    Ok(())
}
