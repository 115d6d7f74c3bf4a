//! Table `limits`: the limits of services where they differ from the stack's own.

use super::projects::undecodable;
use hub_domain::{PerService, ProjectId, ResourceLimits, Service};
use rusqlite::{Connection, params};

pub(crate) const CREATE: &str = "CREATE TABLE limits (
    project    TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    service    TEXT NOT NULL CHECK (service IN ('postgres', 'redis', 'backend', 'frontend')),
    cpu_millis INTEGER NOT NULL,
    memory_mb  INTEGER NOT NULL,
    PRIMARY KEY (project, service)
) STRICT, WITHOUT ROWID;";

/// The own limits of a project's services.
pub(crate) fn read(
    connection: &Connection,
    project: &ProjectId,
) -> rusqlite::Result<PerService<Option<ResourceLimits>>> {
    let mut statement = connection
        .prepare_cached("SELECT service, cpu_millis, memory_mb FROM limits WHERE project = ?1")?;
    let mut found = PerService::default();
    let mut rows = statement.query([project.as_str()])?;
    while let Some(row) = rows.next()? {
        let service: Service = row.get::<_, String>(0)?.parse().map_err(|e| undecodable(0, e))?;
        let limits =
            ResourceLimits::new(row.get(1)?, row.get(2)?).map_err(|e| undecodable(1, e))?;
        found[service] = Some(limits);
    }
    Ok(found)
}

/// Replaces the own limits of a project's services.
pub(crate) fn write(
    connection: &Connection,
    project: &ProjectId,
    limits: &PerService<Option<ResourceLimits>>,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM limits WHERE project = ?1")?
        .execute([project.as_str()])?;
    let mut insert = connection.prepare_cached(
        "INSERT INTO limits (project, service, cpu_millis, memory_mb) VALUES (?1, ?2, ?3, ?4)",
    )?;
    for (service, own) in limits.iter() {
        if let Some(own) = own {
            insert.execute(params![
                project.as_str(),
                service.as_str(),
                own.cpu_millis(),
                own.memory_mb()
            ])?;
        }
    }
    Ok(())
}
