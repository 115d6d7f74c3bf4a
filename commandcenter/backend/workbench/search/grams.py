"""Which files may have a text: for every three bytes that follow one another somewhere, the files that have them.

PostgreSQL's own trigram index takes four times as long to fill as the whole index may take and knows letters and digits
only; this one is filled here, column by column, and kept in PostgreSQL as pages. Files that are written together are a
segment. Its table has a row of bits per class of trigrams, a bit per file; a page is some rows of it, compressed.

What is indexed and what is asked for go through the same functions. Classes are hashes: a file that is named may lack
the text, a file that is not named never has it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import lz4.block

from workbench.search.words import folded

CLASSES = 1 << 16
_FACTOR = 0x9E3779B1
PAGE_BYTES = 16 * 1024
"""Before compression, about."""


@dataclass(frozen=True, slots=True)
class Segment:
    """The trigrams of some files."""

    width: int
    """Bytes of a row."""
    span: int
    """Rows of a page."""
    pages: list[tuple[int, bytes]]
    """Number and content; pages without any bit are left out."""


def segment_of(texts: Sequence[bytes], *, quickly: bool) -> Segment:
    """The segment of files with these texts. `quickly` with numpy, which only pays for hundreds of files."""
    width = max(1, (len(texts) + 7) // 8)
    table = _table_quickly(texts, width) if quickly else _table(texts, width)
    span = CLASSES
    while span > 64 and span * width > PAGE_BYTES:
        span //= 2
    size = span * width
    parts = ((number, table[number * size : (number + 1) * size]) for number in range(CLASSES // span))
    nothing = bytes(size)
    return Segment(width, span, [(number, lz4.block.compress(part)) for number, part in parts if part != nothing])


def row_of(page: bytes, code: int, width: int, span: int) -> int:
    """A class's files out of its uncompressed page, as the bits of a number."""
    at = code % span * width
    return int.from_bytes(page[at : at + width], "little")


def members(bits: int) -> Iterator[int]:
    """Which bits are set, in order."""
    digits = bin(bits)[:1:-1]
    at = digits.find("1")
    while at >= 0:
        yield at
        at = digits.find("1", at + 1)


def folded_bytes(content: bytes) -> bytes:
    """Content without the difference between upper and lower case."""
    return content.lower() if content.isascii() else folded(content.decode("utf-8", "replace")).encode()


def codes_of(text: bytes) -> set[int]:
    """The classes of all trigrams of a folded text."""
    return {
        ((first << 16 | second << 8 | third) * _FACTOR & 0xFFFFFFFF) >> 16
        for first, second, third in set(zip(text, text[1:], text[2:], strict=False))
    }


def _table(texts: Sequence[bytes], width: int) -> bytes:
    table = bytearray(CLASSES * width)
    for number, text in enumerate(texts):
        column, bit = number >> 3, 1 << (number & 7)
        for code in codes_of(folded_bytes(text)):
            table[code * width + column] |= bit
    return bytes(table)


def _table_quickly(texts: Sequence[bytes], width: int) -> bytes:
    import numpy as np  # as large as everything else together: loaded where it is used, by the worker

    table = np.zeros((width, CLASSES), np.uint8)
    for number, text in enumerate(texts):
        letters = np.frombuffer(folded_bytes(text), np.uint8).astype(np.uint32)
        if len(letters) >= 3:
            codes = (letters[:-2] << 16 | letters[1:-1] << 8 | letters[2:]) * np.uint32(_FACTOR) >> 16
            column = table[number >> 3]
            column[codes] |= np.uint8(1 << (number & 7))
    return np.ascontiguousarray(table.T).tobytes()
