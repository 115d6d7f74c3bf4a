"""The table of notes and of their versions."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, Column, DateTime, FetchedValue, Integer, Table, Text, Uuid, func, select
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.ext.asyncio import AsyncConnection

from workbench.database.connection import Database
from workbench.database.engine import metadata
from workbench.database.text import text_query
from workbench.database.versioned import Versioned, Words
from workbench.errors import ApiError
from workbench.links.table import links_of
from workbench.notes.headline import headline_of, read_headline
from workbench.notes.models import FoundNote, NewNote, Note, NoteEdit, NoteList, NoteVersion

NOTES = Table(
    "notes",
    metadata,
    Column("id", Uuid, FetchedValue(), primary_key=True),
    Column("title", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("pinned", Boolean, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("search", TSVECTOR, nullable=False),
)
HISTORY = Table(
    "note_history",
    metadata,
    Column("note_id", Uuid, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("title", Text, nullable=False),
    Column("body", Text, nullable=False),
)
SHOWN = tuple(column for column in NOTES.c if column.name != "search")
KEPT = Versioned(
    owner="note",
    model=Note,
    rows=NOTES,
    shown=SHOWN,
    history=HISTORY,
    key=HISTORY.c.note_id,
    kept=("title", "body"),
    gone=Words("note_not_found", "This note does not exist any more. Reload the list."),
    conflict=Words("version_conflict", "The note was changed meanwhile. Compare with what it is now, then save again."),
    too_large=Words("note_too_large", "The note has more words than can be searched. Split it."),
)


async def find(database: Database, words: str, limit: int, offset: int) -> NoteList:
    """Notes that match `words`, best first; without words all, pinned ones and then the newest edit first."""
    wanted: list[Any] = []
    order: list[Any] = [NOTES.c.pinned.desc(), NOTES.c.updated_at.desc(), NOTES.c.id]
    shown = list(SHOWN)
    if words.strip():
        query = text_query(words)
        wanted.append(NOTES.c.search.bool_op("@@")(query))
        order.insert(0, func.ts_rank(NOTES.c.search, query).desc())
        shown.append(headline_of(NOTES.c.body, query).label("headline"))
    async with database.connection(snapshot=True) as connection:
        total = await connection.scalar(select(func.count()).select_from(NOTES).where(*wanted))
        page = select(*shown).where(*wanted).order_by(*order).limit(limit).offset(offset)
        rows = [dict(row._mapping) for row in await connection.execute(page)]
        links = await links_of(connection, "note", [row["id"] for row in rows])
    for row in rows:
        marked = row.pop("headline", None)
        row |= {"links": links[row["id"]], "headline": None if marked is None else read_headline(marked)}
    return NoteList(notes=[FoundNote(**row) for row in rows], total=total or 0)


async def get(database: Database, note_id: UUID) -> Note:
    """One note. Raises `note_not_found`."""
    async with database.connection(snapshot=True) as connection:
        return await KEPT.get(connection, note_id)


async def create(database: Database, new: NewNote) -> Note:
    """Keep a new note. Raises `note_too_large` when it has more words than can be indexed."""
    async with database.connection() as connection:
        return await insert_note(connection, new, {})


async def insert_note(connection: AsyncConnection, new: NewNote, given: dict[str, Any]) -> Note:
    """Keep a note in a transaction that is open; `given` are values of other columns. Raises `note_too_large`."""
    values = {"title": new.title, "body": new.body, "pinned": new.pinned} | given
    return await KEPT.add(connection, values, new.links)


async def edit(database: Database, note_id: UUID, content: NoteEdit) -> Note:
    """Replace a note's content. Raises `note_not_found`, `version_conflict`, `note_too_large`."""
    async with database.connection() as connection:
        return await update_note(connection, note_id, content)


async def update_note(connection: AsyncConnection, note_id: UUID, content: NoteEdit) -> Note:
    """As `edit`, in a transaction that is open."""
    values: dict[str, Any] = {"title": content.title, "body": content.body}
    if content.pinned is not None:
        values["pinned"] = content.pinned
    return await KEPT.change(connection, note_id, content.version, values, content.links)


async def remove(database: Database, note_id: UUID, version: int) -> str:
    """Delete a note; its title. Raises `note_not_found`, `version_conflict`."""
    async with database.connection() as connection:
        return await KEPT.remove(connection, note_id, version)


async def versions(database: Database, note_id: UUID, limit: int) -> list[NoteVersion]:
    """What the note was, newest first; the first is what it is. Raises `note_not_found`."""
    async with database.connection(snapshot=True) as connection:
        return await KEPT.versions(connection, note_id, limit, NoteVersion)


async def restore(database: Database, note_id: UUID, version: int) -> Note:
    """Make an earlier version the newest again. Raises `note_not_found`, `version_not_found`."""
    async with database.connection() as connection:
        held = select(NOTES.c.version).where(NOTES.c.id == note_id).with_for_update()
        now = await connection.scalar(held)
        if now is None:
            raise KEPT.not_found(note_id)
        former = select(HISTORY.c.title, HISTORY.c.body).where(
            HISTORY.c.note_id == note_id, HISTORY.c.version == version
        )
        row = (await connection.execute(former)).one_or_none()
        if row is None:
            words = "This version is not kept any more. Reload the history."
            raise ApiError(404, "version_not_found", words, {"id": str(note_id), "version": version})
        return await update_note(connection, note_id, NoteEdit(title=row.title, body=row.body, version=now))
