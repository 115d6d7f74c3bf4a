"""What changed in the folder, in bounded batches, as the page is told: sorted from what the watch saw or, where the
folder is polled (network mounts, some virtual machines), from two scans compared."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass

from workbench.files.save import is_of_a_save
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


def gather(root: bytes, changes: Iterable[tuple[str, bytes]]) -> Batch:
    """Sort changes (kind, relative path) in the folder `root` into those of files and those of git's own state."""
    kinds: dict[bytes, set[str]] = {}
    git = False
    for kind, path in changes:
        parts = os.fsdecode(path).split("/")
        if parts[0] == ".git":
            git = git or _is_git_state(parts[1:])
        elif path and _SKIPPED.isdisjoint(parts):
            kinds.setdefault(path, set()).add(kind)
    told = [(told_as, path) for path in sorted(kinds) if (told_as := _kind_of(root, path, kinds[path])) is not None]
    return Batch([(told_as, os.fsdecode(path)) for told_as, path in told[:PATHS_MAX]], len(told), git)


def _kind_of(root: bytes, path: bytes, kinds: set[str]) -> str | None:
    """What several changes of one path at once come to; None for files that a save needs for a moment."""
    if kinds in ({"added"}, {"deleted"}) and not is_of_a_save(path):
        return next(iter(kinds))
    if os.path.lexists(os.path.join(root, path)):
        return "added" if "deleted" not in kinds and "added" in kinds else "modified"
    if is_of_a_save(path) or "deleted" not in kinds:
        # Linux tells of a file without a name as of one that changed; of others the deletion is still to come.
        return None
    return "deleted"


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
