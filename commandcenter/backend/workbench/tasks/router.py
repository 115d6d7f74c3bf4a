"""/api/tasks: the board. An edit, a move or a deletion names the version it was made from; a stale one is refused with
409 `task_changed`, whose detail is the task as it is now."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from workbench.database.versioned import VERSIONS_MAX
from workbench.tasks import table
from workbench.tasks.models import LABEL_MAX, NewTask, Task, TaskEdit, TaskList, TaskMove, TaskVersion
from workbench.web.announce import announce, announce_deleted, workbench_of
from workbench.web.models import FAILURES, Failure

router = APIRouter(prefix="/api/tasks", tags=["tasks"], responses=FAILURES)
Version = Annotated[int, Query(ge=1, le=2**31 - 1)]
NOT_FOUND: dict[int | str, dict[str, Any]] = {404: {"model": Failure, "description": "task_not_found"}}
CONFLICT: dict[int | str, dict[str, Any]] = NOT_FOUND | {
    409: {"model": Failure, "description": "task_changed; detail is the task as it is now. neighbour_moved"},
    413: {"model": Failure, "description": "task_too_large"},
}


@router.get("")
async def list_tasks(
    request: Request,
    q: Annotated[str, Query(max_length=500, description="words to search for; the last may be unfinished")] = "",
    label: Annotated[str | None, Query(max_length=LABEL_MAX)] = None,
) -> TaskList:
    """The board, or what of it matches."""
    wanted = None if label is None or "\0" in label else label
    return await table.find(workbench_of(request).database, q.replace("\0", " "), wanted)


@router.post("", status_code=201, responses=CONFLICT)
async def create_task(request: Request, new: NewTask) -> Task:
    """Keep a new task."""
    task = await table.create(workbench_of(request).database, new)
    announce(request, "task.created", task)
    return task


@router.get("/{task_id}", responses=NOT_FOUND)
async def read_task(request: Request, task_id: UUID) -> Task:
    """One task."""
    return await table.get(workbench_of(request).database, task_id)


@router.put("/{task_id}", responses=CONFLICT)
async def edit_task(request: Request, task_id: UUID, edit: TaskEdit) -> Task:
    """Replace the content of a task."""
    task = await table.edit(workbench_of(request).database, task_id, edit)
    announce(request, "task.updated", task)
    return task


@router.post("/{task_id}/move", responses=CONFLICT)
async def move_task(request: Request, task_id: UUID, to: TaskMove) -> Task:
    """Put a task elsewhere on the board."""
    task = await table.move(workbench_of(request).database, task_id, to)
    announce(request, "task.moved", task)
    return task


@router.delete("/{task_id}", status_code=204, responses=CONFLICT, response_class=Response)
async def delete_task(request: Request, task_id: UUID, version: Version) -> None:
    """Delete a task."""
    title = await table.remove(workbench_of(request).database, task_id, version)
    announce_deleted(request, "task.deleted", task_id, version, title)


@router.get("/{task_id}/history", responses=NOT_FOUND)
async def task_history(
    request: Request, task_id: UUID, limit: Annotated[int, Query(ge=1, le=VERSIONS_MAX)] = 50
) -> list[TaskVersion]:
    """What the task was, newest first; the first is what it is. The last 200 versions are kept."""
    return await table.versions(workbench_of(request).database, task_id, limit)
