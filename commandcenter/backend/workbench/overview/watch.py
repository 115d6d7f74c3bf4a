"""Tells what changed in the folder, in bounded batches. Blocking, for use in a thread.

`events`: the operating system's notifications (watchfiles). `poll`: none are used; the keeper compares scans instead,
for folders whose changes the system cannot see (network mounts, some virtual machines).
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from workbench.overview.scan import SKIPPED_FOLDERS, shown

PATHS_MAX = 100
"""Paths named in one event; the rest is counted."""
QUIET_MS = 50
GATHER_MS = 800
_SKIPPED = frozenset(os.fsdecode(name) for name in SKIPPED_FOLDERS)
_NAMES = {1: "added", 2: "modified", 3: "deleted"}


@dataclass(frozen=True, slots=True)
class Batch:
    """Changes seen together. `git` says that the repository's own state moved (commit, checkout, stage)."""

    changes: list[tuple[str, str]]
    """Kind of change and relative path; at most `PATHS_MAX`."""
    total: int
    git: bool


def watch(folder: str, stop: threading.Event, seen: Callable[[Batch], None]) -> None:
    """Call `seen` with each batch until `stop` is set. Raises `OSError` when the folder cannot be watched."""
    from watchfiles import watch as watch_files  # a native library of its own: imported when watching begins

    batches = watch_files(
        folder,
        watch_filter=None,
        debounce=GATHER_MS,
        step=QUIET_MS,
        stop_event=stop,
        rust_timeout=1000,
        raise_interrupt=False,
        ignore_permission_denied=True,
        force_polling=False,
    )
    for changes in batches:
        batch = gather(folder, ((_NAMES[int(change)], path) for change, path in changes))
        if batch.total or batch.git:
            seen(batch)


def gather(folder: str, changes: Iterable[tuple[str, str]]) -> Batch:
    """Sort changes (kind, absolute path) into those of files and those of git's own state."""
    named: list[tuple[str, str]] = []
    total = 0
    git = False
    for kind, path in changes:
        relative = os.path.relpath(path, folder).replace(os.sep, "/")
        parts = relative.split("/")
        if parts[0] == ".git":
            git = git or _is_git_state(parts[1:])
        elif relative != "." and _SKIPPED.isdisjoint(parts):
            total += 1
            if len(named) < PATHS_MAX:
                named.append((kind, relative))
    return Batch(sorted(named, key=lambda one: one[1]), total, git)


def compare(before: dict[bytes, tuple[int, int]], after: dict[bytes, tuple[int, int]]) -> Batch:
    """What changed between the fingerprints of two scans."""
    kinds = [("added", path) for path in after.keys() - before.keys()]
    kinds += [("deleted", path) for path in before.keys() - after.keys()]
    kinds += [("modified", path) for path in after.keys() & before.keys() if after[path] != before[path]]
    named = sorted(((kind, shown(path)) for kind, path in kinds), key=lambda one: one[1])
    return Batch(named[:PATHS_MAX], len(kinds), git=False)


def _is_git_state(parts: list[str]) -> bool:
    """Whether a change inside .git is one of the repository's state, not of a lock or an object."""
    if not parts or parts[-1].endswith(".lock"):
        return False
    return parts[0] in ("HEAD", "index", "packed-refs", "FETCH_HEAD") or parts[0] == "refs"
