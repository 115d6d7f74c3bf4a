"""Everything there is of notes and tasks, as one text."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from workbench.database.connection import Database
from workbench.exchange.markdown import Item, write
from workbench.exchange.models import moment
from workbench.links.models import Link
from workbench.links.table import links_of
from workbench.notes.table import KEPT as KEPT_NOTES
from workbench.notes.table import NOTES
from workbench.tasks.schema import TASKS
from workbench.tasks.table import BOARD_ORDER
from workbench.tasks.table import KEPT as KEPT_TASKS

EXPORT_SECONDS = 60.0
PAST_MAX = 3_000_000
"""Characters of earlier versions, of notes and of tasks each: what is exported can also be imported."""


async def export(database: Database) -> str:
    """Notes, oldest first, then tasks in the order of the board, with what they were before."""
    async with database.connection(snapshot=True, seconds=EXPORT_SECONDS) as connection:
        return write([*await _notes(connection), *await _tasks(connection)])


async def _notes(connection: AsyncConnection) -> list[Item]:
    rows = (await connection.execute(select(NOTES).order_by(NOTES.c.created_at, NOTES.c.id))).all()
    links = await links_of(connection, "note", [row.id for row in rows])
    past = await KEPT_NOTES.past(connection, PAST_MAX)
    return [
        Item(
            "note",
            row.title,
            row.body,
            {
                "id": str(row.id),
                "pinned": row.pinned,
                "links": _links(links[row.id]),
                "created_at": moment(row.created_at),
                "updated_at": moment(row.updated_at),
            },
            [_version(one) for one in past.get(row.id, [])],
        )
        for row in rows
    ]


async def _tasks(connection: AsyncConnection) -> list[Item]:
    rows = (await connection.execute(select(TASKS).order_by(*BOARD_ORDER))).all()
    links = await links_of(connection, "task", [row.id for row in rows])
    past = await KEPT_TASKS.past(connection, PAST_MAX)
    return [
        Item(
            "task",
            row.title,
            row.body,
            {
                "id": str(row.id),
                "column": row.lane,
                "position": row.position,
                "labels": row.labels,
                "due": None if row.due is None else row.due.isoformat(),
                "links": _links(links[row.id]),
                "created_at": moment(row.created_at),
                "updated_at": moment(row.updated_at),
                "done_at": moment(row.done_at),
            },
            [_version(one) for one in past.get(row.id, [])],
        )
        for row in rows
    ]


def _links(links: list[Link]) -> list[dict[str, Any]]:
    """With the path beside the id, for whoever reads the text."""
    return [link.model_dump() for link in links]


def _version(version: dict[str, Any]) -> dict[str, Any]:
    """An earlier version, as JSON has it."""
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in version.items()}
