"""Turns matches in a file into lines as the page shows them: bounded, with context, and with positions in UTF-16."""

from __future__ import annotations

from workbench.search.models import Match
from workbench.search.pattern import Asked, Span, Term, Text

MATCHES_MAX, ALONE_MAX = 5, 200
"""Lines shown of one file: of one among others, and of the only one that is found."""
LINES_MAX, ALONE_LINES_MAX = 50, 1000
"""Matching lines looked at in one file, for each term; in the same order."""
CONTEXT = 2
LEFT_BYTES = 80
"""How much is shown of a long line before its first match."""
LINE_BYTES = 400
RANGES_MAX = 50


def matching_lines(asked: Asked, content: bytes, *, alone: bool = False) -> tuple[list[Match], int]:
    """The lines to show, and how many more match, of the first `LINES_MAX`. Of many lines those with most of the terms
    are shown. Of a file that is `alone` more are."""
    most, looked_at = (ALONE_MAX, ALONE_LINES_MAX) if alone else (MATCHES_MAX, LINES_MAX)
    text = Text.of(content, asked.terms)
    found: dict[int, int] = {}
    """How many terms each line has, by where it starts."""
    for term in asked.terms:
        for start in _lines_with(term, text, looked_at):
            found[start] = found.get(start, 0) + 1
    lines = sorted(found)
    best = lines[:most] if len(asked.terms) == 1 else sorted(lines, key=lambda one: -found[one])[:most]
    matches: list[Match] = []
    number, seen = 1, 0
    for start in sorted(best):
        number += content.count(b"\n", seen, start)
        seen = start
        matches.append(_match(content, start, number, _spans(asked, text, start)))
    return matches, len(lines) - len(best)


def _lines_with(term: Term, text: Text, most: int) -> list[int]:
    """Where the lines start in which a match begins."""
    content = text.content
    length = len(content)
    starts: list[int] = []
    at = 0
    while at < length and len(starts) < most:
        span = term.first(text, at, length)
        if span is None:
            break
        starts.append(content.rfind(b"\n", 0, span[0]) + 1)
        at = max(span[1], content.find(b"\n", span[0]) + 1 or length)
    return starts


def _spans(asked: Asked, text: Text, start: int) -> list[Span]:
    """All matches that begin in this line, in order. Those of different terms may overlap."""
    end = text.content.find(b"\n", start) + 1 or len(text.content)
    spans: list[Span] = []
    for term in asked.terms:
        at = start
        for _ in range(RANGES_MAX):
            span = term.first(text, at, min(end + term.reach, len(text.content)))
            if span is None or span[0] >= end:
                break
            spans.append(span)
            at = span[1]
    return sorted(spans)


def utf16(text: str) -> int:
    """Length in UTF-16 code units."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def _match(content: bytes, start: int, number: int, spans: list[Span]) -> Match:
    end = _end_of_line(content, start)
    first = spans[0][0]
    left = start if first - start <= LEFT_BYTES and end - start <= LINE_BYTES else max(start, first - LEFT_BYTES)
    right = min(end, left + LINE_BYTES)
    left, right = _whole(content, left, end), _whole(content, right, end)
    text = _text(content[left:right])
    ranges: list[tuple[int, int]] = []
    marked = left
    for one, other in spans[:RANGES_MAX]:
        if marked <= one < right:
            marked = min(other, right)
            ranges.append((utf16(_text(content[left:one])), utf16(_text(content[left:marked]))))
    return Match(
        line=number,
        column=utf16(_text(content[start:first])) + 1,
        text=text,
        ranges=ranges,
        cut_start=left > start,
        cut_end=right < end,
        before=_before(content, start),
        after=_after(content, end),
    )


def _before(content: bytes, start: int) -> list[str]:
    lines: list[str] = []
    while start > 0 and len(lines) < CONTEXT:
        end = start - 1
        start = content.rfind(b"\n", 0, end) + 1
        lines.insert(0, _shortened(content, start, end))
    return lines


def _after(content: bytes, end: int) -> list[str]:
    lines: list[str] = []
    while len(lines) < CONTEXT:
        start = content.find(b"\n", end) + 1
        if start in (0, len(content)):
            break
        end = _end_of_line(content, start)
        lines.append(_shortened(content, start, end))
    return lines


def _shortened(content: bytes, start: int, end: int) -> str:
    return _text(content[start : _whole(content, min(end, start + LINE_BYTES), end)]).removesuffix("\r")


def _end_of_line(content: bytes, start: int) -> int:
    end = content.find(b"\n", start)
    end = len(content) if end < 0 else end
    return end - 1 if end > start and content[end - 1] == 13 else end


def _whole(content: bytes, at: int, end: int) -> int:
    """The next place at which no character is cut."""
    while at < end and content[at] & 0xC0 == 0x80:
        at += 1
    return at


def _text(part: bytes) -> str:
    return part.decode("utf-8", "replace")
