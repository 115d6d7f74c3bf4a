"""What lies in one folder, bounded. Nothing is opened but the folder itself. Blocking: for use in a thread."""

from __future__ import annotations

import heapq
import os
import stat
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from workbench.errors import ApiError
from workbench.files import failures
from workbench.files.confine import Confinement, Place
from workbench.files.ids import file_id, shown
from workbench.files.models import Entry, Kind, Listing
from workbench.git.ignored import ignored_names
from workbench.git.program import GitProgram
from workbench.overview.languages import OTHER, language_of
from workbench.overview.scan import SKIPPED_FOLDERS

ENTRIES_MAX = 5_000
NAMES_MAX = 200_000
"""Names that are read at most, to find the first in order."""


def list_folder(confinement: Confinement, program: GitProgram, path: bytes, show_ignored: bool) -> Listing:
    """The entries of a folder: folders first, then by name. Raises `ApiError`."""
    with confinement.at(path) as place:
        try:
            found, truncated = _entries(confinement, place, path)
        except OSError as cause:
            raise failures.read_failed(cause, path) from cause
        ignored = ignored_names(program, confinement.root, place.path, [(one.name, one.is_folder) for one in found])
    ignored |= SKIPPED_FOLDERS
    shown_entries = [one.entry(one.name in ignored) for one in found if show_ignored or one.name not in ignored]
    return Listing(path=shown(path), id=file_id(path), entries=shown_entries, truncated=truncated)


def language(path: bytes) -> str | None:
    """The language a file is in, told by its name."""
    found = language_of(path.rpartition(b"/")[2])
    return None if found == OTHER else found


def _entries(confinement: Confinement, place: Place, path: bytes) -> tuple[list[_Found], bool]:
    if not stat.S_ISDIR(place.status().st_mode):
        raise ApiError(422, "not_a_folder", "This is no folder any more. Reload the tree.", shown(place.path))
    handle = None if place.folder is None else place.open_folder()
    try:
        names, truncated = _first(place.name if handle is None else handle)
        inside = [
            Place(handle, name if handle is not None else place.name + b"/" + name, place.path + b"/" + name)
            for name in names
        ]
        return [_Found(confinement, here, path, name) for here, name in zip(inside, names, strict=True)], truncated
    finally:
        if handle is not None:
            os.close(handle)


def _first(folder: int | bytes) -> tuple[list[bytes], bool]:
    entries: Any = os.scandir(folder)  # of text by a handle, of bytes by a path
    with entries:
        keys = [_key(entry) for entry in islice(entries, NAMES_MAX + 1)]
    first = heapq.nsmallest(ENTRIES_MAX, keys)
    return [name for _, _, name in first], len(keys) > ENTRIES_MAX


def _key(entry: os.DirEntry[str] | os.DirEntry[bytes]) -> tuple[bool, bytes, bytes]:
    name = os.fsencode(entry.name)
    return (not entry.is_dir(follow_symlinks=False), name.lower(), name)


class _Found:
    """One entry, looked at without opening it."""

    def __init__(self, confinement: Confinement, here: Place, folder: bytes, name: bytes) -> None:
        self.name = name
        self._path = folder + b"/" + name if folder else name
        self._status: os.stat_result | None = None
        self._error: str | None = None
        self._target: bytes | None = None
        self._target_kind: Kind | None = None
        self._outside = False
        try:
            self._status = here.status()
            if stat.S_ISLNK(self._status.st_mode):
                self._target = os.readlink(here.name, dir_fd=here.folder)
                self._look_behind(confinement)
            elif self.is_folder and not os.access(here.name, os.R_OK | os.X_OK, dir_fd=here.folder):
                self._error = "The workbench's account may not look into this folder."
        except OSError as cause:
            self._error = cause.strerror

    def _look_behind(self, confinement: Confinement) -> None:
        try:
            with confinement.at(self._path) as place:
                self._target_kind = kind_of(place.status().st_mode)
        except ApiError as refused:
            self._outside = refused.code == failures.OUTSIDE
            self._error = refused.message
        except FileNotFoundError:
            self._error = "The link leads to nothing."

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder itself, not a link to one."""
        return self._status is not None and stat.S_ISDIR(self._status.st_mode)

    def entry(self, is_ignored: bool) -> Entry:
        """As the page sees it."""
        status = self._status
        regular = status is not None and stat.S_ISREG(status.st_mode)
        return Entry(
            name=shown(self.name),
            path=shown(self._path),
            id=file_id(self._path),
            kind="other" if status is None else kind_of(status.st_mode),
            size=status.st_size if status is not None and regular else None,
            modified=None if status is None else when(status),
            language=language(self.name) if regular or self._target_kind == "file" else None,
            ignored=is_ignored,
            target=None if self._target is None else shown(self._target),
            target_kind=self._target_kind,
            outside=self._outside,
            error=self._error,
        )


def kind_of(mode: int) -> Kind:
    """What a file's mode says it is."""
    if stat.S_ISREG(mode):
        return "file"
    if stat.S_ISDIR(mode):
        return "dir"
    return "link" if stat.S_ISLNK(mode) else "other"


def when(status: os.stat_result) -> datetime | None:
    """When it was changed; None where the time on the disk is no time."""
    try:
        return datetime.fromtimestamp(status.st_mtime, UTC)
    except (OverflowError, ValueError, OSError):
        return None
