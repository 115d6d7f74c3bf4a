"""Lists the files of the folder that can be searched. Blocking, for use in a thread or process of its own.

Symbolic links are never followed; what vanishes meanwhile is passed over.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass, field

from workbench.git.program import GitFailed, GitProgram
from workbench.search.content import Entry
from workbench.search.ignore import FolderRules

FILES_MAX = 1_000_000
PATH_MAX = 2000
"""Bytes of a path; longer ones cannot be keys in the database."""


@dataclass(slots=True)
class Listing:
    """What a walk found."""

    entries: list[Entry] = field(default_factory=list)
    ignored: int = 0
    """Files and whole folders."""
    unreadable: int = 0
    """Folders that could not be listed, and paths that are too long."""


def walk(root: bytes, rules: FolderRules, inside: bytes = b"", seen: Callable[[int], None] = lambda _: None) -> Listing:
    """All files at or below `inside`, in no order; `seen` is told their number from time to time. Raises `OSError` when
    the folder itself cannot be read."""
    os.scandir(os.path.join(root, inside)).close()
    listing = Listing()
    pending = [inside]
    while pending and len(listing.entries) < FILES_MAX:
        folder = pending.pop()
        _list(root, folder, rules, listing, pending)
        seen(len(listing.entries))
    return listing


def _list(root: bytes, folder: bytes, rules: FolderRules, listing: Listing, pending: list[bytes]) -> None:
    try:
        with os.scandir(os.path.join(root, folder)) as entries:
            for one in entries:
                path = folder + b"/" + one.name if folder else one.name
                try:
                    status = one.stat(follow_symlinks=False)
                except OSError:
                    continue
                is_folder = stat.S_ISDIR(status.st_mode)
                if not is_folder and not stat.S_ISREG(status.st_mode):
                    continue
                if rules.ignores(path, is_folder=is_folder):
                    listing.ignored += 1
                elif len(path) > PATH_MAX:
                    listing.unreadable += 1
                elif is_folder:
                    pending.append(path)
                else:
                    listing.entries.append(Entry.of(path, status))
    except FileNotFoundError:
        return
    except OSError:
        listing.unreadable += 1


def rules_of(program: GitProgram, root: bytes) -> FolderRules:
    """What is ignored in the folder, except files that git tracks against its own rules. Where git is missing or has
    nothing to say there are none of these."""
    try:
        answer = program.run(root, "ls-files", "-z", "--cached", "--ignored", "--exclude-standard")
    except GitFailed:
        return FolderRules(root)
    return FolderRules(root, frozenset(path for path in answer.output.split(b"\0") if path))
