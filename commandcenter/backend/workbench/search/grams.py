"""Which files may have a text: for every three and five bytes that follow one another somewhere, the files that have
them.

PostgreSQL's own trigram index takes longer to fill than the whole index may take, and knows letters and digits only;
this one is filled here, column by column, and kept in PostgreSQL as pages. Files that are written together are a
segment. Its table has a row of bits per class of grams, a bit per file; a page is some rows of it, compressed. Five
bytes leave a hundredth of the files that three leave; three are for texts that have no or few of five.

A large file has almost every gram somewhere. It is cut into blocks that each have a bit of their own, after those of
the files; neighbours share so many bytes that a text that is asked for is whole in one of them.

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
_FACTOR = 0x9E3779B97F4A7C15
_ALL = 2**64 - 1
_SHIFT = 64 - BITS
PAGE_BYTES = 2560
"""Before compression, at most: compressed it fits into its row, and is had with one read."""
SMALL_PAGE_BYTES = 16 * 1024
SMALL_WIDTH = 8
"""Segments of so few bytes per row are small anyway: they have fewer and larger pages."""
BLOCK = 64 * 1024
SHARED = 256
"""Bytes at a block's end that are the next one's beginning, too."""
ASKED_MAX = SHARED // 4
"""Letters of a text whose grams are asked for: so many fit into the shared bytes whatever they are."""
_AT_ONCE = 16 * 1024
"""Hashes made at once: they stay in the processor's cache."""
_TURNED = 4096
"""Columns of bits that are made rows at once."""
_ROOM = 192
"""Bytes between the columns: without them they would all meet in the same few lines of the processor's cache."""


@dataclass(frozen=True, slots=True)
class Segment:
    """The trigrams of some files."""

    width: int
    """Bytes of a row."""
    span: int
    """Rows of a page."""
    pages: list[tuple[int, bytes]]
    """Number and content; pages without any bit are left out."""
    files: int
    owners: list[int]
    """Of every bit, the number of its file: first each file once, then again those that have further blocks."""


def segment_of(texts: Sequence[bytes], *, quickly: bool) -> Segment:
    """The segment of files with these texts. `quickly` with numpy, which only pays for hundreds of files."""
    owners, blocks = list(range(len(texts))), [text[: BLOCK + SHARED] for text in texts]
    for number, text in enumerate(texts):
        rest = range(BLOCK, len(text) - SHARED, BLOCK)
        owners += [number] * len(rest)
        blocks += [text[at : at + BLOCK + SHARED] for at in rest]
    width = max(1, (len(blocks) + 7) // 8)
    span, most = CLASSES, SMALL_PAGE_BYTES if width <= SMALL_WIDTH else PAGE_BYTES
    while span > 1 and span * width > most:
        span //= 2
    parts = _parts_quickly(blocks, width, span) if quickly else _parts(blocks, width, span)
    nothing = bytes(span * width)
    pages = [(number, lz4.block.compress(part)) for number, part in enumerate(parts) if part != nothing]
    return Segment(width, span, pages, len(texts), owners)


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
    return {(int.from_bytes(gram, "little") * _FACTOR & _ALL) >> _SHIFT for gram in grams}


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

    factor, shift = np.uint64(_FACTOR), np.uint64(_SHIFT)
    masks = [(length, np.uint64(2 ** (8 * length) - 1)) for length in (LONG, SHORT)]
    table = np.zeros((width, CLASSES + _ROOM), np.uint8)[:, :CLASSES]
    flags = np.zeros(CLASSES, np.uint8)
    hashes = np.empty(_AT_ONCE, np.uint64)
    for number, text in enumerate(texts):
        letters = folded_bytes(text)
        padded = letters + bytes(8)
        flags.fill(0)
        for length, mask in masks:
            count = max(0, len(letters) - length + 1)
            # A number begins at every byte; its lowest bytes are the gram.
            every: Any = np.ndarray((count,), "<u8", padded, strides=(1,))
            for at in range(0, count, _AT_ONCE):
                part = every[at : at + _AT_ONCE]
                made = hashes[: len(part)]
                np.bitwise_and(part, mask, out=made)
                np.multiply(made, factor, out=made)
                np.right_shift(made, shift, out=made)
                flags[made.view(np.int64)] = 1 << (number & 7)
        column = table[number >> 3]
        np.bitwise_or(column, flags, out=column)
    size = span * width
    for at in range(0, CLASSES, max(span, _TURNED)):
        turned = table[:, at : at + max(span, _TURNED)].T.tobytes()
        for begin in range(0, len(turned), size):
            yield turned[begin : begin + size]
