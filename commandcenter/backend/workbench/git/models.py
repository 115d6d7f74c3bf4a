"""What git knows of one file, on the wire. Times are UTC."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

GitStanding = Literal["ok", "none", "missing_git", "corrupt", "empty"]
"""`none`: no repository. `empty`: one without a commit. `corrupt`: git cannot read it, or did not answer."""


class FileCommit(BaseModel):
    """A commit that changed a file."""

    sha: str
    short: str
    author: str
    email_hash: str | None
    """SHA-256 of the author's address in lower case; the address itself is not sent."""
    at: datetime
    subject: str
    path: str
    """What the file was called then."""
    id: str | None
    """The id of that name, for asking for the file at this commit; null when it lay outside of the project's folder."""


class FileHistory(BaseModel):
    """The commits of a file, newest first, followed over renames."""

    commits: list[FileCommit]
    more: bool
    """There are older ones: ask again with `before` set to the last commit."""
    state: GitStanding
    error: str | None
    """Why there is nothing, in words."""


class DiffLine(BaseModel):
    """One line of a difference."""

    kind: Literal[" ", "+", "-"]
    old: int | None
    new: int | None
    text: str
    """Without its end; cut at 2,000 characters."""
    no_newline: bool = False
    """The file ends here without a line end."""


class Hunk(BaseModel):
    """Lines that changed, with three around them."""

    old_start: int
    old_lines: int
    new_start: int
    new_lines: int
    header: str
    lines: list[DiffLine]


class FileDiff(BaseModel):
    """How a file differs between two revisions."""

    model_config = ConfigDict(populate_by_name=True)

    from_: str = Field(alias="from")
    to: str
    binary: bool
    """One side is no text, or larger than 2 MiB: there are no hunks."""
    truncated: bool
    """The difference was too long; the first hunks are given."""
    from_missing: bool
    """There was no such file on this side."""
    to_missing: bool
    newline_changed: bool
    """Line ends differ, which the hunks do not show."""
    hunks: list[Hunk]
