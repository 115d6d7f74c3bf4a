"""SQLAlchemy's engine over asyncpg. Importing this costs about as much as the web framework: it is loaded together with
the API, or for migrations, never before the first answer of /health.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy import MetaData, event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

ACQUIRE_SECONDS = 5.0
"""How long a request waits for a connection."""

metadata = MetaData()
"""Every feature's tables; the migrations make them."""


def create_engine(connect: Callable[[], Awaitable[Any]], size: int) -> AsyncEngine:
    """An engine whose pool has `size` connections at most, each made by `connect`."""
    engine = create_async_engine(
        "postgresql+asyncpg://",
        async_creator=connect,
        pool_size=size,
        max_overflow=0,
        pool_timeout=ACQUIRE_SECONDS,
    )
    event.listen(engine.sync_engine, "checkout", _refuse_closed)
    return engine


def _refuse_closed(connection: Any, _record: Any, _proxy: Any) -> None:
    """A connection that was lost while nobody used it is replaced instead of failing a request."""
    if connection.driver_connection.is_closed():
        raise DisconnectionError
