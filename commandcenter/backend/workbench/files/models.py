"""Files on the wire. Paths are relative to the project's folder with `/` between parts; what is not UTF-8 in them is
shown as U+FFFD, and `id` is what names a file to the API. Sizes are in bytes, times UTC."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field

from workbench.files.ids import PATH_MAX

TEXT_MAX = 2 * 1024 * 1024
"""Bytes of a file that is shown or saved as text."""
Kind = Literal["file", "dir", "link", "other"]
Newline = Literal["lf", "crlf", "mixed"]
Encoding = Literal["utf-8", "utf-8-sig", "utf-16-le", "utf-16-be", "latin-1"]


class Entry(BaseModel):
    """One entry of a folder."""

    name: str
    path: str
    id: str
    kind: Kind
    """`other`: a pipe, a socket, a device, or what could not be looked at."""
    size: int | None
    modified: datetime | None
    language: str | None
    ignored: bool
    """git ignores it, or it is a folder that is never searched (`.git`, `node_modules`, …)."""
    target: str | None
    """Where a link points, as it is written in the link."""
    target_kind: Kind | None
    """What a link leads to inside the folder; null when it leads to nothing that can be shown."""
    outside: bool
    """The link leads out of the project's folder and is not followed."""
    error: str | None
    """Why it cannot be opened, in words."""


class Listing(BaseModel):
    """What lies in a folder: folders first, then by name."""

    path: str
    id: str
    entries: list[Entry]
    truncated: bool
    """There are more than are listed."""


class File(BaseModel):
    """A file and, where it is text of a size that can be shown, its content."""

    path: str
    id: str
    name: str
    size: int
    modified: datetime | None
    version: str
    """Changes with the content. Send it back when saving."""
    language: str | None
    kind: Literal["text", "image", "binary", "too_large"]
    encoding: Encoding | None
    encoding_guessed: bool
    """It is no Unicode text; `latin-1` shows and keeps every byte, but may not be what was meant."""
    newline: Newline | None
    text: str | None
    """With `crlf`, lines end in a plain newline here and are written back with both characters. With `mixed` the text
    is as in the file, and is written as it is sent. An SVG image has its text here, too."""
    lines: int | None
    writable: bool
    read_only_reason: str | None


def _can_be_written(text: str) -> str:
    if "\0" in text:
        raise ValueError("text must not contain the character NUL")
    return text


Text = Annotated[str, Field(max_length=TEXT_MAX), AfterValidator(_can_be_written)]


class FileEdit(BaseModel):
    """A whole new content for a file, and the version it was made from."""

    text: Text
    version: str = Field(max_length=100)
    newline: Literal["lf", "crlf"] | None = None
    """How lines are to end; null keeps what the file has."""


class NewFile(BaseModel):
    """What creates a file. Folders on the way to it are made."""

    path: str = Field(min_length=1, max_length=PATH_MAX)
    text: Text = ""
