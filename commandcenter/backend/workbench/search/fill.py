"""Brings the index up to date with the whole folder: lists it, compares with what the index knows, reads what is new or
changed. Memory is bounded by batches of bytes; reading goes on while the database takes the batch before.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice

from workbench.overview.thread import in_thread
from workbench.search.content import Entry, Read, bytes_of, read
from workbench.search.grams import segment_of
from workbench.search.ignore import FolderRules
from workbench.search.rank import rank_of
from workbench.search.walk import Listing, walk
from workbench.search.writer import Batch, IndexWriter, Stamp

BATCH_BYTES = 24 * 1024 * 1024
BATCH_FILES = 2048
REMOVE_AT_ONCE = 2000
READERS = 4
AHEAD = 32
"""Files that are read before they are needed."""


@dataclass(slots=True)
class Progress:
    """How far a run is. `total` is 0 while the folder is being listed."""

    done: int = 0
    total: int = 0
    changed: int = 0
    """Files added, changed or gone."""


async def fill(
    writer: IndexWriter, root: bytes, rules: Callable[[], FolderRules], report: Callable[[Progress], None]
) -> Progress:
    """One run. Raises `OSError` when the folder cannot be read, and whatever keeps Postgres from writing."""
    progress = Progress()

    def seen(count: int) -> None:
        progress.done = count
        report(progress)

    known, listing = await writer.known(), await in_thread(lambda: walk(root, rules(), seen=seen), "list")
    fresh = not known
    todo, gone = _compare(known, listing)
    progress.total = len(listing.entries)
    progress.done = progress.total - len(todo)
    progress.changed = len(todo) + len(gone)
    report(progress)
    for at in range(0, len(gone), REMOVE_AT_ONCE):
        await writer.remove(gone[at : at + REMOVE_AT_ONCE])
    async for batch in _read_ahead(root, todo):
        await writer.write(batch, replacing=not fresh)
        progress.done += len(batch.files)
        report(progress)
    if progress.changed > BATCH_FILES:
        await writer.analyze()
    await writer.finish(listing.ignored)
    return progress


def _compare(known: dict[bytes, Stamp], listing: Listing) -> tuple[list[Entry], list[bytes]]:
    """Files to read, those that come first in an answer before others, and paths that are no more. Empties `known`."""
    todo = [entry for entry in listing.entries if known.pop(entry.path, None) != entry.stamp]
    return sorted(todo, key=lambda one: (-rank_of(one.path, one.size), one.path)), list(known)


def batches(root: bytes, entries: list[Entry], *, quickly: bool) -> Iterator[Batch]:
    """Reads files, in batches of bounded size. Blocking."""
    files: list[Read] = []
    texts: list[bytes] = []
    size = 0
    contents = _read_together(root, entries) if quickly else (bytes_of(root, entry) for entry in entries)
    for entry, content in zip(entries, contents, strict=True):
        one, text = read(entry, content)
        files.append(one)
        texts.append(text)
        size += len(text)
        if size >= BATCH_BYTES or len(files) >= BATCH_FILES:
            yield Batch(files, segment_of(texts, quickly=quickly))
            files, texts, size = [], [], 0
    if files:
        yield Batch(files, segment_of(texts, quickly=quickly))


def _read_together(root: bytes, entries: list[Entry]) -> Iterator[bytes | None]:
    """The files' bytes, in order. Several are read at once: a disk that has to look for each is asked for all."""
    with ThreadPoolExecutor(READERS, thread_name_prefix="read") as readers:
        coming = (readers.submit(bytes_of, root, entry) for entry in entries)
        waiting = deque(islice(coming, AHEAD))
        while waiting:
            content = waiting.popleft().result()
            waiting.extend(islice(coming, 1))
            yield content


async def _read_ahead(root: bytes, entries: list[Entry]) -> AsyncIterator[Batch]:
    """The batches, each read while the one before is used."""
    source = batches(root, entries, quickly=True)
    coming = in_thread(lambda: next(source, None), "read")
    while (batch := await coming) is not None:
        coming = in_thread(lambda: next(source, None), "read")
        yield batch
