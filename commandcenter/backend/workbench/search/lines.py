"""Turns matches in a file into lines as the page shows them: bounded, with context, and with positions in UTF-16."""

from __future__ import annotations

from itertools import islice

from workbench.search.models import Match
from workbench.search.pattern import Asked, Span

MATCHES_MAX = 5
"""Lines shown of one file."""
SPANS_MAX = 200
"""Matches looked at in one file."""
CONTEXT = 2
LEFT_BYTES = 80
"""How much is shown of a long line before its first match."""
LINE_BYTES = 400
RANGES_MAX = 50


def matching_lines(asked: Asked, content: bytes) -> tuple[list[Match], int]:
    """The lines to show, and how many more match. Of many lines those with most of the terms are shown."""
    lines: list[tuple[int, int, list[Span]]] = []
    number, seen, end = 1, 0, -1
    for span in islice(asked.spans(content), SPANS_MAX):
        if span[0] < end:
            lines[-1][2].append(span)
            continue
        number += content.count(b"\n", seen, span[0])
        seen = span[0]
        end = content.find(b"\n", seen) + 1 or len(content) + 1
        lines.append((number, content.rfind(b"\n", 0, seen) + 1, [span]))
    best = sorted(lines, key=lambda line: -len({term for _, _, term in line[2]}))[:MATCHES_MAX]
    return [_match(content, start, number, spans) for number, start, spans in sorted(best)], len(lines) - len(best)


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
    for one, other, _ in spans[:RANGES_MAX]:
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
