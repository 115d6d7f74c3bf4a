"""Brings the database to the version this program knows: numbered SQL files, all pending ones in one transaction under
an advisory lock, so that two backends that start at once apply each exactly once. Applied files never change (their
checksum is kept); a database that is newer than the program is refused.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).with_name("migrations")
LOCK = 7_264_011_503
"""Number of the advisory lock; any number that nobody else uses in this database."""


class MigrationRefused(Exception):
    """The database cannot be brought to this program's version; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One SQL file, named `0001_what.sql`."""

    number: int
    name: str
    sql: str
    checksum: str


@cache
def known_migrations() -> tuple[Migration, ...]:
    """All migrations in order."""
    found = []
    for path in sorted(FOLDER.glob("[0-9]*_*.sql")):
        sql = path.read_text("utf-8")
        found.append(Migration(int(path.name[:4]), path.stem, sql, hashlib.sha256(sql.encode()).hexdigest()))
    return tuple(found)


async def migrate(connection: Any) -> int:
    """Apply what is pending and return the number of the last one. Raises `MigrationRefused`."""
    migrations = known_migrations()
    async with connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock($1)", LOCK)
        await connection.execute(
            "CREATE TABLE IF NOT EXISTS workbench_migrations ("
            "number integer PRIMARY KEY, name text NOT NULL, checksum text NOT NULL,"
            " applied_at timestamptz NOT NULL DEFAULT now())"
        )
        rows = await connection.fetch("SELECT number, name, checksum FROM workbench_migrations")
        applied = {row["number"]: row for row in rows}
        newest = max(applied, default=0)
        if newest > migrations[-1].number:
            raise MigrationRefused(
                f"the database is at version {newest}, this workbench knows {migrations[-1].number}: "
                "start it with the newer Hub that made it"
            )
        for migration in migrations:
            row = applied.get(migration.number)
            if row is None:
                await connection.execute(migration.sql)
                await connection.execute(
                    "INSERT INTO workbench_migrations (number, name, checksum) VALUES ($1, $2, $3)",
                    migration.number,
                    migration.name,
                    migration.checksum,
                )
            elif row["checksum"] != migration.checksum:
                raise MigrationRefused(
                    f"migration {migration.name} differs from the one that was applied: restore a backup or reset"
                )
    return migrations[-1].number
