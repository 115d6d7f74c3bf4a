"""Which files may have a text: for every three and five bytes that follow one another somewhere, the files that have
them.

PostgreSQL's own trigram index takes longer to fill than the whole index may take, and knows letters and digits only;
this one is filled here, column by column, and kept in PostgreSQL as pages. Files that are written together are a
segment. Its table has a row of bits per class of grams, a bit per file; a page is some rows of it, compressed. Five
bytes leave a hundredth of the files that three leave; three are for texts that have no more.

What is indexed and what is asked for go through the same functions. Classes are hashes: a file that is named may lack
the text, a file that is not named never has it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import lz4.block

from workbench.search.words import folded

BITS = 18
CLASSES = 1 << BITS
LONG, SHORT = 5, 3
"""Bytes of a gram."""
_FACTOR = 0x9E3779B1
_LAST_FACTOR = 0x85EBCA6B
"""For the fifth byte, which 32 bits have no room for."""
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
    span = CLASSES
    while span > 64 and span * width > PAGE_BYTES:
        span //= 2
    parts = _parts_quickly(texts, width, span) if quickly else _parts(texts, width, span)
    nothing = bytes(span * width)
    pages = [(number, lz4.block.compress(part)) for number, part in enumerate(parts) if part != nothing]
    return Segment(width, span, pages)


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


def codes_of(text: bytes, length: int) -> set[int]:
    """The classes of all grams of this length in a folded text."""
    grams = {text[at : at + length] for at in range(len(text) - length + 1)}
    return {
        (int.from_bytes(gram[:4], "big") * _FACTOR + sum(gram[4:]) * _LAST_FACTOR & 0xFFFFFFFF) >> (32 - BITS)
        for gram in grams
    }


def _parts(texts: Sequence[bytes], width: int, span: int) -> Iterator[bytes]:
    table = bytearray(CLASSES * width)
    for number, text in enumerate(texts):
        column, bit, letters = number >> 3, 1 << (number & 7), folded_bytes(text)
        for code in codes_of(letters, LONG) | codes_of(letters, SHORT):
            table[code * width + column] |= bit
    size = span * width
    return (bytes(table[at : at + size]) for at in range(0, len(table), size))


def _parts_quickly(texts: Sequence[bytes], width: int, span: int) -> Iterator[bytes]:
    import numpy as np  # as large as everything else together: loaded where it is used, by the worker

    def mark(hashes: Any, bit: int) -> None:
        flags[(hashes >> np.uint32(32 - BITS)).astype(np.intp)] = bit

    factor, last_factor = np.uint32(_FACTOR), np.uint32(_LAST_FACTOR)

    table = np.zeros((width, CLASSES), np.uint8)
    flags = np.zeros(CLASSES, np.uint8)
    for number, text in enumerate(texts):
        letters = np.frombuffer(folded_bytes(text), np.uint8).astype(np.uint32)
        if len(letters) < SHORT:
            continue
        bit = 1 << (number & 7)
        short = letters[:-2] << 16 | letters[1:-1] << 8 | letters[2:]
        flags.fill(0)
        mark(short * factor, bit)
        if len(letters) >= LONG:
            four = short[:-2] << 8 | letters[3:-1]
            mark(four * factor + letters[4:] * last_factor, bit)
        column = table[number >> 3]
        np.bitwise_or(column, flags, out=column)
    return (table[:, at : at + span].T.tobytes() for at in range(0, CLASSES, span))
