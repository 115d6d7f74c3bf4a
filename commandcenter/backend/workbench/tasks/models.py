"""Tasks on the wire. Times are UTC, ISO 8601."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field

from workbench.links.models import LaneName, Link, LinkTargets
from workbench.notes.models import Title, Version, without_nul

BODY_MAX = 50_000
LABEL_MAX = 50
LABELS_MAX = 20


def _distinct(labels: list[str]) -> list[str]:
    if len(set(labels)) != len(labels):
        raise ValueError("a label is given twice")
    return labels


Body = Annotated[str, Field(max_length=BODY_MAX), AfterValidator(without_nul)]
Label = Annotated[
    str,
    Field(min_length=1, max_length=LABEL_MAX, pattern=r"^[^\s\x00-\x1f]([^\x00-\x1f]*[^\s\x00-\x1f])?$"),
]
Labels = Annotated[list[Label], Field(max_length=LABELS_MAX), AfterValidator(_distinct)]


class TaskContent(BaseModel):
    """What the user writes of a task."""

    title: Title
    body: Body = ""
    """Markdown."""
    labels: Labels = []
    due: date | None = None


class NewTask(TaskContent):
    """What creates a task, at the end of its column unless `before` names another task there."""

    column: LaneName = "todo"
    before: UUID | None = None
    links: LinkTargets = []


class TaskEdit(TaskContent):
    """A whole new content for a task, and the version it was made from."""

    version: Version
    links: LinkTargets | None = None
    """Null keeps what is."""


class TaskMove(BaseModel):
    """Where a task goes: before another of that column, or to its end."""

    column: LaneName
    before: UUID | None = None
    version: Version


class Task(BaseModel):
    """One task. `version` grows by one with every edit and every move."""

    id: UUID
    title: str
    body: str
    column: LaneName
    position: float
    """Orders the tasks of a column; may change without a new version when room is made between others."""
    labels: list[str]
    links: list[Link]
    due: date | None
    version: int
    created_at: datetime
    updated_at: datetime
    done_at: datetime | None


class TaskList(BaseModel):
    """The board: by column, then in their order."""

    tasks: list[Task]
    total: int
    """How many match; at most 2,000 are listed."""
    labels: list[str]
    """Every label that any task has."""


class TaskVersion(BaseModel):
    """A task as it was at one time."""

    version: int
    at: datetime
    title: str
    body: str
    column: LaneName
    labels: list[str]
    due: date | None
