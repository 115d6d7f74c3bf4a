"""Tasks in the database. Every change names the version it was made from, in the same statement that changes the row,
and leaves what it wrote in the history."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Executable, case, delete, func, insert, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from workbench.database.connection import Database
from workbench.database.text import text_query, too_many_words
from workbench.errors import ApiError
from workbench.links.models import LinkTarget
from workbench.links.table import links_of, replace_links
from workbench.tasks.models import NewTask, Task, TaskEdit, TaskList, TaskMove, TaskVersion
from workbench.tasks.position import place
from workbench.tasks.schema import HISTORY, TASKS

VERSIONS_MAX = 200
"""Versions of one task that are kept."""
LISTED_MAX = 2_000
SHOWN = tuple(column for column in TASKS.c if column.name not in ("search", "lane"))
LANE = TASKS.c.lane.label("column")
BOARD_ORDER = (case({"todo": 0, "doing": 1, "done": 2}, value=TASKS.c.lane), TASKS.c.position, TASKS.c.id)


async def find(database: Database, words: str, label: str | None) -> TaskList:
    """Tasks that match, in the order of the board."""
    wanted: list[Any] = []
    if words.strip():
        wanted.append(TASKS.c.search.bool_op("@@")(text_query(words)))
    if label is not None:
        wanted.append(TASKS.c.labels.contains([label]))
    async with database.connection(snapshot=True) as connection:
        total = await connection.scalar(select(func.count()).select_from(TASKS).where(*wanted))
        page = select(*SHOWN, LANE).where(*wanted).order_by(*BOARD_ORDER).limit(LISTED_MAX)
        tasks = await _tasks(connection, (await connection.execute(page)).all())
        labels = await connection.scalars(
            select(func.unnest(TASKS.c.labels).label("label")).distinct().order_by("label")
        )
        return TaskList(tasks=tasks, total=total or 0, labels=list(labels))


async def get(database: Database, task_id: UUID) -> Task:
    """One task. Raises `task_not_found`."""
    async with database.connection(snapshot=True) as connection:
        return await _get(connection, task_id)


async def create(database: Database, new: NewTask) -> Task:
    """Keep a new task. Raises `neighbour_moved`, `task_too_large`."""
    async with database.connection() as connection:
        position = await place(connection, new.column, new.before, None)
        done = {"done_at": func.now()} if new.column == "done" else {}
        return await insert_task(connection, new, {"position": position} | done)


async def insert_task(connection: AsyncConnection, new: NewTask, given: dict[str, Any]) -> Task:
    """Keep a task in a transaction that is open; `given` are values of other columns. Raises `task_too_large`."""
    values = new.model_dump(include={"title", "body", "labels", "due"}) | {"lane": new.column} | given
    row = await _write(connection, insert(TASKS).values(**values).returning(*SHOWN, LANE))
    return await _written(connection, row, new.links)


async def edit(database: Database, task_id: UUID, content: TaskEdit) -> Task:
    """Replace a task's content. Raises `task_not_found`, `task_changed`, `task_too_large`."""
    values = content.model_dump(include={"title", "body", "labels", "due"})
    async with database.connection() as connection:
        return await update_task(connection, task_id, content.version, values, content.links)


async def move(database: Database, task_id: UUID, to: TaskMove) -> Task:
    """Put a task elsewhere on the board. Raises `task_not_found`, `task_changed`, `neighbour_moved`."""
    async with database.connection() as connection:
        if to.before == task_id:
            raise ApiError(422, "invalid_request", "A task cannot go before itself.", str(task_id))
        position = await place(connection, to.column, to.before, task_id)
        # A task that stays done keeps the time when it was.
        done_at = func.coalesce(TASKS.c.done_at, func.now()) if to.column == "done" else None
        values = {"lane": to.column, "position": position, "done_at": done_at}
        return await update_task(connection, task_id, to.version, values, None)


async def update_task(
    connection: AsyncConnection,
    task_id: UUID,
    version: int,
    values: dict[str, Any],
    links: Sequence[LinkTarget] | None,
) -> Task:
    """Change a task in a transaction that is open. Raises `task_not_found`, `task_changed`, `task_too_large`."""
    changed = (
        update(TASKS)
        .where(TASKS.c.id == task_id, TASKS.c.version == version)
        .values({"version": TASKS.c.version + 1, "updated_at": func.now()} | values)
        .returning(*SHOWN, LANE)
    )
    row = await _write(connection, changed)
    if row is None:
        raise await _conflict(connection, task_id)
    return await _written(connection, row, links)


async def remove(database: Database, task_id: UUID, version: int) -> None:
    """Delete a task. Raises `task_not_found`, `task_changed`."""
    removed = delete(TASKS).where(TASKS.c.id == task_id, TASKS.c.version == version).returning(TASKS.c.id)
    async with database.connection() as connection:
        if await connection.scalar(removed) is None:
            raise await _conflict(connection, task_id)


async def versions(database: Database, task_id: UUID, limit: int) -> list[TaskVersion]:
    """What the task was, newest first; the first is what it is. Raises `task_not_found`."""
    shown = [column for column in HISTORY.c if column.name not in ("task_id", "lane")]
    order = (
        select(*shown, HISTORY.c.lane.label("column"))
        .where(HISTORY.c.task_id == task_id)
        .order_by(HISTORY.c.version.desc())
        .limit(limit)
    )
    async with database.connection(snapshot=True) as connection:
        found = [TaskVersion(**row._mapping) for row in await connection.execute(order)]
    if not found:
        raise _not_found(task_id)
    return found


async def _written(connection: AsyncConnection, row: Any, links: Sequence[LinkTarget] | None) -> Task:
    """What belongs to every write: the links, the version in the history, and no more versions than are kept."""
    if links is not None:
        await replace_links(connection, "task", row.id, links)
    kept = {name: row._mapping[name] for name in ("version", "title", "body", "labels", "due")}
    version = kept | {"task_id": row.id, "at": row.updated_at, "lane": row._mapping["column"]}
    await connection.execute(insert(HISTORY).values(**version))
    oldest = row.version - VERSIONS_MAX
    if oldest > 0:
        await connection.execute(delete(HISTORY).where(HISTORY.c.task_id == row.id, HISTORY.c.version <= oldest))
    return (await _tasks(connection, [row]))[0]


async def _get(connection: AsyncConnection, task_id: UUID) -> Task:
    rows = (await connection.execute(select(*SHOWN, LANE).where(TASKS.c.id == task_id))).all()
    if not rows:
        raise _not_found(task_id)
    return (await _tasks(connection, rows))[0]


def _not_found(task_id: UUID) -> ApiError:
    return ApiError(404, "task_not_found", "This task does not exist any more. Reload the board.", str(task_id))


async def _conflict(connection: AsyncConnection, task_id: UUID) -> ApiError:
    now = await _get(connection, task_id)
    words = "The task was changed meanwhile. Compare with what it is now, then save again."
    return ApiError(409, "task_changed", words, now.model_dump(mode="json"))


async def _write(connection: AsyncConnection, statement: Executable) -> Any:
    try:
        return (await connection.execute(statement)).one_or_none()
    except DBAPIError as error:
        cause = too_many_words(error)
        if cause is None:
            raise
        words = "The task has more words than can be searched. Make a note of it."
        raise ApiError(413, "task_too_large", words, str(cause)) from cause


async def _tasks(connection: AsyncConnection, rows: Sequence[Any]) -> list[Task]:
    links = await links_of(connection, "task", [row.id for row in rows])
    return [Task(**row._mapping, links=links[row.id]) for row in rows]
