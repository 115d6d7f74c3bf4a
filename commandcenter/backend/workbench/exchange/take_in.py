"""Takes an exported text in, all of it in one transaction. What is here already and differs gets a new version, so that
the history keeps what it was; nothing is deleted."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from workbench.database.connection import Database
from workbench.errors import ApiError
from workbench.exchange.markdown import Item, Unreadable, read
from workbench.exchange.models import Imported, KeptNote, KeptTask
from workbench.links.models import Link, LinkTarget
from workbench.links.table import links_of
from workbench.notes.models import Note, NoteEdit
from workbench.notes.table import KEPT as KEPT_NOTES
from workbench.notes.table import NOTES, insert_note, update_note
from workbench.tasks.models import Task
from workbench.tasks.position import place
from workbench.tasks.schema import TASKS
from workbench.tasks.table import KEPT as KEPT_TASKS
from workbench.tasks.table import insert_task, update_task

PROBLEMS_MAX = 20
IMPORT_SECONDS = 120.0
"""Some ten thousand items."""
Change = tuple[str, Note | Task]
"""What became of an item: the event, and what it is now."""
Announce = Callable[[str, Note | Task], None]


async def take_in(database: Database, text: str, announce: Announce) -> Imported:
    """Import; `announce` is called for each change once all are kept. Raises `ApiError` 422 `import_empty`."""
    counted = Imported(notes=0, tasks=0, skipped=0, problems=[])
    changes: list[Change] = []
    async with database.connection(seconds=IMPORT_SECONDS) as connection:
        for item in read(text):
            try:
                change = await _take(connection, item)
            except _Skip as skipped:
                counted.skipped += 1
                if skipped.why and len(counted.problems) < PROBLEMS_MAX:
                    counted.problems.append(skipped.why)
                continue
            changes.append(change)
            if change[0].startswith("note."):
                counted.notes += 1
            else:
                counted.tasks += 1
    if not changes and not counted.skipped:
        words = "No notes or tasks were found in this text. Import a text that the workbench exported."
        raise ApiError(422, "import_empty", words)
    for change in changes:
        announce(*change)
    return counted


class _Skip(Exception):
    """An item is left out; `why` is empty when it is here already."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


async def _take(connection: AsyncConnection, item: Item | Unreadable) -> Change:
    if isinstance(item, Unreadable):
        raise _Skip(f"line {item.line}: {item.why}")
    takes: dict[str, Callable[[AsyncConnection, Item], Awaitable[Change]]] = {
        "note": _take_note,
        "task": _take_task,
    }
    try:
        return await takes[item.kind](connection, item)
    except ValidationError as invalid:
        first = invalid.errors()[0]
        at = ".".join(str(part) for part in first["loc"])
        raise _Skip(f"{item.kind} “{item.title[:60]}”: {at}: {first['msg']}") from invalid


async def _take_note(connection: AsyncConnection, item: Item) -> Change:
    given = KeptNote.model_validate(item.rest | {"title": item.title, "body": item.body, "past": item.past})
    row = await _held(connection, NOTES, given.id)
    if row is None:
        note = await insert_note(connection, given, _given(given, ("id", "created_at", "updated_at")))
        await KEPT_NOTES.add_past(connection, note.id, given.past)
        return "note.created", note
    links = (await links_of(connection, "note", [row.id]))[row.id]
    if (row.title, row.body, row.pinned) == (given.title, given.body, given.pinned) and _same(links, given.links):
        raise _Skip("")
    edit = NoteEdit.model_construct(
        title=given.title, body=given.body, version=row.version, pinned=given.pinned, links=given.links
    )
    note = await update_note(connection, row.id, edit)
    return "note.updated", note


async def _take_task(connection: AsyncConnection, item: Item) -> Change:
    given = KeptTask.model_validate(item.rest | {"title": item.title, "body": item.body, "past": item.past})
    row = await _held(connection, TASKS, given.id)
    if row is None:
        values = _given(given, ("id", "position", "created_at", "updated_at", "done_at"))
        if "position" not in values:
            values["position"] = await place(connection, given.column, None, None)
        task = await insert_task(connection, given, values)
        await KEPT_TASKS.add_past(connection, task.id, given.past)
        return "task.created", task
    links = (await links_of(connection, "task", [row.id]))[row.id]
    values = given.model_dump(include={"title", "body", "labels", "due", "done_at"}) | {"lane": given.column}
    if given.position is not None:
        values["position"] = given.position
    if all(row._mapping[name] == value for name, value in values.items()) and _same(links, given.links):
        raise _Skip("")
    task = await update_task(connection, row.id, row.version, values, given.links)
    return "task.updated", task


async def _held(connection: AsyncConnection, table: Any, one: UUID | None) -> Any:
    """The row with this id, kept from others until the end."""
    if one is None:
        return None
    return (await connection.execute(select(table).where(table.c.id == one).with_for_update())).one_or_none()


def _given(kept: KeptNote | KeptTask, names: tuple[str, ...]) -> dict[str, Any]:
    values = {name: value for name in names if (value := getattr(kept, name)) is not None}
    return values | {"version": len(kept.past) + 1}


def _same(links: list[Link], targets: list[LinkTarget]) -> bool:
    return [(one.id, one.line) for one in links] == [(one.id, one.line) for one in targets]
