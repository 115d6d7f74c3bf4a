"""The part of a note where a search found its words, as plain text with the ranges of the words."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, literal_column
from sqlalchemy.sql.elements import ColumnElement

from workbench.database.text import SIMPLE
from workbench.notes.models import Headline

LOOK = 20_000
"""Characters of a note that are looked through."""
_OPEN, _CLOSE = "\x02", "\x03"
_OPTIONS: ColumnElement[str] = literal_column(
    "'StartSel=\x02, StopSel=\x03, MaxFragments=2, MaxWords=24, MinWords=8, FragmentDelimiter=\" … \"'"
)


def headline_of(body: ColumnElement[str], query: Any) -> Any:
    """The expression whose value `read_headline` reads."""
    plain = func.translate(func.left(body, LOOK), f"{_OPEN}{_CLOSE}", "")
    return func.ts_headline(SIMPLE, plain, query, _OPTIONS)


def read_headline(marked: str) -> Headline:
    """Takes the marks out; ranges are in UTF-16 units, as a page counts."""
    text: list[str] = []
    ranges: list[tuple[int, int]] = []
    units = begin = 0
    for piece in _pieces(marked):
        if piece == _OPEN:
            begin = units
        elif piece == _CLOSE:
            ranges.append((begin, units))
        else:
            text.append(piece)
            units += len(piece.encode("utf-16-le")) // 2
    return Headline(text="".join(text), ranges=ranges)


def _pieces(marked: str) -> list[str]:
    pieces: list[str] = []
    for part in marked.split(_OPEN):
        head, *rest = part.split(_CLOSE)
        pieces += [_OPEN, head]
        for one in rest:
            pieces += [_CLOSE, one]
    return pieces[1:]
