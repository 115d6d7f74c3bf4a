"""Links on the wire."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field

from workbench.errors import ApiError
from workbench.files.ids import ID_MAX, path_of

LINKS_MAX = 100
LaneName = Literal["todo", "doing", "done"]


def _of_a_file(given: str) -> str:
    try:
        path = path_of(given)
    except ApiError as refused:
        raise ValueError(refused.message) from refused
    if path == b"":
        raise ValueError("a link names a file or a folder below the project's")
    return given


class LinkTarget(BaseModel):
    """What a link is made from: the id of a file, which need not exist (any more), and a line in it."""

    id: Annotated[str, Field(max_length=ID_MAX), AfterValidator(_of_a_file)]
    line: int | None = Field(default=None, ge=1, le=2**31 - 1)


class Link(LinkTarget):
    """A link to a file."""

    path: str
    """As it is shown."""


LinkTargets = Annotated[list[LinkTarget], Field(max_length=LINKS_MAX)]


class LinkedNote(BaseModel):
    """A note that links to a file."""

    id: UUID
    title: str
    line: int | None


class LinkedTask(BaseModel):
    """A task that links to a file."""

    id: UUID
    title: str
    column: LaneName
    line: int | None


class FileLinks(BaseModel):
    """What links to one file; one entry for each link."""

    notes: list[LinkedNote]
    tasks: list[LinkedTask]
