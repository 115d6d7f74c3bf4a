"""Where a task stands in its column: a number between those of its neighbours. When two neighbours have no number left
between them, the column is numbered anew."""

from __future__ import annotations

from itertools import pairwise
from typing import Literal
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from workbench.errors import ApiError
from workbench.tasks.schema import TASKS

STEP = 1024.0
LOCK = 7_264_011_505
"""Number of the advisory lock under which positions are given; migrations and the index have the two before it."""


def between(before: float | None, after: float | None) -> float | None:
    """A number between two neighbours; None on a side where there is none. None when there is no room."""
    if before is None:
        return STEP if after is None else after - STEP
    if after is None:
        return before + STEP
    middle = before + (after - before) / 2
    return middle if before < middle < after else None


async def place(
    connection: AsyncConnection, lane: Literal["todo", "doing", "done"], before: UUID | None, moving: UUID | None
) -> float:
    """A position in `lane` before another task, or at the end; `moving` is the task that it is for, if there is one.
    Others wait with theirs until the transaction ends. Raises `ApiError` 409 `neighbour_moved`."""
    await connection.execute(select(func.pg_advisory_xact_lock(LOCK)))
    order = select(TASKS.c.id, TASKS.c.position).where(TASKS.c.lane == lane).order_by(TASKS.c.position, TASKS.c.id)
    others = [(one, position) for one, position in await connection.execute(order) if one != moving]
    ids = [one for one, _ in others]
    if before is not None and before not in ids:
        words = "The task before which this one was to go is not in that column any more. Reload the board."
        raise ApiError(409, "neighbour_moved", words, str(before))
    index = len(ids) if before is None else ids.index(before)
    found = _room([position for _, position in others], index)
    if found is not None:
        return found
    for number, one in enumerate(ids, start=1):
        await connection.execute(update(TASKS).where(TASKS.c.id == one).values(position=number * STEP))
    return index * STEP + STEP / 2


def _room(positions: list[float], index: int) -> float | None:
    if any(one >= two for one, two in pairwise(positions)):
        return None  # two at one place, as an import may leave them
    return between(positions[index - 1] if index > 0 else None, positions[index] if index < len(positions) else None)
