"""Which folders are watched on Linux: all that are not ignored, each by itself, and where git keeps its state.

A recursive watch would follow symbolic links out of the folder and into loops, and would spend the system's watches on
what nobody looks at.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from workbench.search.ignore import FolderRules

FOLDERS_MAX = 200_000


def folders_below(root: bytes, rules: FolderRules, inside: bytes = b"") -> Iterator[bytes]:
    """`inside` and the folders in it, relative to `root`. Unreadable ones are told, their content is not."""
    pending = [inside]
    count = 0
    while pending and count < FOLDERS_MAX:
        folder = pending.pop()
        count += 1
        yield folder
        try:
            with os.scandir(os.path.join(root, folder)) as entries:
                for one in entries:
                    if one.is_dir(follow_symlinks=False):
                        path = folder + b"/" + one.name if folder else one.name
                        if not rules.ignores(path, is_folder=True):
                            pending.append(path)
        except OSError:
            continue


def git_folders(root: bytes) -> Iterator[bytes]:
    """Where git notes commits, branches and what is staged."""
    if not os.path.isdir(os.path.join(root, b".git")):
        return
    yield b".git"
    yield b".git/info"
    for folder, inner, _ in os.walk(os.path.join(root, b".git/refs")):
        inner.sort()
        yield os.path.relpath(folder, root)
