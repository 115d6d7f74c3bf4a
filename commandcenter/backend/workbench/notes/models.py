"""Notes on the wire. Times are UTC, ISO 8601."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field

from workbench.links.models import Link, LinkTargets

TITLE_MAX = 300
BODY_MAX = 200_000


def without_nul(text: str) -> str:
    """Postgres keeps every text but NUL."""
    if "\0" in text:
        raise ValueError("text must not contain the character NUL")
    return text


Title = Annotated[str, Field(min_length=1, max_length=TITLE_MAX, pattern=r"\S"), AfterValidator(without_nul)]
Body = Annotated[str, Field(max_length=BODY_MAX), AfterValidator(without_nul)]
Version = Annotated[int, Field(ge=1, le=2**31 - 1)]


class NewNote(BaseModel):
    """What creates a note."""

    title: Title
    body: Body = ""
    """Markdown."""
    pinned: bool = False
    links: LinkTargets = []


class NoteEdit(BaseModel):
    """A whole new content for a note, and the version it was made from."""

    title: Title
    body: Body
    version: Version
    pinned: bool | None = None
    """Null keeps what is."""
    links: LinkTargets | None = None
    """Null keeps what is."""


class Note(BaseModel):
    """One note. `version` grows by one with every edit."""

    id: UUID
    title: str
    body: str
    version: int
    pinned: bool
    links: list[Link]
    created_at: datetime
    updated_at: datetime


class Headline(BaseModel):
    """The part of a note where the words were found, as plain text."""

    text: str
    ranges: list[tuple[int, int]]
    """Begin and end of each found word, in UTF-16 code units of `text`."""


class FoundNote(Note):
    """A note in a list."""

    headline: Headline | None
    """Null when nothing was searched for."""


class NoteList(BaseModel):
    """One page of notes: pinned ones and then the newest edit first, or best match first when searched."""

    notes: list[FoundNote]
    total: int
    """How many match in all."""


class NoteVersion(BaseModel):
    """A note as it was at one time."""

    version: int
    at: datetime
    title: str
    body: str


class Restore(BaseModel):
    """Which version becomes the newest again."""

    version: Version
