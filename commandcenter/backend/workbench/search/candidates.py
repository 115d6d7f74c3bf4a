"""Which files may match, told by their grams alone: a superset of those that do, without looking into any file.

Every gram that is asked for costs a read in each segment, and after a few of them the rest leaves hardly fewer files:
they are asked for only where the first ones leave many.
"""

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

FIRST = 3
MOST = 10
"""Grams asked for of one text, at first and in all."""
FEW = 40
"""So many files are looked into sooner than further grams are read."""
ALTERNATIVES_MAX = 32
_SEGMENTS = text("SELECT id, width, span, files FROM index_segments ORDER BY id")
_PAGES = text(
    "SELECT g.segment, g.page, g.content"
    " FROM unnest(CAST(:segments AS int[]), CAST(:pages AS int[])) AS wanted (segment, page)"
    " JOIN index_grams g ON g.segment = wanted.segment AND g.page = wanted.page"
)

Codes = list[list[list[int]]]
"""Of every clause, of every alternative: the classes of its grams, the most telling first."""


async def candidates(connection: AsyncConnection, clauses: list[Clause]) -> list[int]:
    """Ids of files that may have what the clauses ask for, in the order of the index; all of them when nothing is asked
    for that could be told."""
    segments = (await connection.execute(_SEGMENTS)).all()
    wanted = [[_some(alternative) for alternative in clause] for clause in clauses if len(clause) <= ALTERNATIVES_MAX]
    wanted = [clause for clause in wanted if all(clause)]
    left = {number: -1 for number, *_ in segments}
    """The files of each segment that are left, as bits."""
    for begin, end in ((0, FIRST), (FIRST, MOST)):
        part = [[codes[begin:end] for codes in clause] for clause in wanted]
        if begin > 0 and sum(bits.bit_count() for bits in left.values() if bits > 0) <= FEW:
            break
        if any(codes for clause in part for codes in clause):
            await _narrow(connection, segments, part, left)
    return await in_search_thread(lambda: _ids(segments, left))


async def _narrow(connection: AsyncConnection, segments: Any, wanted: Codes, left: dict[int, int]) -> None:
    codes = {code for clause in wanted for alternative in clause for code in alternative}
    places = [
        (number, page)
        for number, _, span, _ in segments
        if left[number]
        for page in sorted({code // span for code in codes})
    ]
    asked = {"segments": [number for number, _ in places], "pages": [page for _, page in places]}
    pages = (await connection.execute(_PAGES, asked)).all()

    def narrow() -> None:
        by_segment: dict[int, dict[int, bytes]] = defaultdict(dict)
        for segment, page, content in pages:
            by_segment[segment][page] = content
        for number, width, span, _ in segments:
            left[number] = left[number] and left[number] & _in_segment(wanted, by_segment[number], width, span)

    await in_search_thread(narrow)


def _ids(segments: Any, left: dict[int, int]) -> list[int]:
    found: list[int] = []
    for number, _, _, files in segments:
        bits = left[number]
        if bits:
            ids = array("i", files)
            found += ids if bits < 0 else [ids[at] for at in members(bits)]
    return found


def _some(literal: str) -> list[int]:
    """Some of a text's grams, from everywhere in it: long ones, and short ones of a text that has no more."""
    every = folded_bytes(literal.encode("utf-8", "replace"))
    length = LONG if len(every) >= LONG else SHORT
    count = len(every) - length + 1
    if count <= 0:
        return []
    # The ends and the middle first: grams that overlap tell the same.
    order = sorted(range(count), key=lambda at: (at % length != 0 and at != count - 1, at))
    step = max(1, -(-len(order) // MOST))
    found: dict[int, None] = {}
    for at in order[::step]:
        found |= dict.fromkeys(codes_of(every[at : at + length], length))
    return list(found)[:MOST]


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
