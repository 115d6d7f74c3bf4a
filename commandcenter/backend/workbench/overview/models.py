"""The overview of the project folder on the wire. Sizes are in bytes, times UTC.

Paths are relative to the folder with `/` between parts; a name that is not UTF-8 is shown with U+FFFD in place of what
cannot be shown, and counted.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel


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

    id: str
    author: str
    at: datetime
    subject: str


class GitState(BaseModel):
    """The state of the git repository the folder is in."""

    branch: str | None
    """None when HEAD is detached."""
    head: str | None
    """None before the first commit."""
    upstream: str | None
    ahead: int
    behind: int
    dirty: int
    """Changed, added, deleted or untracked entries."""
    commits: list[Commit]
    """Newest first."""


class Git(BaseModel):
    """`repository`: `state` is set. `none`: not a repository. `failed`: `error` says why git could not answer."""

    kind: Literal["repository", "none", "failed"]
    state: GitState | None = None
    error: str | None = None


class Readme(BaseModel):
    """The folder's README as it is; whoever shows it must sanitise it."""

    path: str
    text: str
    truncated: bool


class Snapshot(BaseModel):
    """One finished look at the folder."""

    at: datetime
    seconds: float
    files: Files
    git: Git
    readme: Readme | None


class Overview(BaseModel):
    """The last finished look at the folder, and whether a newer one is under way."""

    state: Literal["scanning", "fresh", "failed"]
    progress: Progress | None
    snapshot: Snapshot | None
    """None until the first scan is finished."""
    error: str | None
