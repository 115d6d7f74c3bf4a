"""Tasks in the database: listed as the board has them, and written with their history."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import case, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from workbench.database.connection import Database
from workbench.database.text import text_query
from workbench.database.versioned import Versioned, Words
from workbench.errors import ApiError
from workbench.links.models import LinkTarget
from workbench.tasks.models import NewTask, Task, TaskEdit, TaskList, TaskMove, TaskVersion
from workbench.tasks.position import place
from workbench.tasks.schema import HISTORY, TASKS

LISTED_MAX = 2_000
SHOWN = tuple(column for column in TASKS.c if column.name not in ("search", "lane"))
LANE = TASKS.c.lane.label("column")
KEPT = Versioned(
    owner="task",
    model=Task,
    rows=TASKS,
    shown=(*SHOWN, LANE),
    history=HISTORY,
    key=HISTORY.c.task_id,
    kept=("title", "body", "lane", "labels", "due"),
    gone=Words("task_not_found", "This task does not exist any more. Reload the board."),
    conflict=Words("task_changed", "The task was changed meanwhile. Compare with what it is now, then save again."),
    too_large=Words("task_too_large", "The task has more words than can be searched. Make a note of it."),
    wire={"lane": "column"},
)
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
        tasks = await KEPT.models(connection, (await connection.execute(page)).all())
        labels = await connection.scalars(
            select(func.unnest(TASKS.c.labels).label("label")).distinct().order_by("label")
        )
        return TaskList(tasks=tasks, total=total or 0, labels=list(labels))


async def get(database: Database, task_id: UUID) -> Task:
    """One task. Raises `task_not_found`."""
    async with database.connection(snapshot=True) as connection:
        return await KEPT.get(connection, task_id)


async def create(database: Database, new: NewTask) -> Task:
    """Keep a new task. Raises `neighbour_moved`, `task_too_large`."""
    async with database.connection() as connection:
        position = await place(connection, new.column, new.before, None)
        done = {"done_at": func.now()} if new.column == "done" else {}
        return await insert_task(connection, new, {"position": position} | done)


async def insert_task(connection: AsyncConnection, new: NewTask, given: dict[str, Any]) -> Task:
    """Keep a task in a transaction that is open; `given` are values of other columns. Raises `task_too_large`."""
    values = new.model_dump(include={"title", "body", "labels", "due"}) | {"lane": new.column} | given
    return await KEPT.add(connection, values, new.links)


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
    return await KEPT.change(connection, task_id, version, values, links)


async def remove(database: Database, task_id: UUID, version: int) -> str:
    """Delete a task; its title. Raises `task_not_found`, `task_changed`."""
    async with database.connection() as connection:
        return await KEPT.remove(connection, task_id, version)


async def versions(database: Database, task_id: UUID, limit: int) -> list[TaskVersion]:
    """What the task was, newest first; the first is what it is. Raises `task_not_found`."""
    async with database.connection(snapshot=True) as connection:
        return await KEPT.versions(connection, task_id, limit, TaskVersion)
