"""What changed in the folder since the index was last brought up to date: gathered without bound on their number, kept
within a bound of memory. Too many become one order to look at everything.
"""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field

from workbench.search.content import Entry
from workbench.search.ignore import FolderRules
from workbench.search.walk import PATH_MAX, walk

PATHS_MAX = 2000


class ChangedPaths:
    """Filled by the watching thread, emptied by the keeper."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._paths: set[bytes] = set()
        self._everything = False

    def add(self, paths: Iterable[bytes], *, missed: bool) -> None:
        """Take in changes. With `missed`, others happened that are not named."""
        with self._lock:
            self._everything = self._everything or missed
            if not self._everything:
                self._paths.update(path for path in paths if path and path.split(b"/", 1)[0] != b".git")
                self._everything = len(self._paths) > PATHS_MAX
            if self._everything:
                self._paths.clear()

    def take(self) -> set[bytes] | None:
        """All changes so far, which are then forgotten; None when everything has to be looked at."""
        with self._lock:
            paths, everything = self._paths, self._everything
            self._paths, self._everything = set(), False
            return None if everything else paths


@dataclass(slots=True)
class Found:
    """What is at changed paths now."""

    entries: list[Entry] = field(default_factory=list)
    gone: list[bytes] = field(default_factory=list)
    """Also what became something else than a file: a link, a folder, an ignored file."""


def look(root: bytes, paths: set[bytes], rules: FolderRules) -> Found:
    """Look at the paths. Blocking. A folder stands for everything in it."""
    found = Found()
    for path in paths:
        try:
            status = os.lstat(os.path.join(root, path))
        except (OSError, ValueError):
            found.gone.append(path)
            continue
        is_folder = stat.S_ISDIR(status.st_mode)
        if len(path) > PATH_MAX or rules.ignores_below(path, is_folder=is_folder):
            found.gone.append(path)
        elif is_folder:
            try:
                found.entries.extend(walk(root, rules, path).entries)
            except OSError:
                found.gone.append(path)
        elif stat.S_ISREG(status.st_mode):
            found.entries.append(Entry.of(path, status))
        else:
            found.gone.append(path)
    found.entries = list({entry.path: entry for entry in found.entries}.values())
    return found
