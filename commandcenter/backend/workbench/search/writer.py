"""Writes the index: the only code that changes its tables. One writer at a time per database (an advisory lock says
so), over a connection of its own, since COPY and long statements have no place in the pool of requests.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from workbench.files.ids import shown
from workbench.search.content import Read
from workbench.search.rank import rank_of
from workbench.search.words import block_text, names_in, tsvector

LOCK = 7_264_011_504
FORM = 1
"""Grows with every change of what the index holds; an index of another form is made anew."""
BLOCK_BYTES = 256 * 1024
"""Files of about so many bytes share a block of words: larger blocks are cheaper to fill and less precise."""
STATEMENT_SECONDS = 600.0
_FILE_COLUMNS = (
    "id", "path", "shown", "language", "size", "modified", "inode", "kind", "rank", "block", "names", "words",
)  # fmt: skip
_GONE = """
    WITH gone AS (DELETE FROM index_files WHERE {which} RETURNING id, block),
         emptied AS (DELETE FROM index_contents USING gone WHERE index_contents.id = gone.id)
    SELECT block FROM gone
"""
# `0` is what comes after `/`.
_BELOW = """path IN (
    SELECT f.path FROM unnest($1::bytea[]) AS folder
    JOIN index_files f ON f.path > folder || '/'::bytea AND f.path < folder || '0'::bytea
)"""
_UNUSED = (
    "DELETE FROM index_blocks b WHERE id = ANY($1) AND NOT EXISTS (SELECT FROM index_files f WHERE f.block = b.id)"
)

Connect = Callable[..., Awaitable[Any]]


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
            await self.connection.execute("TRUNCATE index_files, index_contents, index_blocks, index_state")
            await self.connection.execute(
                "INSERT INTO index_state (form, ignored, finished_at) VALUES ($1, 0, NULL)", FORM
            )

    async def write(self, files: list[Read], *, replacing: bool) -> None:
        """Add files in one transaction; `replacing` where some of them may be there in an older state."""
        ids = iter(await self._ids(len(files) + sum(len(one.words) > 0 for one in files)))
        rows, contents, blocks = _rows(files, ids)
        async with self.connection.transaction():
            if replacing:
                await self._delete("path = ANY($1)", [one.entry.path for one in files])
            copy = self.connection.copy_records_to_table
            await copy("index_blocks", records=blocks, columns=("id", "words"))
            await copy("index_contents", records=contents, columns=("id", "content"))
            await copy("index_files", records=rows, columns=_FILE_COLUMNS)

    async def remove(self, paths: list[bytes]) -> int:
        """Take out these files, and whatever was in folders of these names; how many that were."""
        async with self.connection.transaction():
            return await self._delete("path = ANY($1)", paths) + await self._delete(_BELOW, paths)

    async def finish(self, ignored: int | None) -> None:
        """Say that the index is complete now, and sort what its indexes have gathered."""
        await self.connection.execute(
            "SELECT gin_clean_pending_list('index_files_words'), gin_clean_pending_list('index_blocks_words'),"
            " gin_clean_pending_list('index_files_shown')"
        )
        await self.connection.execute(
            "UPDATE index_state SET finished_at = now(), ignored = coalesce($1, ignored)", ignored
        )

    async def analyze(self) -> None:
        """Let the planner know what it is dealing with, after much has changed."""
        for table in ("index_files", "index_contents", "index_blocks"):
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
        gone = await self.connection.fetch(_GONE.format(which=which), paths)
        blocks = {row[0] for row in gone if row[0] is not None}
        if blocks:
            await self.connection.execute(_UNUSED, list(blocks))
        return len(gone)


def _rows(files: list[Read], ids: Iterable[int]) -> tuple[list[Any], list[Any], list[Any]]:
    """Rows of the three tables. Files that follow one another share a block."""
    numbers = iter(ids)
    rows, contents, blocks = [], [], []
    block, size, words = None, 0, set[bytes]()
    for one in files:
        number = next(numbers)
        of_file = None
        if one.words:
            if block is None:
                block = next(numbers)
            of_file = block
            words |= one.words
            size += one.entry.size
            if size >= BLOCK_BYTES:
                blocks.append((block, block_text(words)))
                block, size, words = None, 0, set()
        if one.kind == "text":
            contents.append((number, one.packed))
        path, name = one.entry.path, shown(one.entry.path)
        rows.append(
            (number, path, name, one.language, one.entry.size, one.entry.modified, one.entry.inode, one.kind,
             rank_of(path), of_file, tsvector(names_in(name)), tsvector(one.words))
        )  # fmt: skip
    if block is not None:
        blocks.append((block, block_text(words)))
    return rows, contents, blocks
