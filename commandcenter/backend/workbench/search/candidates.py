"""Which files may match, told by their grams alone: a superset of those that do, without looking into any file.

Every gram that is asked for costs a read in each segment, and after a few of them the rest leaves hardly fewer files:
they are asked for only where the first ones leave many.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from dataclasses import dataclass, field

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from workbench.search.content import unpacked
from workbench.search.fragments import Clause
from workbench.search.grams import ASKED_MAX, LONG, SHORT, codes_of, folded_bytes, members, row_of
from workbench.search.threads import in_search_thread

FIRST = 3
MOST = 10
"""Grams asked for of one text, at first and in all."""
FEW = 40
"""So many files are looked into sooner than further grams are read."""
ALTERNATIVES_MAX = 32
_SEGMENTS = text("SELECT id, width, span, files, owners FROM index_segments ORDER BY id")
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
    wanted = [[_some(alternative) for alternative in clause] for clause in clauses if len(clause) <= ALTERNATIVES_MAX]
    wanted = [clause for clause in wanted if all(clause)]
    segments = [_Segment.of(*row) for row in (await connection.execute(_SEGMENTS)).all()]
    for most in (FIRST, MOST):
        if most == MOST and sum(one.left.bit_count() for one in segments) <= FEW:
            break
        part = [[codes[:most] for codes in clause] for clause in wanted]
        if wanted:
            await _narrow(connection, segments, part)
    return await in_search_thread(lambda: [number for one in segments for number in one.ids()])


@dataclass(slots=True)
class _Segment:
    number: int
    width: int
    span: int
    files: int
    """So many bits are of files; the others are of further blocks."""
    owners: array[int]
    """Ids of files, of every bit."""
    left: int
    """The files that may match, as bits."""
    pages: dict[int, bytes] = field(default_factory=dict)
    """Those that were read."""

    @staticmethod
    def of(number: int, width: int, span: int, files: int, owners: bytes) -> _Segment:
        return _Segment(number, width, span, files, array("i", owners), (1 << files) - 1)

    def ids(self) -> list[int]:
        return [self.owners[at] for at in members(self.left)]

    def narrow(self, wanted: Codes) -> None:
        """Leave those files that have some alternative of every clause."""
        for clause in wanted:
            bits = 0
            for alternative in clause:
                bits |= self._with(alternative)
            self.left &= self._files_of(bits)
            if not self.left:
                return

    def _with(self, codes: list[int]) -> int:
        bits = -1
        for code in codes:
            page = self.pages.get(code // self.span, b"")
            bits &= row_of(page, code, self.width, self.span)
            if not bits:
                break
        return bits

    def _files_of(self, bits: int) -> int:
        """The files of these files and blocks."""
        blocks = bits >> self.files
        files = bits & ((1 << self.files) - 1)
        for at in members(blocks):
            files |= 1 << bisect_left(self.owners, self.owners[self.files + at], 0, self.files)
        return files


async def _narrow(connection: AsyncConnection, segments: list[_Segment], wanted: Codes) -> None:
    codes = {code for clause in wanted for alternative in clause for code in alternative}
    by_number = {one.number: one for one in segments if one.left}
    places = [
        (one.number, page)
        for one in by_number.values()
        for page in sorted({code // one.span for code in codes})
        if page not in one.pages
    ]
    if not places:
        return
    asked = {"segments": [number for number, _ in places], "pages": [page for _, page in places]}
    read = (await connection.execute(_PAGES, asked)).all()

    def narrow() -> None:
        for number, page, content in read:
            by_number[number].pages[page] = unpacked(content)
        for one in by_number.values():
            one.narrow(wanted)

    await in_search_thread(narrow)


def _some(literal: str) -> list[int]:
    """Some of a text's grams, from everywhere in it: long ones, and short ones of a text that has few of those. A class
    alone is shared with so many other grams that it names several files for each one that has the text."""
    every = folded_bytes(literal[:ASKED_MAX].encode("utf-8", "replace"))
    found: dict[int, None] = {}
    for length in (LONG, SHORT):
        if len(found) < FIRST:
            for at in _spread(len(every) - length + 1, length):
                found |= dict.fromkeys(codes_of(every[at : at + length], length))
    return list(found)[:MOST]


def _spread(count: int, length: int) -> list[int]:
    """Where to take grams of this length from, of so many places: the ends and the middle first, because grams that
    overlap tell the same."""
    order = sorted(range(count), key=lambda at: (at % length != 0 and at != count - 1, at))
    return order[:: max(1, -(-len(order) // MOST))]
