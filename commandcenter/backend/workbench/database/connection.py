"""Connections to Postgres that come up while it is still starting and come back after it restarted.

asyncpg is used directly, with plain SQL and plain migrations: SQLAlchemy's asyncio layer and Alembic would add about
0.2 s each to a start whose whole budget is 0.3 s, for a handful of statements. A lost connection is never
retried behind the caller's back, because a write might then happen twice: the request is answered with 503
`database_unavailable` and Retry-After, and the next one finds a new connection.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import asyncpg

from workbench.backoff import backoff
from workbench.database.migrate import MigrationRefused, known_migrations, migrate
from workbench.errors import ApiError, unavailable

log = logging.getLogger("workbench.database")

CONNECT_SECONDS = 2.0
STATEMENT_SECONDS = 10.0
ACQUIRE_SECONDS = 5.0
REQUEST_SECONDS = 15.0
"""All that one request does with the database, waiting for a connection included."""
POOL_SIZE = 6

_AWAY = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # a statement on a connection that is being lost
)
"""What says that Postgres is not there (any more), as opposed to a wrong statement."""


class Database:
    """The pool for requests, and one connection of its own for health."""

    def __init__(self, url: str) -> None:
        self._options: dict[str, Any] = {
            "dsn": url,
            "timeout": CONNECT_SECONDS,
            "command_timeout": STATEMENT_SECONDS,
        }
        if "sslmode" not in parse_qs(urlsplit(url).query):
            # The stack's Postgres is on loopback or in the same session and speaks no TLS: asking costs a round trip.
            self._options["ssl"] = False
        self._pool: Any = None
        self._probe: Any = None
        self._probing = asyncio.Lock()
        self.migrated = asyncio.Event()
        self.migrated_to = 0
        self.expected = known_migrations()[-1].number
        self.migration_error: str | None = None

    async def ping(self) -> None:
        """A real `SELECT 1` over a kept connection. Raises whatever keeps Postgres from answering."""
        async with self._probing:
            if self._probe is None or self._probe.is_closed():
                self._probe = await asyncpg.connect(**self._options)
            try:
                await self._probe.fetchval("SELECT 1")
            except BaseException:
                # Also when cancelled: a connection with an answer under way is of no use to the next probe.
                self._probe.terminate()
                self._probe = None
                raise

    async def prepare(self) -> None:
        """Connect, migrate, open the pool; retried until it is done or refused for good."""
        for wait in backoff():
            try:
                await self.ping()
                connection = await asyncpg.connect(**self._options)
                try:
                    self.migrated_to = await migrate(connection)
                finally:
                    connection.terminate()
                self._pool = await asyncpg.create_pool(min_size=0, max_size=POOL_SIZE, **self._options)
            except MigrationRefused as refused:
                self.migration_error = str(refused)
                log.error("%s", refused)
                return
            except (*_AWAY, TimeoutError, asyncpg.PostgresError) as cause:
                log.debug("Postgres is not ready: %s", type(cause).__name__)
                await asyncio.sleep(wait)
            else:
                self.migrated.set()
                return

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Any]:
        """A connection for one request. Raises `ApiError` 503 when Postgres is away or not prepared."""
        await self._wait_until_prepared()
        try:
            async with asyncio.timeout(REQUEST_SECONDS):
                connection = await self._pool.acquire(timeout=ACQUIRE_SECONDS)
                try:
                    yield connection
                except ApiError:
                    raise
                except BaseException:
                    # Lost in the middle of an answer it cannot be cleaned for the next request: doing so would fail
                    # or wait for a server that is gone.
                    connection.terminate()
                    raise
                finally:
                    await self._pool.release(connection, timeout=CONNECT_SECONDS)
        except TimeoutError as cause:
            raise unavailable(
                "database_busy", "Postgres did not answer in time. Try again in a moment.", cause
            ) from cause
        except _AWAY as cause:
            raise unavailable(
                "database_unavailable",
                "Postgres is away. Look again in a moment whether the last change is there.",
                cause,
            ) from cause

    async def _wait_until_prepared(self) -> None:
        if self.migration_error is not None:
            raise ApiError(
                503, "database_refused", "The database cannot be used by this version.", self.migration_error
            )
        try:
            async with asyncio.timeout(ACQUIRE_SECONDS):
                await self.migrated.wait()
        except TimeoutError as cause:
            raise unavailable(
                "database_unavailable", "Postgres is still starting. Try again in a moment.", cause
            ) from cause

    def close(self) -> None:
        """Drop all connections without waiting for Postgres."""
        if self._probe is not None:
            self._probe.terminate()
        if self._pool is not None:
            self._pool.terminate()
