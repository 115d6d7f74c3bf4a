"""Finds files: the database names candidates, RE2 looks into them, and the lines of one page are read out.

Broad queries end early: as soon as there are enough files for the page, the rest is not looked at and the total is "at
least". A query whose candidates are many and whose matches are few ends when the patience is over, and says so. Files
come in the order of the index, which is that of their rank; those of one page are sorted by what is in them.
"""

from __future__ import annotations

import asyncio
import math
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

from sqlalchemy import cast, func, literal, select
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.ext.asyncio import AsyncConnection

from workbench.database.connection import Database
from workbench.errors import ApiError
from workbench.files.ids import file_id, shown
from workbench.search.candidates import candidates
from workbench.search.content import unpacked
from workbench.search.lines import matching_lines
from workbench.search.look import IsWanted, contents_of, is_one_of, look_into
from workbench.search.models import FoundFile, IndexStatus, Mode, SearchResults
from workbench.search.pattern import Asked, compile_query
from workbench.search.table import FILES, WORDS, has_lexemes, of_files
from workbench.search.threads import in_search_thread

SEARCH_SECONDS = 8.0
CANDIDATES_MAX = 3000
"""Files that the words leave which are looked into, where that is needed."""
SHOWING = 0.5
"""Share of the patience, after that for finding, in which lines are read."""
SHOWN_LEAST = 5
"""Files that are shown with their lines whatever the time."""
NAME_BONUS = 0.5
COUNT_BONUS = 0.1
_QUICK = sql(
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
    patience: float
    """Seconds after which the answer is what was found by then."""
    is_wanted: IsWanted


@dataclass(slots=True)
class _Hits:
    """A page of files, and how many there are in all as far as is known."""

    page: list[int] = field(default_factory=list)
    contents: dict[int, bytes] = field(default_factory=dict)
    """Those that were fetched already."""
    total: int = 0
    exact: bool = True
    unfinished: bool = False
    looked_into: int = 0
    candidates: int = 0


async def find(database: Database, wanted: Wanted, index: IndexStatus) -> SearchResults:
    """Raises `ApiError`: 422 `search_pattern_invalid`, 503 `search_too_slow`."""
    began = perf_counter()
    asked = compile_query(wanted.query, wanted.mode, case=wanted.case) if wanted.query.strip() else None
    try:
        async with asyncio.timeout(SEARCH_SECONDS), database.connection(snapshot=True) as connection:
            await connection.execute(_QUICK)
            hits = await _hits(connection, wanted, asked, began + wanted.patience)
            files = await _shown(connection, hits, asked, wanted)
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
        truncated=not hits.exact or wanted.offset + len(hits.page) < hits.total,
        unfinished=hits.unfinished,
        looked_into=hits.looked_into,
        candidates=hits.candidates,
        files=files,
        index=index,
    )


async def _hits(connection: AsyncConnection, wanted: Wanted, asked: Asked | None, until: float) -> _Hits:
    conditions = of_files(wanted.path, wanted.language)
    if asked is None:
        return await _by_path(connection, wanted, conditions)
    if not asked.lexemes:
        ids = await _narrowed(connection, await candidates(connection, asked.clauses), conditions)
        return await _looked_into(connection, ids, wanted, asked, until)
    if asked.clauses:
        conditions.append(is_one_of(FILES.c.id, await candidates(connection, asked.clauses)))
    if asked.exact:
        return await _by_words(connection, wanted, asked, conditions)
    every = await _by_words(connection, wanted, asked, conditions, most=CANDIDATES_MAX)
    hits = await _looked_into(connection, every.page, wanted, asked, until)
    hits.exact = hits.exact and every.total <= CANDIDATES_MAX
    hits.candidates = every.total
    return hits


async def _by_path(connection: AsyncConnection, wanted: Wanted, conditions: list[Any]) -> _Hits:
    """Files by path, without looking into them."""
    query = select(FILES.c.id, func.count().over()).where(*conditions).order_by(FILES.c.path)
    rows = (await connection.execute(query.limit(wanted.limit).offset(wanted.offset))).all()
    return _Hits([row[0] for row in rows], total=rows[0][1] if rows else 0)


async def _by_words(
    connection: AsyncConnection, wanted: Wanted, asked: Asked, conditions: list[Any], most: int | None = None
) -> _Hits:
    """Files that have all words, those with one in their name first: the page that is wanted, or the first `most`."""
    in_name = WORDS.c.names.bool_op("@@")(cast(literal(asked.any_lexeme), TSQUERY))
    found = select(WORDS.c.id, WORDS.c.rank, in_name.label("named")).where(has_lexemes(WORDS.c.words, asked.lexemes))
    if conditions:
        found = found.join(FILES, FILES.c.id == WORDS.c.id).where(*conditions)
    every = found.cte("found").prefix_with("MATERIALIZED")
    total = select(func.count()).select_from(every).scalar_subquery()
    page = select(every.c.id, total).order_by(every.c.named.desc(), every.c.rank.desc(), every.c.id)
    page = page.limit(wanted.limit).offset(wanted.offset) if most is None else page.limit(most)
    rows = (await connection.execute(page)).all()
    return _Hits([row[0] for row in rows], total=rows[0][1] if rows else 0)


async def _narrowed(connection: AsyncConnection, ids: list[int], conditions: list[Any]) -> list[int]:
    if not conditions or not ids:
        return ids
    query = select(FILES.c.id).where(is_one_of(FILES.c.id, ids), *conditions).order_by(FILES.c.id)
    return list((await connection.execute(query)).scalars())


async def _looked_into(
    connection: AsyncConnection, ids: list[int], wanted: Wanted, asked: Asked, until: float
) -> _Hits:
    """Those candidates that really match, up to one more than the page has."""
    end = wanted.offset + wanted.limit
    looked = await look_into(
        connection, ids, asked, skip=wanted.offset, enough=end + 1, until=until, is_wanted=wanted.is_wanted
    )
    page = looked.found[wanted.offset : end]
    whole = looked.files >= looked.of
    return _Hits(
        [one for one, _ in page],
        dict(page),
        total=len(looked.found),
        exact=whole,
        unfinished=not whole and len(looked.found) <= end,
        looked_into=looked.files,
        candidates=looked.of,
    )


async def _shown(connection: AsyncConnection, hits: _Hits, asked: Asked | None, wanted: Wanted) -> list[FoundFile]:
    """The files of a page with their lines; the best come first where something was looked for. Files for whose lines
    there is no time are named without them."""
    if not hits.page:
        return []
    columns = select(FILES.c.id, FILES.c.path, FILES.c.language, FILES.c.rank)
    rows = {row[0]: row for row in await connection.execute(columns.where(is_one_of(FILES.c.id, hits.page)))}
    contents = hits.contents
    if asked is not None and not contents:
        contents = dict(await contents_of(connection, hits.page))
    names = [word.encode() for word in wanted.query.lower().split()]
    until = perf_counter() + wanted.patience * SHOWING
    alone = hits.exact and hits.total == 1

    def read() -> list[FoundFile]:
        files: list[FoundFile] = []
        for one in hits.page:
            if one not in rows:
                continue
            late = len(files) >= SHOWN_LEAST and perf_counter() > until
            hits.unfinished = hits.unfinished or (late and asked is not None)
            files.append(_file(rows[one], None if late else contents.get(one), asked, names, alone))
        return files if asked is None else sorted(files, key=lambda file: -file.score)

    return await in_search_thread(read)


def _file(row: Any, packed: bytes | None, asked: Asked | None, names: list[bytes], alone: bool) -> FoundFile:
    _, path, language, score = row
    matches, more = ([], 0) if packed is None or asked is None else matching_lines(asked, unpacked(packed), alone=alone)
    score += COUNT_BONUS * math.log2(1 + len(matches) + more)
    name = path.lower().rpartition(b"/")[2]
    if any(one in name for one in names):
        score += NAME_BONUS
    return FoundFile(
        path=shown(path),
        id=file_id(path),
        language=language,
        score=round(score, 3),
        matches=matches,
        more_matches=more,
    )
