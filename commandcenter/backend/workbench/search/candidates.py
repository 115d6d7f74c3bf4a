"""Which files may match, told by their grams alone: a superset of those that do, without looking into any file."""

from __future__ import annotations

from array import array
from collections import defaultdict
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from workbench.search.content import unpacked
from workbench.search.fragments import Clause
from workbench.search.grams import LONG, SHORT, codes_of, folded_bytes, members, row_of
from workbench.search.threads import in_search_thread

LONG_MAX = 10
SHORT_MAX = 4
"""Grams asked for of one text: more of them leave hardly fewer files."""
ALTERNATIVES_MAX = 16
_SEGMENTS = text("SELECT id, width, span, files FROM index_segments ORDER BY id")
_PAGES = text(
    "SELECT DISTINCT g.segment, g.page, g.content FROM index_segments s CROSS JOIN unnest(CAST(:codes AS int[])) code"
    " JOIN index_grams g ON g.segment = s.id AND g.page = code / s.span"
)

Codes = list[list[set[int]]]
"""Of every clause, of every alternative: the classes of its grams."""


async def candidates(connection: AsyncConnection, clauses: list[Clause]) -> list[int] | None:
    """Ids of files that may have what the clauses ask for, oldest in the index first; None when nothing is asked for
    that could be told."""
    wanted = [[_some(alternative) for alternative in clause[:ALTERNATIVES_MAX]] for clause in clauses]
    wanted = [clause for at, clause in enumerate(wanted) if all(clause) and len(clauses[at]) <= ALTERNATIVES_MAX]
    if not wanted:
        return None
    codes = sorted({code for clause in wanted for alternative in clause for code in alternative})
    segments = (await connection.execute(_SEGMENTS)).all()
    pages = (await connection.execute(_PAGES, {"codes": codes})).all()
    return await in_search_thread(lambda: _found(wanted, segments, pages))


def _some(literal: str) -> set[int]:
    """Some of a text's grams, from everywhere in it."""
    every = folded_bytes(literal.encode("utf-8", "replace"))
    return _spread(every, LONG, LONG_MAX) | _spread(every, SHORT, SHORT_MAX)


def _spread(text: bytes, length: int, most: int) -> set[int]:
    count = len(text) - length + 1
    step = max(1, -(-count // most))
    found: set[int] = set()
    for at in range(0, count, step):
        found |= codes_of(text[at : at + length], length)
    return found


def _found(wanted: Codes, segments: Any, pages: Any) -> list[int]:
    by_segment: dict[int, dict[int, bytes]] = defaultdict(dict)
    for segment, page, content in pages:
        by_segment[segment][page] = content
    found: list[int] = []
    for number, width, span, files in segments:
        bits = _in_segment(wanted, by_segment[number], width, span)
        if bits:
            ids = array("i", files)
            found += [ids[at] for at in members(bits)]
    return found


def _in_segment(wanted: Codes, packed: dict[int, bytes], width: int, span: int) -> int:
    pages: dict[int, bytes] = {}
    bits = -1
    for clause in wanted:
        of_clause = 0
        for alternative in clause:
            of_alternative = -1
            for code in alternative:
                page = code // span
                if page not in packed:
                    of_alternative = 0
                    break
                if page not in pages:
                    pages[page] = unpacked(packed[page])
                of_alternative &= row_of(pages[page], code, width, span)
                if not of_alternative:
                    break
            of_clause |= of_alternative
        bits &= of_clause
        if not bits:
            return 0
    return bits
