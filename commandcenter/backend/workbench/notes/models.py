"""Notes on the wire. Times are UTC, ISO 8601."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field

TITLE_MAX = 300
BODY_MAX = 200_000


def _without_nul(text: str) -> str:
    if "\0" in text:
        raise ValueError("text must not contain the character NUL")
    return text


Title = Annotated[str, Field(min_length=1, max_length=TITLE_MAX, pattern=r"\S"), AfterValidator(_without_nul)]
Body = Annotated[str, Field(max_length=BODY_MAX), AfterValidator(_without_nul)]


class NewNote(BaseModel):
    """What creates a note."""

    title: Title
    body: Body = ""
    """Markdown."""


class NoteEdit(BaseModel):
    """A whole new content for a note, and the version it was made from."""

    title: Title
    body: Body
    version: int = Field(ge=1, le=2**31 - 1)


class Note(BaseModel):
    """One note. `version` grows by one with every edit."""

    id: UUID
    title: str
    body: str
    version: int
    created_at: datetime
    updated_at: datetime


class NoteList(BaseModel):
    """One page of notes: newest edit first, or best match first when searched."""

    notes: list[Note]
    total: int
    """How many match in all."""
