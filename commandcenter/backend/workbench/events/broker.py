"""The event stream in Redis: writing to it, and the connections that read it.

Publishing never waits and never fails: events queue here (bounded) until Redis takes them. When the queue overflows
while Redis is away, the oldest are dropped and a `stream.gap` tells every page to fetch everything again.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections import deque
from datetime import UTC, datetime
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from workbench.backoff import backoff
from workbench.errors import unavailable

log = logging.getLogger("workbench.events")

STREAM_LENGTH = 2_000
"""About as many events are kept for pages that resume."""
QUEUE_LENGTH = 1_000
STREAMS_MAX = 64
"""Open event streams at a time; each has one Redis connection."""
CONNECT_SECONDS = 1.0
ANSWER_SECONDS = 5.0
BLOCK_LIMIT_SECONDS = 20.0
AWAY = (RedisError, OSError, TimeoutError)


class Broker:
    """Writes this project's events and answers whether Redis is there."""

    def __init__(self, url: str, project: str) -> None:
        self._url = url
        self.key = f"workbench:{project}:events"
        self._client = self.connect()
        self._queue: deque[dict[str, str]] = deque()
        self._dropped = 0
        self._told = 0
        """So many of the dropped events are told of by a gap."""
        self._wake = asyncio.Event()
        self.streams = 0

    def connect(self) -> Redis:
        """A client with one connection, made at its first command. It fails at once instead of retrying inside."""
        return Redis.from_url(
            self._url,
            single_connection_client=False,
            decode_responses=True,
            socket_connect_timeout=CONNECT_SECONDS,
            # Longer than a read that waits for events; every caller has a shorter deadline of its own.
            socket_timeout=BLOCK_LIMIT_SECONDS,
            retry=Retry(NoBackoff(), 0),
            max_connections=4,
        )

    async def ping(self) -> None:
        """A real PING. Raises whatever keeps Redis from answering."""
        await self._client.ping()

    def publish(self, kind: str, data: dict[str, Any]) -> None:
        """Queue one event."""
        if len(self._queue) >= QUEUE_LENGTH:
            self._queue.popleft()
            self._dropped += 1
        self._queue.append(fields(kind, data))
        self._wake.set()

    async def write(self) -> None:
        """Carry queued events to Redis, in order, for as long as the program runs."""
        waits = backoff()
        while True:
            await self._wake.wait()
            try:
                await self._drain()
                waits = backoff()
            except AWAY as cause:
                log.debug("Redis takes no events: %s", type(cause).__name__)
                await asyncio.sleep(next(waits))

    async def _drain(self) -> None:
        while self._queue or self._told < self._dropped:
            # More may be dropped while this one is written: a gap tells only of those before it.
            dropped = self._dropped
            is_gap = self._told < dropped
            event = fields("stream.gap", {}) if is_gap else self._queue[0]
            async with asyncio.timeout(ANSWER_SECONDS):
                await self._client.xadd(self.key, event, maxlen=STREAM_LENGTH, approximate=True)  # type: ignore[arg-type]
            if is_gap:
                self._told = dropped
            elif self._queue and self._queue[0] is event:
                self._queue.popleft()
        self._wake.clear()

    async def range_before(self, before: str | None, count: int) -> list[tuple[str, dict[str, str]]]:
        """At most `count` events older than the id `before`, newest first. Raises `ApiError` 503."""
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                found: Any = await self._client.xrevrange(self.key, max=f"({before}" if before else "+", count=count)
        except AWAY as cause:
            raise unavailable("redis_unavailable", "Redis is away. Try again in a moment.", cause) from cause
        return [(str(event_id), dict(event)) for event_id, event in found]

    def check_room(self) -> None:
        """Raises `ApiError` 503 when too many streams are open."""
        if self.streams >= STREAMS_MAX:
            raise unavailable("too_many_streams", "Too many pages follow this project. Close one.")

    async def close(self) -> None:
        """Drop the connections."""
        await self._client.aclose()


def fields(kind: str, data: dict[str, Any]) -> dict[str, str]:
    """An event as it lies in the Redis stream."""
    return {"type": kind, "at": datetime.now(UTC).isoformat(), "data": json.dumps(data)}
