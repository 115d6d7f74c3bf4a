"""The table of notes. Every change names the version it was made from, in the same statement that changes the row."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import asyncpg

from workbench.database.connection import Database
from workbench.errors import ApiError
from workbench.notes.models import NewNote, Note, NoteEdit, NoteList

COLUMNS = "id, title, body, version, created_at, updated_at"
# The last word may be unfinished: its lexeme is turned into a prefix.
QUERY = (
    "CASE WHEN numnode(websearch_to_tsquery('simple', $1)) = 0 THEN ''::tsquery"
    " ELSE (websearch_to_tsquery('simple', $1)::text || ':*')::tsquery END"
)


async def find(database: Database, words: str, limit: int, offset: int) -> NoteList:
    """Notes that match `words`, best first; without words all, newest edit first."""
    async with (
        database.connection() as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        if words.strip() == "":
            total = await connection.fetchval("SELECT count(*) FROM notes")
            rows = await connection.fetch(
                f"SELECT {COLUMNS} FROM notes ORDER BY updated_at DESC, id LIMIT $1 OFFSET $2",  # noqa: S608 -- constants
                limit,
                offset,
            )
        else:
            total = await connection.fetchval(f"SELECT count(*) FROM notes WHERE search @@ {QUERY}", words)  # noqa: S608
            rows = await connection.fetch(
                f"SELECT {COLUMNS} FROM notes, (SELECT {QUERY} AS query) q WHERE search @@ query"  # noqa: S608
                " ORDER BY ts_rank(search, query) DESC, updated_at DESC, id LIMIT $2 OFFSET $3",
                words,
                limit,
                offset,
            )
    return NoteList(notes=[_note(row) for row in rows], total=total)


async def get(database: Database, note_id: UUID) -> Note:
    """One note. Raises `note_not_found`."""
    async with database.connection() as connection:
        return await _get(connection, note_id)


async def insert(database: Database, new: NewNote) -> Note:
    """Keep a new note. Raises `note_too_large` when it has more words than can be indexed."""
    sql = f"INSERT INTO notes (title, body) VALUES ($1, $2) RETURNING {COLUMNS}"  # noqa: S608
    async with database.connection() as connection:
        return _note(await _write(connection, sql, new.title, new.body))


async def update(database: Database, note_id: UUID, edit: NoteEdit) -> Note:
    """Replace a note's content. Raises `note_not_found`, `version_conflict`, `note_too_large`."""
    sql = (
        "UPDATE notes SET title = $3, body = $4, version = version + 1, updated_at = now()"  # noqa: S608
        f" WHERE id = $1 AND version = $2 RETURNING {COLUMNS}"
    )
    async with database.connection() as connection:
        row = await _write(connection, sql, note_id, edit.version, edit.title, edit.body)
        if row is None:
            raise await _conflict(connection, note_id)
        return _note(row)


async def delete(database: Database, note_id: UUID, version: int) -> None:
    """Delete a note. Raises `note_not_found`, `version_conflict`."""
    async with database.connection() as connection:
        sql = "DELETE FROM notes WHERE id = $1 AND version = $2 RETURNING id"
        if await connection.fetchval(sql, note_id, version) is None:
            raise await _conflict(connection, note_id)


async def _get(connection: Any, note_id: UUID) -> Note:
    row = await connection.fetchrow(f"SELECT {COLUMNS} FROM notes WHERE id = $1", note_id)  # noqa: S608
    if row is None:
        raise ApiError(404, "note_not_found", "This note does not exist any more. Reload the list.", str(note_id))
    return _note(row)


async def _conflict(connection: Any, note_id: UUID) -> ApiError:
    now = await _get(connection, note_id)
    return ApiError(
        409,
        "version_conflict",
        "The note was changed meanwhile. Compare with what it is now, then save again.",
        now.model_dump(mode="json"),
    )


async def _write(connection: Any, sql: str, *values: Any) -> Any:
    try:
        return await connection.fetchrow(sql, *values)
    except asyncpg.ProgramLimitExceededError as cause:
        raise ApiError(
            413, "note_too_large", "The note has more words than can be searched. Split it.", str(cause)
        ) from cause


def _note(row: Any) -> Note:
    return Note(**dict(row))
