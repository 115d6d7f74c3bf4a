"""Writes the index: the only code that changes its tables. One writer at a time per database (an advisory lock says
so), over a connection of its own, since COPY and long statements have no place in the pool of requests.
"""

from __future__ import annotations

from array import array
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from workbench.files.ids import shown
from workbench.overview.thread import in_thread
from workbench.search.content import Read, unpacked
from workbench.search.grams import Segment, segment_of
from workbench.search.rank import rank_of
from workbench.search.words import names_in, tsvector

LOCK = 7_264_011_504
FORM = 2
"""Grows with every change of what the index holds; an index of another form is made anew."""
SMALL_FILES = 64
SMALL_SEGMENTS = 16
"""When there are more segments of few files, they are joined: every search looks into each segment."""
STATEMENT_SECONDS = 600.0
_FILE_COLUMNS = ("id", "path", "shown", "language", "size", "modified", "inode", "kind", "rank")
_WORD_COLUMNS = ("id", "rank", "names", "words")
_GONE = """
    WITH gone AS (DELETE FROM index_files WHERE {which} RETURNING id),
    texts AS (DELETE FROM index_contents USING gone WHERE index_contents.id = gone.id),
    words AS (DELETE FROM index_words USING gone WHERE index_words.id = gone.id)
    SELECT count(*) FROM gone
"""
# `0` is what comes after `/`. OFFSET 0 has each folder looked up in the index on paths; without it every file of the
# index is held against every folder.
_BELOW = """path IN (
    SELECT inside.path FROM unnest($1::bytea[]) AS folder CROSS JOIN LATERAL (
        SELECT f.path FROM index_files f WHERE f.path > folder || '/'::bytea AND f.path < folder || '0'::bytea OFFSET 0
    ) AS inside
)"""
Connect = Callable[..., Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Batch:
    """Files that are written together, and their grams in the same order."""

    files: list[Read]
    segment: Segment


Stamp = tuple[int, int, int]
"""Size, time of modification and inode: while they stay, a file is taken to be unchanged."""


class IndexWriter:
    """One connection that fills and mends the index."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection

    @staticmethod
    async def open(connect: Connect) -> IndexWriter:
        """Connect; whatever keeps Postgres from answering is raised."""
        connection = await connect(command_timeout=STATEMENT_SECONDS)
        await connection.set_type_codec("tsvector", schema="pg_catalog", format="binary", encoder=bytes, decoder=bytes)
        # What is lost with a crash is made again; the list of changes of a GIN index is sorted in `work_mem`.
        await connection.execute("SET synchronous_commit = off; SET work_mem = '32MB'; SET jit = off")
        return IndexWriter(connection)

    async def try_lock(self) -> bool:
        """Become the one writer of this database, until the connection ends."""
        return bool(await self.connection.fetchval("SELECT pg_try_advisory_lock($1)", LOCK))

    async def known(self) -> dict[bytes, Stamp]:
        """Every file of the index, by path; an index of another form, or one that a crash has emptied, is forgotten."""
        if await self.connection.fetchval("SELECT form FROM index_state") != FORM:
            await self.forget()
        found: dict[bytes, Stamp] = {}
        async with self.connection.transaction():
            async for row in self.connection.cursor(
                "SELECT path, size, modified, inode FROM index_files", prefetch=2000
            ):
                found[row[0]] = (row[1], row[2], row[3])
        return found

    async def forget(self) -> None:
        """Empty the index."""
        async with self.connection.transaction():
            await self.connection.execute(
                "TRUNCATE index_files, index_words, index_contents, index_segments, index_grams, index_state"
            )
            await self.connection.execute("ALTER SEQUENCE index_ids RESTART")
            await self.connection.execute(
                "INSERT INTO index_state (form, ignored, finished_at) VALUES ($1, 0, NULL)", FORM
            )

    async def write(self, batch: Batch, *, replacing: bool) -> None:
        """Add files in one transaction; `replacing` where some of them may be there in an older state."""
        ids = await self._ids(len(batch.files) + 1)
        segment = ids.pop()
        copy = self.connection.copy_records_to_table
        async with self.connection.transaction():
            if replacing:
                await self._delete("path = ANY($1)", [one.entry.path for one in batch.files])
            await self._add_segment(segment, ids, batch.segment)
            files = list(zip(ids, batch.files, strict=True))
            texts = [(number, one) for number, one in files if one.kind == "text"]
            await copy(
                "index_contents", records=[(number, one.packed) for number, one in texts], columns=("id", "content")
            )
            await copy("index_words", records=[_words(number, one) for number, one in texts], columns=_WORD_COLUMNS)
            await copy("index_files", records=[_row(number, one) for number, one in files], columns=_FILE_COLUMNS)

    async def _add_segment(self, number: int, ids: list[int], segment: Segment) -> None:
        await self.connection.execute(
            "INSERT INTO index_segments (id, width, span, files, owners) VALUES ($1, $2, $3, $4, $5)",
            number,
            segment.width,
            segment.span,
            segment.files,
            array("i", [ids[owner] for owner in segment.owners]).tobytes(),
        )
        pages = [(number, page, data) for page, data in segment.pages]
        await self.connection.copy_records_to_table(
            "index_grams", records=pages, columns=("segment", "page", "content")
        )

    async def join_segments(self) -> None:
        """Make one segment of those that have few files, once there are many of them; empty ones end."""
        small = await self.connection.fetch("SELECT id, owners FROM index_segments WHERE files <= $1", SMALL_FILES)
        if len(small) <= SMALL_SEGMENTS:
            return
        ids = sorted({number for row in small for number in array("i", row["owners"])})
        rows = await self.connection.fetch("SELECT id, content FROM index_contents WHERE id = ANY($1) ORDER BY id", ids)
        segment = await in_thread(lambda: segment_of([unpacked(row[1]) for row in rows], quickly=False), "join")
        (number,) = await self._ids(1)
        gone = [row["id"] for row in small]
        async with self.connection.transaction():
            await self.connection.execute("DELETE FROM index_segments WHERE id = ANY($1)", gone)
            await self.connection.execute("DELETE FROM index_grams WHERE segment = ANY($1)", gone)
            await self._add_segment(number, [row[0] for row in rows], segment)

    async def remove(self, paths: list[bytes]) -> int:
        """Take out these files, and whatever was in folders of these names; how many that were."""
        async with self.connection.transaction():
            return await self._delete("path = ANY($1)", paths) + await self._delete(_BELOW, paths)

    async def finish(self, ignored: int | None) -> None:
        """Say that the index is complete now, and sort what its indexes have gathered."""
        await self.connection.execute(
            "SELECT gin_clean_pending_list('index_words_words'), gin_clean_pending_list('index_files_shown')"
        )
        await self.connection.execute(
            "UPDATE index_state SET finished_at = now(), ignored = coalesce($1, ignored)", ignored
        )

    async def analyze(self) -> None:
        """Let the planner know what it is dealing with, after much has changed."""
        for table in ("index_files", "index_words", "index_contents", "index_segments", "index_grams"):
            await self.connection.execute(f"ANALYZE {table}")

    def close(self) -> None:
        """Drop the connection, and the lock with it."""
        self.connection.terminate()

    async def known_of(self, paths: list[bytes]) -> dict[bytes, Stamp]:
        """Those of these files that are in the index."""
        rows = await self.connection.fetch(
            "SELECT path, size, modified, inode FROM index_files WHERE path = ANY($1)", paths
        )
        return {row[0]: (row[1], row[2], row[3]) for row in rows}

    async def _ids(self, count: int) -> list[int]:
        return [
            row[0]
            for row in await self.connection.fetch(
                "SELECT nextval('index_ids')::int FROM generate_series(1, $1)", count
            )
        ]

    async def _delete(self, which: str, paths: list[bytes]) -> int:
        return int(await self.connection.fetchval(_GONE.format(which=which), paths))


def _row(number: int, one: Read) -> tuple[Any, ...]:
    path, entry = one.entry.path, one.entry
    return (
        number, path, shown(path), one.language, entry.size, entry.modified, entry.inode, one.kind,
        rank_of(path, entry.size),
    )  # fmt: skip


def _words(number: int, one: Read) -> tuple[Any, ...]:
    path = one.entry.path
    return number, rank_of(path, one.entry.size), tsvector(names_in(shown(path))), one.words
