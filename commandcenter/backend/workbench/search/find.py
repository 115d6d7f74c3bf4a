"""Finds files: the database names candidates, RE2 looks into them, and the lines of one page are read out.

Broad queries end early: as soon as there are enough files for the page, the rest is not looked at and the total is "at
least". Everything is bounded: candidates by windows, a page by its lines, the whole by a deadline.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from sqlalchemy import ARRAY, Integer, case, cast, func, literal, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from workbench.database.connection import Database
from workbench.errors import ApiError
from workbench.files.ids import file_id, shown
from workbench.search.candidates import candidates
from workbench.search.content import unpacked
from workbench.search.lines import matching_lines
from workbench.search.models import FoundFile, IndexStatus, Mode, SearchResults
from workbench.search.pattern import Asked, compile_query
from workbench.search.table import CONTENTS, FILES, has_lexemes, of_files
from workbench.search.threads import in_search_thread

SEARCH_SECONDS = 5.0
PATIENCE_SECONDS = 1.0
"""From then on what was found is enough."""
WINDOW = 100
"""So many files are looked into before they are sorted; further pages are made of further windows."""
CANDIDATES_MAX = 3000
"""Files that the words leave which are looked into, where that is needed."""
CHUNK = 64
"""Files fetched at once."""
COUNTED_MAX = 64
"""Matches counted in one file, for its score."""
NAME_BONUS = 0.5
COUNT_BONUS = 0.1
_QUICK = text(
    "SELECT set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true),"
    " set_config('jit', 'off', true), set_config('max_parallel_workers_per_gather', '0', true)"
)
"""Plans that give their first rows at once; most of the rest is never asked for."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A query as the page sends it."""

    query: str
    mode: Mode
    case: bool
    path: str
    language: str
    limit: int
    offset: int


@dataclass(slots=True)
class _Hit:
    id: int
    path: bytes
    language: str
    score: float


_Candidate = tuple[_Hit, bytes]
_HIT = (FILES.c.id, FILES.c.path, FILES.c.language)


@dataclass(slots=True)
class _Hits:
    """A page of files, and how many there are in all as far as is known."""

    page: list[_Hit]
    total: int
    exact: bool
    more: bool


async def find(database: Database, wanted: Wanted, index: IndexStatus) -> SearchResults:
    """Raises `ApiError`: 422 `search_pattern_invalid`, 503 `search_too_slow`."""
    began = perf_counter()
    asked = compile_query(wanted.query, wanted.mode, case=wanted.case) if wanted.query.strip() else None
    try:
        async with asyncio.timeout(SEARCH_SECONDS), database.connection(snapshot=True) as connection:
            await connection.execute(_QUICK)
            hits = await _hits(connection, wanted, asked)
            files = await _shown(connection, hits.page, asked)
    except TimeoutError as slow:
        raise ApiError(
            503,
            "search_too_slow",
            "This takes too long. Add a longer word, or narrow it by path or language.",
            f"stopped after {SEARCH_SECONDS:g} s",
        ) from slow
    return SearchResults(
        took_ms=round((perf_counter() - began) * 1000, 2),
        total=hits.total,
        total_is_exact=hits.exact,
        truncated=hits.more,
        files=files,
        index=index,
    )


async def _hits(connection: AsyncConnection, wanted: Wanted, asked: Asked | None) -> _Hits:
    conditions = of_files(wanted.path, wanted.language)
    if asked is None:
        return await _by_path(connection, wanted, conditions)
    if asked.lexemes:
        return await _by_words(connection, wanted, asked, conditions)
    return await _looked_into(_by_grams(connection, asked, conditions), asked, wanted)


async def _by_path(connection: AsyncConnection, wanted: Wanted, conditions: list[Any]) -> _Hits:
    """Files by path, without looking into them."""
    query = (
        select(*_HIT, FILES.c.rank, func.count().over())
        .where(*conditions)
        .order_by(FILES.c.path)
        .limit(wanted.limit)
        .offset(wanted.offset)
    )
    rows = (await connection.execute(query)).all()
    return _page_of([_Hit(*row[:4]) for row in rows], rows[0][4] if rows else 0, wanted.offset)


async def _by_words(connection: AsyncConnection, wanted: Wanted, asked: Asked, conditions: list[Any]) -> _Hits:
    """Files that have all words, those with a word in their name first. Few of them are sorted by what is in them."""
    in_name = case((has_lexemes(FILES.c.names, asked.any_lexeme), NAME_BONUS), else_=0.0)
    score = (FILES.c.rank + in_name).label("score")
    if asked.clauses:
        ids = await candidates(connection, asked.clauses)
        conditions = conditions if ids is None else [*conditions, _is_one_of(FILES.c.id, ids)]
    end = wanted.offset + wanted.limit
    query = (
        select(*_HIT, score, func.count().over())
        .where(has_lexemes(FILES.c.words, asked.lexemes), *conditions)
        .order_by(score.desc(), FILES.c.id)
        .limit(max(end, WINDOW + 1) if asked.exact else CANDIDATES_MAX)
    )
    rows = (await connection.execute(query)).all()
    total = rows[0][4] if rows else 0
    hits = [_Hit(*row[:4]) for row in rows]
    if asked.exact and total > WINDOW:
        return _page_of(hits[wanted.offset : end], total, wanted.offset)
    found = await _looked_into(_with_content(connection, hits), asked, wanted)
    found.exact = found.exact and len(hits) == total
    return found


def _page_of(page: list[_Hit], total: int, offset: int) -> _Hits:
    return _Hits(page, total, exact=True, more=offset + len(page) < total)


async def _by_grams(
    connection: AsyncConnection, asked: Asked, conditions: list[Any]
) -> AsyncGenerator[list[_Candidate]]:
    """Files whose grams allow for a match; all files where nothing is known of the matches."""
    ids = await candidates(connection, asked.clauses)
    if ids is None or conditions:
        some = [] if ids is None else [_is_one_of(FILES.c.id, ids)]
        query = select(FILES.c.id).where(FILES.c.kind == "text", *some, *conditions).order_by(FILES.c.id)
        ids = list((await connection.execute(query)).scalars())
    whole = select(*_HIT, FILES.c.rank, CONTENTS.c.content).join(CONTENTS, CONTENTS.c.id == FILES.c.id)
    for at in range(0, len(ids), CHUNK):
        rows = await connection.execute(whole.where(_is_one_of(FILES.c.id, ids[at : at + CHUNK])).order_by(FILES.c.id))
        yield [(_Hit(*row[:4]), row[4]) for row in rows]


def _is_one_of(column: Any, ids: list[int]) -> Any:
    """Like `IN`, with one parameter however many there are."""
    return column == func.any(cast(literal(ids, ARRAY(Integer)), ARRAY(Integer)))


async def _with_content(connection: AsyncConnection, hits: list[_Hit]) -> AsyncGenerator[list[_Candidate]]:
    for at in range(0, len(hits), CHUNK):
        chunk = hits[at : at + CHUNK]
        contents = await _contents(connection, chunk)
        yield [(hit, contents[hit.id]) for hit in chunk if hit.id in contents]


async def _contents(connection: AsyncConnection, hits: list[_Hit]) -> dict[int, bytes]:
    query = select(CONTENTS.c.id, CONTENTS.c.content).where(_is_one_of(CONTENTS.c.id, [hit.id for hit in hits]))
    return {row[0]: row[1] for row in await connection.execute(query)}


async def _looked_into(candidates: AsyncGenerator[list[_Candidate]], asked: Asked, wanted: Wanted) -> _Hits:
    """Those candidates that really match, window by window sorted by score."""
    end = wanted.offset + wanted.limit
    found: list[_Hit] = []
    window: list[_Hit] = []
    exact = True
    until = perf_counter() + PATIENCE_SECONDS
    async with aclosing(candidates):
        async for chunk in candidates:
            window += await in_search_thread(lambda chunk=chunk: _matching(asked, chunk, wanted.query))  # type: ignore[misc]
            while len(window) >= WINDOW:
                found += _best_first(window[:WINDOW])
                window = window[WINDOW:]
            if len(found) > end or (perf_counter() > until and (found or window)):
                exact = False
                break
    found += _best_first(window)
    return _Hits(found[wanted.offset : end], len(found), exact, more=not exact or len(found) > end)


def _matching(asked: Asked, chunk: list[_Candidate], query: str) -> list[_Hit]:
    found = []
    name = query.strip().lower().encode()
    for hit, packed in chunk:
        count = asked.count(unpacked(packed), COUNTED_MAX)
        if count == 0:
            continue
        hit.score += COUNT_BONUS * math.log2(1 + min(count, COUNTED_MAX))
        if not asked.lexemes and name in hit.path.lower().rpartition(b"/")[2]:
            hit.score += NAME_BONUS
        found.append(hit)
    return found


def _best_first(hits: list[_Hit]) -> list[_Hit]:
    return sorted(hits, key=lambda hit: -hit.score)


async def _shown(connection: AsyncConnection, hits: list[_Hit], asked: Asked | None) -> list[FoundFile]:
    contents = await _contents(connection, hits) if asked is not None else {}

    def read() -> list[FoundFile]:
        return [_file(hit, contents.get(hit.id), asked) for hit in hits]

    return await in_search_thread(read)


def _file(hit: _Hit, packed: bytes | None, asked: Asked | None) -> FoundFile:
    matches, more = ([], 0) if packed is None or asked is None else matching_lines(asked, unpacked(packed))
    return FoundFile(
        path=shown(hit.path),
        id=file_id(hit.path),
        language=hit.language,
        score=round(hit.score, 3),
        matches=matches,
        more_matches=more,
    )
