"""The overview of the project folder on the wire. Sizes are in bytes, times UTC.

Paths are relative to the folder with `/` between parts; a name that is not UTF-8 is shown with U+FFFD in place of what
cannot be shown, and counted.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel

from workbench.git.models import GitStanding


class Progress(BaseModel):
    """How far a running scan is."""

    files: int
    seconds: float


class LanguageShare(BaseModel):
    """Files of one language, told by their names."""

    language: str
    files: int
    bytes: int


class LargeFile(BaseModel):
    """One of the largest files."""

    path: str
    id: str
    bytes: int


class Skipped(BaseModel):
    """What the scan met and could not count as a file."""

    unreadable_folders: int
    vanished: int
    symlinks: int
    special: int
    """Sockets, pipes, devices."""
    invalid_names: int
    """Names that are not UTF-8. These files are counted nevertheless."""


class Files(BaseModel):
    """The folder in figures; ignored files and folders are left out."""

    count: int
    bytes: int
    languages: list[LanguageShare]
    """Largest first."""
    largest: list[LargeFile]
    skipped: Skipped
    truncated: bool
    """The scan stopped at its limit; the figures are of what it saw until then."""


class Commit(BaseModel):
    """One commit of the current branch."""

    sha: str
    author: str
    at: datetime
    subject: str


class DirtyFile(BaseModel):
    """A file that differs from the last commit."""

    path: str
    id: str
    status: Literal["modified", "added", "deleted", "renamed", "type_changed", "conflicted", "untracked"]


class Contributor(BaseModel):
    """Somebody who made commits of the current branch."""

    name: str
    commits: int


class Git(BaseModel):
    """The git repository the folder is in. What git could not tell is empty, and `error` says why."""

    state: GitStanding
    error: str | None = None
    branch: str | None = None
    """None when HEAD is detached."""
    head: str | None = None
    """None before the first commit."""
    upstream: str | None = None
    ahead: int = 0
    behind: int = 0
    dirty: list[DirtyFile] = []
    """The first 200; an untracked folder is one entry."""
    dirty_total: int = 0
    commits: list[Commit] = []
    """The last 20, newest first."""
    contributors: list[Contributor] = []
    """The 20 with the most commits."""


class Readme(BaseModel):
    """The folder's README as it is; whoever shows it must sanitise it."""

    path: str
    id: str
    text: str
    truncated: bool


class TodoKind(StrEnum):
    """What marks a line as something that is left to do."""

    # In two pieces, because this project's own sources must not contain such marks.
    TO_DO = "TO" + "DO"
    FIX_ME = "FIX" + "ME"
    HACK = "HACK"
    X = "XX" + "X"


class Todo(BaseModel):
    """One marked line."""

    path: str
    id: str
    line: int
    kind: TodoKind
    text: str
    """The line without what surrounds it, cut at 300 characters."""


class Todos(BaseModel):
    """Lines that are marked as left to do."""

    total: int
    items: list[Todo]
    """The first 200, by path."""
    complete: bool
    """Every text file of up to 512 KiB was looked through; otherwise there may be more."""


class Snapshot(BaseModel):
    """One finished look at the folder."""

    at: datetime
    seconds: float
    files: Files


class Overview(BaseModel):
    """The last finished look at the folder, and whether a newer one is under way."""

    state: Literal["scanning", "fresh", "failed"]
    progress: Progress | None
    snapshot: Snapshot | None
    """None until the first scan is finished, as are `git` and `readme`."""
    git: Git | None
    readme: Readme | None
    todos: Todos | None
    """None until the files were looked through for the first time."""
    error: str | None
