"""The table of notes. Every change names the version it was made from, in the same statement that changes the row."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from asyncpg import ProgramLimitExceededError
from sqlalchemy import (
    Column,
    DateTime,
    Executable,
    Integer,
    Table,
    Text,
    Uuid,
    case,
    cast,
    delete,
    func,
    insert,
    literal_column,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import TSQUERY, TSVECTOR
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from workbench.database.connection import Database
from workbench.database.engine import metadata
from workbench.errors import ApiError
from workbench.notes.models import NewNote, Note, NoteEdit, NoteList

NOTES = Table(
    "notes",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("title", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("search", TSVECTOR, nullable=False),
)
SHOWN = (NOTES.c.id, NOTES.c.title, NOTES.c.body, NOTES.c.version, NOTES.c.created_at, NOTES.c.updated_at)


async def find(database: Database, words: str, limit: int, offset: int) -> NoteList:
    """Notes that match `words`, best first; without words all, newest edit first."""
    wanted: list[Any] = []
    order: list[Any] = [NOTES.c.updated_at.desc(), NOTES.c.id]
    if words.strip():
        query = _query(words)
        wanted.append(NOTES.c.search.bool_op("@@")(query))
        order.insert(0, func.ts_rank(NOTES.c.search, query).desc())
    async with database.connection(snapshot=True) as connection:
        total = await connection.scalar(select(func.count()).select_from(NOTES).where(*wanted))
        rows = await connection.execute(select(*SHOWN).where(*wanted).order_by(*order).limit(limit).offset(offset))
        return NoteList(notes=[_note(row) for row in rows], total=total or 0)


async def get(database: Database, note_id: UUID) -> Note:
    """One note. Raises `note_not_found`."""
    async with database.connection() as connection:
        return await _get(connection, note_id)


async def create(database: Database, new: NewNote) -> Note:
    """Keep a new note. Raises `note_too_large` when it has more words than can be indexed."""
    async with database.connection() as connection:
        return _note(await _write(connection, insert(NOTES).values(title=new.title, body=new.body).returning(*SHOWN)))


async def edit(database: Database, note_id: UUID, content: NoteEdit) -> Note:
    """Replace a note's content. Raises `note_not_found`, `version_conflict`, `note_too_large`."""
    changed = (
        update(NOTES)
        .where(NOTES.c.id == note_id, NOTES.c.version == content.version)
        .values(title=content.title, body=content.body, version=NOTES.c.version + 1, updated_at=func.now())
        .returning(*SHOWN)
    )
    async with database.connection() as connection:
        row = await _write(connection, changed)
        if row is None:
            raise await _conflict(connection, note_id)
        return _note(row)


async def remove(database: Database, note_id: UUID, version: int) -> None:
    """Delete a note. Raises `note_not_found`, `version_conflict`."""
    removed = delete(NOTES).where(NOTES.c.id == note_id, NOTES.c.version == version).returning(NOTES.c.id)
    async with database.connection() as connection:
        if await connection.scalar(removed) is None:
            raise await _conflict(connection, note_id)


def _query(words: str) -> Any:
    """What the user typed, as a text search query. The last word may be unfinished: its lexeme is made a prefix."""
    query = func.websearch_to_tsquery(literal_column("'simple'"), words)
    prefixed = cast(cast(query, Text).concat(":*"), TSQUERY)
    return case((func.numnode(query) == 0, cast("", TSQUERY)), else_=prefixed)


async def _get(connection: AsyncConnection, note_id: UUID) -> Note:
    row = (await connection.execute(select(*SHOWN).where(NOTES.c.id == note_id))).one_or_none()
    if row is None:
        raise ApiError(404, "note_not_found", "This note does not exist any more. Reload the list.", str(note_id))
    return _note(row)


async def _conflict(connection: AsyncConnection, note_id: UUID) -> ApiError:
    now = await _get(connection, note_id)
    return ApiError(
        409,
        "version_conflict",
        "The note was changed meanwhile. Compare with what it is now, then save again.",
        now.model_dump(mode="json"),
    )


async def _write(connection: AsyncConnection, statement: Executable) -> Any:
    try:
        return (await connection.execute(statement)).one_or_none()
    except DBAPIError as error:
        cause = error.orig.__cause__ if error.orig else None
        if isinstance(cause, ProgramLimitExceededError):
            raise ApiError(
                413, "note_too_large", "The note has more words than can be searched. Split it.", str(cause)
            ) from cause
        raise


def _note(row: Any) -> Note:
    return Note(**row._mapping)
