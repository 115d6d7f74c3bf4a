"""The table of links. A note's or task's links are written together with it, in the same transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Column, Integer, LargeBinary, Table, Text, Uuid, delete, func, insert, select
from sqlalchemy import table as lightweight
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.expression import column

from workbench.database.connection import Database
from workbench.database.engine import metadata
from workbench.files.ids import file_id, path_of, shown
from workbench.links.models import FileLinks, Link, LinkedNote, LinkedTask, LinkTarget

Owner = Literal["note", "task"]
LINKS = Table(
    "links",
    metadata,
    Column("note_id", Uuid),
    Column("task_id", Uuid),
    Column("place", Integer, nullable=False),
    Column("path", LargeBinary, nullable=False),
    Column("line", Integer),
)
_OWNERS = {"note": LINKS.c.note_id, "task": LINKS.c.task_id}
_NOTES = lightweight("notes", column("id", Uuid), column("title", Text), column("updated_at"))
_TASKS = lightweight("tasks", column("id", Uuid), column("title", Text), column("lane", Text), column("updated_at"))
ANSWER_MAX = 500
"""Notes, and tasks, that are named for one file."""


async def links_of(connection: AsyncConnection, owner: Owner, ids: Iterable[UUID]) -> dict[UUID, list[Link]]:
    """The links of these notes or tasks, in their order."""
    by = _OWNERS[owner]
    wanted = list(ids)
    found: dict[UUID, list[Link]] = defaultdict(list)
    if wanted:
        order = select(by, LINKS.c.path, LINKS.c.line).where(by.in_(wanted)).order_by(by, LINKS.c.place)
        for one, path, line in await connection.execute(order):
            found[one].append(Link(id=file_id(path), path=shown(path), line=line))
    return found


async def replace_links(connection: AsyncConnection, owner: Owner, one: UUID, links: Sequence[LinkTarget]) -> None:
    """Make these the links of a note or task."""
    by = _OWNERS[owner]
    await connection.execute(delete(LINKS).where(by == one))
    if links:
        rows: list[dict[str, Any]] = [
            {by.name: one, "place": place, "path": path_of(link.id), "line": link.line}
            for place, link in enumerate(links)
        ]
        await connection.execute(insert(LINKS), rows)


async def links_to(database: Database, path: bytes) -> FileLinks:
    """What links to a file, last edited first."""
    here = (func.sha256(LINKS.c.path) == func.sha256(path), LINKS.c.path == path)
    async with database.connection(snapshot=True) as connection:
        notes = await connection.execute(
            select(_NOTES.c.id, _NOTES.c.title, LINKS.c.line)
            .join_from(LINKS, _NOTES, LINKS.c.note_id == _NOTES.c.id)
            .where(*here)
            .order_by(_NOTES.c.updated_at.desc(), _NOTES.c.id, LINKS.c.place)
            .limit(ANSWER_MAX)
        )
        tasks = await connection.execute(
            select(_TASKS.c.id, _TASKS.c.title, _TASKS.c.lane, LINKS.c.line)
            .join_from(LINKS, _TASKS, LINKS.c.task_id == _TASKS.c.id)
            .where(*here)
            .order_by(_TASKS.c.updated_at.desc(), _TASKS.c.id, LINKS.c.place)
            .limit(ANSWER_MAX)
        )
        return FileLinks(
            notes=[LinkedNote(id=one, title=title, line=line) for one, title, line in notes],
            tasks=[LinkedTask(id=one, title=title, column=lane, line=line) for one, title, lane, line in tasks],
        )
