"""Looks into files that may match, in the order in which they are named, until a page is full or the time is over.

The database fetches the next files while RE2 looks into those before. Files are fetched by their number first, and then
by their bytes: a chunk of large files is a short one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

from sqlalchemy import ARRAY, Integer, cast, func, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from workbench.search.content import unpacked
from workbench.search.pattern import Asked
from workbench.search.table import CONTENTS
from workbench.search.threads import in_search_thread

FIRST_CHUNK = 16
CHUNK_MAX = 128
CHUNK_BYTES = 512 * 1024
"""Compressed, about: what is fetched at once."""


IsWanted = Callable[[], Awaitable[bool]]
"""Whether somebody still waits for the answer."""
Found = tuple[int, bytes]
"""A file that matches: its id and its content, as the database keeps it."""


@dataclass(slots=True)
class Looked:
    """What a look found."""

    found: list[Found] = field(default_factory=list)
    """In the order of the files."""
    files: int = 0
    """Files that were looked into."""
    of: int = 0
    """Files that may match."""
    skip: int = 0


async def look_into(
    connection: AsyncConnection,
    ids: Sequence[int],
    asked: Asked,
    *,
    skip: int,
    enough: int,
    until: float,
    is_wanted: IsWanted,
) -> Looked:
    """Look into these files until there are `enough` that match, or `until` has passed on the clock of `perf_counter`.
    The contents of the first `skip` are not kept. A file that is gone by now counts as looked into. Ends early when the
    answer is not wanted any more."""
    looked = Looked(of=len(ids), skip=skip)
    size = FIRST_CHUNK
    coming: asyncio.Task[list[Any]] | None = asyncio.create_task(contents_of(connection, ids[:size]))
    at = size
    try:
        while coming is not None:
            chunk = await coming
            size, fetched = _next_size(chunk, size), min(at, len(ids))
            coming = asyncio.create_task(contents_of(connection, ids[at : at + size])) if at < len(ids) else None
            at += size
            whole = await in_search_thread(lambda chunk=chunk: _matching(asked, chunk, looked, until))  # type: ignore[misc]
            if whole:
                looked.files = fetched
            if not whole or len(looked.found) >= enough or perf_counter() > until or not await is_wanted():
                break
    finally:
        if coming is not None:
            # A connection can only be used again once the answer under way was read.
            await asyncio.gather(coming, return_exceptions=True)
    return looked


async def contents_of(connection: AsyncConnection, ids: Sequence[int]) -> list[Any]:
    """Ids and contents of these files, in the order of their ids."""
    query = select(CONTENTS.c.id, CONTENTS.c.content).where(is_one_of(CONTENTS.c.id, ids)).order_by(CONTENTS.c.id)
    return list((await connection.execute(query)).all())


def is_one_of(column: Any, ids: Sequence[int]) -> Any:
    """Like `IN`, with one parameter however many there are."""
    return column == func.any(cast(literal(list(ids), ARRAY(Integer)), ARRAY(Integer)))


def _next_size(chunk: list[Any], size: int) -> int:
    """How many files to fetch next: as many as have about the bytes of a chunk, if they are like the last ones."""
    of_chunk = sum(len(packed) for _, packed in chunk)
    return max(1, min(2 * size, CHUNK_MAX, size * CHUNK_BYTES // (of_chunk + 1)))


def _matching(asked: Asked, chunk: list[Any], looked: Looked, until: float) -> bool:
    """Look into one chunk; False when the time was over before its end."""
    for number, packed in chunk:
        if asked.matches(unpacked(packed)):
            looked.found.append((number, packed if len(looked.found) >= looked.skip else b""))
        looked.files += 1
        if perf_counter() > until:
            return False
    return True
