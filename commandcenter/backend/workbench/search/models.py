"""Search and its index on the wire. Sizes are in bytes, times UTC, ISO 8601.

Positions are counted as JavaScript counts them, in UTF-16 code units, so that a page can slice text by them.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel

Mode = Literal["words", "exact", "regex"]
"""`words`: files that have all words, the last may be unfinished. `exact`: the text as it is typed. `regex`: a pattern,
line by line."""
IndexState = Literal["idle", "scanning", "indexing", "watching", "paused", "failed"]
"""`idle`: not begun. `scanning`: looking which files there are. `indexing`: reading those that changed. `watching`: up
to date, waiting for changes. `paused`: Postgres is away. `failed`: `error` says why; it is tried again."""


class IndexSkipped(BaseModel):
    """Files that cannot be searched, and why."""

    binary: int
    large: int
    """Larger than 1 MiB."""
    unreadable: int
    """No permission, vanished while read, or not a regular file."""
    ignored: int
    """Files and whole folders that `.gitignore` or the like leaves out."""


class IndexLanguage(BaseModel):
    """What is indexed of one language."""

    name: str
    files: int
    bytes: int


class IndexStatus(BaseModel):
    """How far the index is. Everything it has can be searched at any time."""

    state: IndexState
    done: int
    """Files of this run that were looked at."""
    total: int
    """Files of this run; 0 while they are being counted."""
    files: int
    """Files that can be searched."""
    bytes: int
    skipped: IndexSkipped
    languages: list[IndexLanguage]
    """Largest first."""
    started_at: datetime | None
    finished_at: datetime | None
    """When the index was last known to be complete."""
    error: str | None


class Match(BaseModel):
    """One line that matches."""

    line: int
    """Counted from 1."""
    column: int
    """Of the first match in the line, counted from 1 in UTF-16 code units."""
    text: str
    """The line, cut round the first match where it is long."""
    ranges: list[tuple[int, int]]
    """What matched, as [start, end) in `text`."""
    cut_start: bool
    """Text was left out before `text`."""
    cut_end: bool
    before: list[str]
    """Up to two lines before."""
    after: list[str]


class FoundFile(BaseModel):
    """One file with matches."""

    path: str
    id: str
    language: str
    score: float
    """Higher is better; comparable within one answer only."""
    matches: list[Match]
    more_matches: int
    """Further matching lines of this file that are not listed. They are counted up to 50; of the only file that is
    found 200 lines are listed, and 1,000 are counted."""


class SearchResults(BaseModel):
    """One page of files that match, best first."""

    took_ms: float
    total: int
    """Files that match, or at least so many where `total_is_exact` is false."""
    total_is_exact: bool
    truncated: bool
    """There are, or there may be, more files than this page and those before it."""
    unfinished: bool
    """The patience was over before this page was full, or before the lines of all its files were read: those files have
    no matches listed. Ask again with more `patience`."""
    looked_into: int
    """Files that were looked into, of `candidates`."""
    candidates: int
    """Files that may match by what the index knows without looking into them."""
    files: list[FoundFile]
    index: IndexStatus


class FoundPath(BaseModel):
    """One file whose path fits."""

    path: str
    id: str
    language: str
    ranges: list[tuple[int, int]]
    """What fits, as [start, end) in `path`."""


class FoundPaths(BaseModel):
    """Files whose paths fit, best first."""

    took_ms: float
    files: list[FoundPath]
