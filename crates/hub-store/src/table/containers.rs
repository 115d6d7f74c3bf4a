//! Tables `engines` and `images`: where a project's containers run and what they are made from, where
//! that differs from the Hub's own choice.

use super::projects::undecodable;
use hub_domain::{EngineAddress, ImageName, PerService, Project, ProjectId, Service};
use rusqlite::{Connection, OptionalExtension, params};

pub(crate) const CREATE: &str = "CREATE TABLE engines (
    project TEXT NOT NULL PRIMARY KEY REFERENCES projects (id) ON DELETE CASCADE,
    address TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE images (
    project TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    service TEXT NOT NULL CHECK (service IN ('postgres', 'redis', 'backend', 'frontend')),
    image   TEXT NOT NULL,
    PRIMARY KEY (project, service)
) STRICT, WITHOUT ROWID;";

/// The engine that a project names.
pub(crate) fn engine(
    connection: &Connection,
    project: &ProjectId,
) -> rusqlite::Result<Option<EngineAddress>> {
    let mut statement =
        connection.prepare_cached("SELECT address FROM engines WHERE project = ?1")?;
    let address: Option<String> =
        statement.query_row([project.as_str()], |row| row.get(0)).optional()?;
    address.map(|text| EngineAddress::parse(&text).map_err(|e| undecodable(0, e))).transpose()
}

/// The images that a project names.
pub(crate) fn images(
    connection: &Connection,
    project: &ProjectId,
) -> rusqlite::Result<PerService<Option<ImageName>>> {
    let mut statement =
        connection.prepare_cached("SELECT service, image FROM images WHERE project = ?1")?;
    let mut found = PerService::default();
    let mut rows = statement.query([project.as_str()])?;
    while let Some(row) = rows.next()? {
        let service: Service = row.get::<_, String>(0)?.parse().map_err(|e| undecodable(0, e))?;
        let image = ImageName::parse(&row.get::<_, String>(1)?).map_err(|e| undecodable(1, e))?;
        found[service] = Some(image);
    }
    Ok(found)
}

/// Replaces what a project names.
pub(crate) fn write(connection: &Connection, project: &Project) -> rusqlite::Result<()> {
    let id = project.id.as_str();
    for table in ["engines", "images"] {
        let sql = format!("DELETE FROM {table} WHERE project = ?1");
        connection.prepare_cached(&sql)?.execute([id])?;
    }
    if let Some(engine) = &project.engine {
        connection
            .prepare_cached("INSERT INTO engines (project, address) VALUES (?1, ?2)")?
            .execute(params![id, engine.as_str()])?;
    }
    let mut insert = connection
        .prepare_cached("INSERT INTO images (project, service, image) VALUES (?1, ?2, ?3)")?;
    for (service, image) in project.images.iter() {
        if let Some(image) = image {
            insert.execute(params![id, service.as_str(), image.as_str()])?;
        }
    }
    Ok(())
}
