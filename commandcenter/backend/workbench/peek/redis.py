"""Looks into Redis with commands that only read, a few keys or elements at a time: nothing here walks the whole
database in one command (KEYS), and no answer is larger than is shown."""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import monotonic
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, ResponseError

from workbench.errors import ApiError, unavailable
from workbench.peek.addresses import without_password
from workbench.peek.models import RedisKey, RedisKeys, RedisPeek, RedisValue

CONNECT_SECONDS = 1.0
ANSWER_SECONDS = 5.0
SCAN_SECONDS = 1.0
"""A pattern that matches little is looked for so long; then the page asks on."""
ELEMENTS_MAX = 500
STRING_MAX = 64 * 1024
TEXT_CUT = 2_000
ANSWER_MAX = 8 * 1024 * 1024
"""About how many bytes of elements are fetched."""


class RedisLook:
    """Answers for one project's Redis."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def summary(self) -> RedisPeek:
        """What there is. Raises `ApiError` 503."""
        async with self._client() as client:
            server: Any = await client.info("server")
            memory: Any = await client.info("memory")
            keys: Any = await client.dbsize()
        return RedisPeek(
            version=str(server["redis_version"]),
            used_memory_bytes=int(memory["used_memory"]),
            keys=int(keys),
            connection=without_password(self._url, 6379),
        )

    async def keys(self, match: str, cursor: int, count: int) -> RedisKeys:
        """About `count` keys that match, from a cursor on. Raises `ApiError` 503."""
        found: list[bytes] = []
        until = monotonic() + SCAN_SECONDS
        async with self._client() as client:
            while True:
                answer: Any = await client.scan(cursor, match=match, count=max(count, 100))
                cursor = int(answer[0])
                found += answer[1]
                if cursor == 0 or len(found) >= count or monotonic() > until:
                    break
            described = await _described(client, list(dict.fromkeys(found)))
        return RedisKeys(keys=described, cursor=str(cursor), more=cursor != 0)

    async def value(self, given: str) -> RedisValue:
        """What a key holds. Raises `ApiError`: 404 `key_not_found`, 422 `key_invalid`, 503."""
        key = _key_of(given)
        async with self._client() as client:
            described = (await _described(client, [key]))[0]
            if described.type == "none":
                raise ApiError(404, "key_not_found", "This key does not exist any more. Reload the keys.", given)
            length, value = await _held(client, key, described)
        shown = len(value) if not isinstance(value, str) else min(length, STRING_MAX)
        return RedisValue(
            key=described.key,
            id=described.id,
            type=described.type,
            ttl_seconds=described.ttl_seconds,
            length=length,
            value=value,
            truncated=shown < length,
        )

    @asynccontextmanager
    async def _client(self) -> AsyncIterator[Redis]:
        client = Redis.from_url(
            self._url,
            decode_responses=False,
            socket_connect_timeout=CONNECT_SECONDS,
            socket_timeout=ANSWER_SECONDS,
            retry=Retry(NoBackoff(), 0),
            max_connections=1,
        )
        try:
            async with asyncio.timeout(2 * ANSWER_SECONDS):
                yield client
        except (RedisError, OSError, TimeoutError) as cause:
            raise unavailable("redis_unavailable", "Redis is away. Try again in a moment.", cause) from cause
        finally:
            await client.aclose()


async def _described(client: Redis, keys: list[bytes]) -> list[RedisKey]:
    pipeline = client.pipeline(transaction=False)
    for key in keys:
        pipeline.type(key)
        pipeline.pttl(key)
        pipeline.memory_usage(key, samples=5)
    answers: list[Any] = await pipeline.execute(raise_on_error=False) if keys else []
    described = []
    for index, key in enumerate(keys):
        kind, ttl, size = answers[3 * index : 3 * index + 3]
        described.append(
            RedisKey(
                key=key.decode("utf-8", "replace"),
                id=base64.urlsafe_b64encode(key).rstrip(b"=").decode(),
                type="none" if isinstance(kind, Exception) else kind.decode(),
                ttl_seconds=ttl / 1000 if isinstance(ttl, int) and ttl >= 0 else None,
                bytes=size if isinstance(size, int) else None,
            )
        )
    return described


async def _held(client: Any, key: bytes, described: RedisKey) -> tuple[int, Any]:
    """How much there is, and what is shown of it."""
    kind = described.type
    if kind == "string":
        return await client.strlen(key), _text(await client.getrange(key, 0, STRING_MAX - 1), STRING_MAX)
    counts = {
        "list": client.llen,
        "hash": client.hlen,
        "set": client.scard,
        "zset": client.zcard,
        "stream": client.xlen,
    }
    if kind not in counts:
        return 0, "This type is not shown here."
    try:
        length = int(await counts[kind](key))
        fetched = _how_many(length, described.bytes)
        return length, await _elements(client, key, kind, fetched) if fetched else []
    except ResponseError as cause:
        raise ApiError(409, "key_changed", "The key was replaced by one of another type. Open it again.") from cause


def _how_many(length: int, size: int | None) -> int:
    """So many elements that their bytes stay bounded; none when already one may be too large."""
    mean = (size or 0) / max(length, 1)
    return min(ELEMENTS_MAX, length, int(ANSWER_MAX / max(mean, 1.0)))


async def _elements(client: Any, key: bytes, kind: str, count: int) -> Any:
    if kind == "list":
        return [_text(one) for one in await client.lrange(key, 0, count - 1)]
    if kind == "zset":
        found = await client.zrange(key, 0, count - 1, withscores=True)
        return [{"member": _text(member), "score": _score(score)} for member, score in found]
    if kind == "stream":
        entries = await client.xrange(key, count=count)
        return [
            {"id": one.decode(), "fields": {_text(name): _text(value) for name, value in (fields or {}).items()}}
            for one, fields in entries
        ]
    if kind == "set":
        return [_text(one) for one in await _scanned(client.sscan, key, count)]
    found = await _scanned(client.hscan, key, count)
    return {_text(name): _text(value) for name, value in found}


async def _scanned(scan: Any, key: bytes, count: int) -> list[Any]:
    found: list[Any] = []
    cursor = 0
    while True:
        cursor, part = await scan(key, cursor, count=count)
        found += part.items() if isinstance(part, dict) else part
        if int(cursor) == 0 or len(found) >= count:
            return found[:count]


def _score(score: float) -> float | str:
    return score if abs(score) != float("inf") else str(score)


def _text(value: bytes, cut: int = TEXT_CUT) -> str:
    text = value.decode("utf-8", "replace")
    return text if len(text) <= cut else text[:cut] + "…"


def _key_of(given: str) -> bytes:
    try:
        return base64.b64decode(given + "=" * (-len(given) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as cause:
        raise ApiError(422, "key_invalid", "This is not the id of a key. Open the key from the list.", given) from cause
