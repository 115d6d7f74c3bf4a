"""Brings the database to the version this program knows. The migrations are Alembic's, one file per feature, numbered
without gaps and never changed once released; there is no way back but a backup.

A start costs one query: Alembic and SQLAlchemy are imported only when the database is behind. All pending migrations
run in one transaction under an advisory lock, so that two backends that start at once apply each exactly once. A
database that is newer than the program is refused.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import cache
from pathlib import Path
from typing import Any

import asyncpg

FOLDER = Path(__file__).with_name("migrations")
LOCK = 7_264_011_503
"""Number of the advisory lock; any number that nobody else uses in this database."""
DEADLINE_SECONDS = 120.0
"""For all pending migrations, waiting for another backend's included."""

Connect = Callable[..., Awaitable[Any]]


class MigrationRefused(Exception):
    """The database cannot be brought to this program's version; the text says why and what to do."""


@cache
def known_revisions() -> tuple[str, ...]:
    """All revisions in order, by the names of their files: `0001_what.py`."""
    return tuple(sorted(path.name[:4] for path in FOLDER.glob("versions/[0-9]*_*.py")))


async def migrate(connection: Any, connect: Connect) -> int:
    """Apply what is pending and return the number of the last revision. Raises `MigrationRefused`.

    `connection` asks for the version; `connect` makes another one for SQLAlchemy if there is something to do.
    """
    head = known_revisions()[-1]
    try:
        now = await connection.fetchval("SELECT version_num FROM alembic_version")
    except asyncpg.UndefinedTableError:
        now = None
    if now != head:
        _refuse_unknown(now)
        async with asyncio.timeout(DEADLINE_SECONDS):
            await _upgrade(connect)
    return int(head)


def _refuse_unknown(revision: str | None) -> None:
    known = known_revisions()
    if revision is not None and revision not in known:
        raise MigrationRefused(
            f"the database is at version {revision}, this workbench knows {known[-1]}: "
            "start it with the newer Hub that made it"
        )


async def _upgrade(connect: Connect) -> None:
    from workbench.overview.thread import in_thread

    def load() -> Any:
        from alembic import command  # noqa: F401 -- what `_run` will need

        from workbench.database import engine

        return engine

    # Loading takes longer than anything else here, and /health is asked meanwhile.
    loaded = await in_thread(load, "load-alembic")
    # A migration may take longer than a request.
    engine = loaded.create_engine(lambda: connect(command_timeout=DEADLINE_SECONDS), size=1)
    try:
        async with engine.begin() as connection:
            await connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")
            await connection.run_sync(_run)
    finally:
        await engine.dispose()


def _run(connection: Any) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.runtime.migration import MigrationContext

    # Another backend may have been here while this one waited for the lock.
    _refuse_unknown(MigrationContext.configure(connection).get_current_revision())
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    command.upgrade(config, "head")
