"""Import on the wire, and how an exported item's comment is checked."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from workbench.notes.models import NewNote
from workbench.tasks.models import NewTask

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


class KeptNote(NewNote):
    """A note in an export."""

    model_config = ConfigDict(extra="forbid")

    id: UUID | None = None
    created_at: AwareDatetime | None = None
    updated_at: AwareDatetime | None = None


class KeptTask(NewTask):
    """A task in an export."""

    model_config = ConfigDict(extra="forbid")

    id: UUID | None = None
    position: Annotated[float, Field(allow_inf_nan=False)] | None = None
    created_at: AwareDatetime | None = None
    updated_at: AwareDatetime | None = None
    done_at: AwareDatetime | None = None


def moment(at: datetime | None) -> str | None:
    """A time as an export has it."""
    return None if at is None else at.isoformat()
