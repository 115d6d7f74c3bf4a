"""Reads one file for the index: its text, or why it has none. Blocking; follows no link, waits for no pipe."""

from __future__ import annotations

import codecs
import os
import stat
from dataclasses import dataclass
from typing import Literal

import lz4.block

from workbench.overview.languages import language_of
from workbench.search.words import tsvector, words_of

SIZE_MAX = 1_000_000
"""Bytes. Larger files are counted, not read: they are data or made by programs. Below what a tsvector can hold."""
BINARY_LOOK = 8192
"""Bytes in which a NUL means that the file is not text, as git looks for it."""
INODE_MASK = 2**63 - 1
NOTHING = tsvector(())
Kind = Literal["text", "binary", "large", "unreadable"]
_WIDE = ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


@dataclass(frozen=True, slots=True)
class Entry:
    """A file as the folder lists it."""

    path: bytes
    size: int
    modified: int
    """Nanoseconds."""
    inode: int

    @staticmethod
    def of(path: bytes, status: os.stat_result) -> Entry:
        """The entry of a file with this status."""
        return Entry(path, status.st_size, status.st_mtime_ns, status.st_ino & INODE_MASK)

    @property
    def stamp(self) -> tuple[int, int, int]:
        """By this is told whether the file changed."""
        return self.size, self.modified, self.inode


@dataclass(frozen=True, slots=True)
class Read:
    """A file that was read, ready for the database."""

    entry: Entry
    kind: Kind
    language: str
    packed: bytes = b""
    words: bytes = NOTHING
    """As a `tsvector`."""


def bytes_of(root: bytes, entry: Entry) -> bytes | None:
    """A file's bytes, of a large one the first; None when it cannot be read."""
    return b"" if entry.size > SIZE_MAX else _bytes_of(os.path.join(root, entry.path))


def read(entry: Entry, content: bytes | None) -> tuple[Read, bytes]:
    """What goes into the database of a file with these bytes, and its text. Whatever went wrong is a kind of file, not
    an error."""
    language = language_of(entry.path.rpartition(b"/")[2])
    if content is None:
        return Read(entry, "unreadable", language), b""
    if max(entry.size, len(content)) > SIZE_MAX:
        return Read(entry, "large", language), b""
    text = _text_of(content)
    if text is None:
        return Read(entry, "binary", language), b""
    return Read(entry, "text", language, packed(text), tsvector(words_of(text))), text


def packed(content: bytes) -> bytes:
    """Content as the database keeps it."""
    return bytes(lz4.block.compress(content))


def unpacked(content: bytes) -> bytes:
    """What `packed` was given."""
    return bytes(lz4.block.decompress(content))


def _bytes_of(path: bytes) -> bytes | None:
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    except (OSError, ValueError):
        return None
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            return None
        with os.fdopen(handle, "rb", closefd=False) as file:
            return file.read(SIZE_MAX + 1)
    except OSError:
        return None
    finally:
        os.close(handle)


def _text_of(content: bytes) -> bytes | None:
    """Content as UTF-8 (or whatever else has no NUL); None when it is not text."""
    for mark, encoding in _WIDE:
        if content.startswith(mark):
            return content[len(mark) :].decode(encoding, "replace").replace("\0", " ").encode("utf-8", "replace")
    return None if b"\0" in content[:BINARY_LOOK] else content
