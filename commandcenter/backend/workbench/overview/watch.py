"""What changed in the folder, in bounded batches, as the page is told: sorted from what the watch saw or, where the
folder is polled (network mounts, some virtual machines), from two scans compared."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass

from workbench.overview.scan import SKIPPED_FOLDERS, shown

PATHS_MAX = 100
"""Paths named in one event; the rest is counted."""
_SKIPPED = frozenset(os.fsdecode(name) for name in SKIPPED_FOLDERS)


@dataclass(frozen=True, slots=True)
class Batch:
    """Changes seen together. `git` says that the repository's own state moved (commit, checkout, stage)."""

    changes: list[tuple[str, str]]
    """Kind of change and relative path; at most `PATHS_MAX`."""
    total: int
    git: bool


def gather(changes: Iterable[tuple[str, bytes]]) -> Batch:
    """Sort changes (kind, relative path) into those of files and those of git's own state."""
    named: list[tuple[str, str]] = []
    total = 0
    git = False
    for kind, path in changes:
        relative = os.fsdecode(path)
        parts = relative.split("/")
        if parts[0] == ".git":
            git = git or _is_git_state(parts[1:])
        elif relative and _SKIPPED.isdisjoint(parts):
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
