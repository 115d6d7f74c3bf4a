"""One page's live stream: server-sent events read from the Redis stream, resumed after an id.

Survives restarts of Redis by connecting anew; if ids went backwards or were trimmed away meanwhile, the page is told
with `stream.gap`. Ends at once when the program stops. Heartbeats are comments, every 10 s at least.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Coroutine
from typing import Any, TypeVar

from redis.asyncio import Redis

from workbench.backoff import backoff
from workbench.events.broker import AWAY, Broker, fields

STREAM_ID = re.compile(r"\d{1,20}-\d{1,20}")
HEARTBEAT_SECONDS = 10.0
BATCH = 200
START = "0-0"
T = TypeVar("T")
RETRY_MS = 500
"""How long a page waits before it connects again."""


async def follow(broker: Broker, stopping: asyncio.Event, after: str | None) -> AsyncIterator[bytes]:
    """Bytes of the stream: events after the id `after`, or from now on."""
    broker.streams += 1
    client = broker.connect()
    stop = asyncio.create_task(stopping.wait())
    try:
        yield f"retry: {RETRY_MS}\n: connected\n\n".encode()
        last = after
        waits = backoff()
        fresh = True
        while not stopping.is_set():
            try:
                if fresh:
                    last, lost = await _unless(stop, _position(client, broker.key, last)) or (last, False)
                    fresh = False
                    yield (_encode(last, fields("stream.gap", {})) if lost else f"id: {last}\n: following\n\n".encode())
                batch = await _unless(stop, _next(client, broker.key, last or START))
                waits = backoff()
            except AWAY:
                fresh = True
                yield b": waiting for Redis\n\n"
                await _unless(stop, asyncio.sleep(next(waits)))
                continue
            if batch is None:
                return
            for event_id, event in batch:
                last = event_id
                yield _encode(event_id, event)
            if not batch:
                yield b": beat\n\n"
    finally:
        broker.streams -= 1
        stop.cancel()
        await client.aclose()


async def _position(client: Redis, key: str, wanted: str | None) -> tuple[str, bool]:
    """Where to read from, and whether events between `wanted` and there are gone."""
    async with asyncio.timeout(HEARTBEAT_SECONDS):
        oldest: Any = await client.xrange(key, count=1)
        newest: Any = await client.xrevrange(key, count=1)
    newest_id = str(newest[0][0]) if newest else START
    if wanted is None:
        return newest_id, False
    if _order(wanted) > _order(newest_id):
        return newest_id, True
    lost = bool(oldest) and _order(oldest[0][0]) > _order(wanted) and await _trimmed(client, key, oldest[0][0], wanted)
    return wanted, lost


async def _trimmed(client: Redis, key: str, oldest: str, wanted: str) -> bool:
    """Whether entries after `wanted` were trimmed away. A stream that was never trimmed has lost nothing."""
    async with asyncio.timeout(HEARTBEAT_SECONDS):
        info: Any = await client.xinfo_stream(key)
    return wanted != START or int(info.get("entries-added", info["length"])) > int(info["length"])


async def _next(client: Redis, key: str, last: str) -> list[tuple[str, dict[str, str]]]:
    async with asyncio.timeout(HEARTBEAT_SECONDS + 5):
        found: Any = await client.xread({key: last}, count=BATCH, block=int(HEARTBEAT_SECONDS * 1000))
    if not found:
        return []
    entries = found[key][0] if isinstance(found, dict) else found[0][1]
    return [(str(event_id), dict(event)) for event_id, event in entries]


async def _unless(stop: asyncio.Task[Any], work: Coroutine[Any, Any, T]) -> T | None:
    """What `work` gives, or None as soon as the program stops."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.wait({task, stop}, return_when=asyncio.FIRST_COMPLETED)
        return None if not task.done() else task.result()
    finally:
        task.cancel()


def _order(event_id: str) -> tuple[int, int]:
    milliseconds, number = event_id.split("-")
    return int(milliseconds), int(number)


def _encode(event_id: str | None, event: dict[str, str]) -> bytes:
    data = json.dumps({"type": event["type"], "at": event["at"], "data": json.loads(event["data"])})
    head = f"id: {event_id}\n" if event_id else ""
    return f"{head}event: {event['type']}\ndata: {data}\n\n".encode()
