"""Import on the wire, and how an exported item's comment is checked."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from workbench.database.versioned import VERSIONS_MAX
from workbench.links.models import LaneName
from workbench.notes.models import Body, NewNote, Title
from workbench.tasks.models import NewTask, TaskContent

IMPORT_MAX = 16 * 1024 * 1024
"""Characters of one import."""


class Import(BaseModel):
    """A text that was exported, edited by hand or not."""

    text: Annotated[str, Field(max_length=IMPORT_MAX)]


class Imported(BaseModel):
    """What an import did. A note or task that is here already and differs gets a new version."""

    notes: int
    tasks: int
    skipped: int
    """Items that are here already as they are in the text, or that cannot be read."""
    problems: list[str]
    """What cannot be read, in words; the first 20."""


class PastNote(BaseModel):
    """An earlier version of a note in an export."""

    at: AwareDatetime
    title: Title
    body: Body


class PastTask(TaskContent):
    """An earlier version of a task in an export."""

    at: AwareDatetime
    column: LaneName


PastNotes = Annotated[list[PastNote], Field(max_length=VERSIONS_MAX - 1)]
PastTasks = Annotated[list[PastTask], Field(max_length=VERSIONS_MAX - 1)]


class KeptNote(NewNote):
    """A note in an export."""

    model_config = ConfigDict(extra="forbid")

    id: UUID | None = None
    created_at: AwareDatetime | None = None
    updated_at: AwareDatetime | None = None
    past: PastNotes = Field(default_factory=list)


class KeptTask(NewTask):
    """A task in an export."""

    model_config = ConfigDict(extra="forbid")

    id: UUID | None = None
    position: Annotated[float, Field(allow_inf_nan=False)] | None = None
    created_at: AwareDatetime | None = None
    updated_at: AwareDatetime | None = None
    done_at: AwareDatetime | None = None
    past: PastTasks = Field(default_factory=list)


def moment(at: datetime | None) -> str | None:
    """A time as an export has it."""
    return None if at is None else at.isoformat()
