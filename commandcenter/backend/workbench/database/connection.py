"""Connections to Postgres that come up while it is still starting and come back after it restarted.

Requests use SQLAlchemy's engine, which is loaded with the API; /health and the check of migrations use asyncpg alone,
so that neither waits for SQLAlchemy. A lost connection is never retried behind the caller's back, because a write might
then happen twice: the request is answered with 503 `database_unavailable` and Retry-After, and the next one finds a new
connection.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit
from weakref import WeakSet

import asyncpg

from workbench.backoff import backoff
from workbench.database.migrate import MigrationRefused, known_revisions, migrate
from workbench.errors import ApiError, unavailable

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

log = logging.getLogger("workbench.database")

CONNECT_SECONDS = 2.0
STATEMENT_SECONDS = 10.0
PREPARED_SECONDS = 5.0
"""How long a request waits for migrations."""
REQUEST_SECONDS = 15.0
"""All that one request does with the database, waiting for a connection included."""
POOL_SIZE = 6

AWAY = (
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
        self._url = url
        self._options: dict[str, Any] = {"timeout": CONNECT_SECONDS, "command_timeout": STATEMENT_SECONDS}
        if "sslmode" not in parse_qs(urlsplit(url).query):
            # The stack's Postgres is on loopback or in the same session and speaks no TLS: asking costs a round trip.
            self._options["ssl"] = False
        self._engine: AsyncEngine | None = None
        self._open: WeakSet[Any] = WeakSet()
        """The pool's connections."""
        self._probe: Any = None
        self._probing = asyncio.Lock()
        self.migrated = asyncio.Event()
        self.migrated_to = 0
        self.expected = int(known_revisions()[-1])
        self.migration_error: str | None = None

    async def ping(self) -> None:
        """A real `SELECT 1` over a kept connection. Raises whatever keeps Postgres from answering."""
        async with self._probing:
            if self._probe is None or self._probe.is_closed():
                self._probe = await self.dedicated()
            try:
                await self._probe.fetchval("SELECT 1")
            except BaseException:
                # Also when cancelled: a connection with an answer under way is of no use to the next probe.
                self._probe.terminate()
                self._probe = None
                raise

    async def dedicated(self, **options: Any) -> Any:
        """An asyncpg connection of the caller's own, outside the pool, for what SQLAlchemy cannot do (COPY) or what
        must not wait for requests. `options` are asyncpg's. The caller ends it."""
        return await asyncpg.connect(dsn=self._url, **self._options | options)

    async def prepare(self) -> None:
        """Connect and migrate; retried until it is done or refused for good."""
        for wait in backoff():
            try:
                await self.ping()
                connection = await self.dedicated()
                try:
                    self.migrated_to = await migrate(connection, self.dedicated)
                finally:
                    connection.terminate()
            except MigrationRefused as refused:
                self.migration_error = str(refused)
                log.error("%s", refused)
                return
            except (*AWAY, TimeoutError) as cause:
                log.debug("Postgres is not ready: %s", type(cause).__name__)
                await asyncio.sleep(wait)
            except Exception as cause:
                # SQLAlchemy wraps what happens while migrating; a lost connection among it passes, too.
                if _away(cause) is None:
                    log.exception("the database could not be migrated")
                    self.migration_error = f"the database could not be migrated: {getattr(cause, 'orig', cause)}"
                    return
                await asyncio.sleep(wait)
            else:
                self.migrated.set()
                return

    @asynccontextmanager
    async def connection(
        self, *, snapshot: bool = False, seconds: float = REQUEST_SECONDS
    ) -> AsyncIterator[AsyncConnection]:
        """A connection in one transaction, which is committed at the end of the block unless something was raised.
        With `snapshot` all its statements see the same state and none may write. The block may take `seconds`.

        Raises `ApiError` 503 when Postgres is away or not prepared.
        """
        await self._wait_until_prepared()
        from workbench.database import engine as loaded  # loaded with the API, so this costs nothing

        if self._engine is None:
            self._engine = loaded.create_engine(self._pooled, POOL_SIZE)
        try:
            async with asyncio.timeout(seconds), self._engine.connect() as connection:
                if snapshot:
                    await connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
                driver: Any = (await connection.get_raw_connection()).driver_connection
                try:
                    yield connection
                    await connection.commit()
                except BaseException as error:
                    if isinstance(error, asyncio.CancelledError) or _away(error) is not None:
                        # Lost in the middle of an answer it cannot be cleaned for the next request: doing so would
                        # fail or wait for a server that is gone.
                        driver.terminate()
                        await connection.invalidate()
                    raise
        except Exception as error:
            away = _away(error)
            if away is None:
                raise
            raise away from error

    async def _pooled(self) -> Any:
        connection = await self.dedicated()
        self._open.add(connection)
        return connection

    async def _wait_until_prepared(self) -> None:
        if self.migration_error is not None:
            raise ApiError(
                503, "database_refused", "The database cannot be used by this version.", self.migration_error
            )
        try:
            async with asyncio.timeout(PREPARED_SECONDS):
                await self.migrated.wait()
        except TimeoutError as cause:
            raise unavailable(
                "database_unavailable", "Postgres is still starting. Try again in a moment.", cause
            ) from cause

    def close(self) -> None:
        """Drop all connections without waiting for Postgres."""
        if self._probe is not None:
            self._probe.terminate()
        for connection in self._open:
            connection.terminate()


def _away(error: BaseException | None) -> ApiError | None:
    """What the caller is told when Postgres is slow or away; None when the error says something else. SQLAlchemy wraps
    what asyncpg raised, so its causes are looked at, too."""
    from sqlalchemy.exc import TimeoutError as PoolTimeout

    chain = []
    while error is not None:
        chain.append(error)
        error = error.__cause__ or getattr(error, "orig", None)
    # A TimeoutError is an OSError, too: it is asked for first.
    for one in chain:
        if isinstance(one, TimeoutError | PoolTimeout):
            return unavailable("database_busy", "Postgres did not answer in time. Try again in a moment.", one)
    for one in chain:
        # asyncpg's complaint about a value is an InterfaceError as well: that one is ours.
        if isinstance(one, AWAY) and not isinstance(one, ValueError):
            return unavailable(
                "database_unavailable",
                "Postgres is away. Look again in a moment whether the last change is there.",
                one,
            )
    return None
