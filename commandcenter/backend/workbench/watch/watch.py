"""One watch of the folder for everybody: the system's notifications through watchfiles, or, where asked for or where
the system has none to give, regular looks (polling).

Listeners are called in the watching thread with each batch of changes, gathered until there was silence for a moment.
On Linux what lies in ignored folders is not watched. A folder that is added is told once it is watched itself: what is
in it by then is for the listener to find.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from workbench.files.ids import shown
from workbench.git.program import GitProgram
from workbench.search.walk import rules_of
from workbench.watch.folders import folders_below, git_folders

log = logging.getLogger("workbench.watch")

QUIET_MS = 50
GATHER_MS = 800
POLL_MS = 1000
LOOK_MS = 1000
"""How soon the thread notices that it has to end."""
AGAIN_SECONDS = 2.0
"""Before a watch that failed is tried again."""
Change = Literal["added", "modified", "deleted"]
_KINDS: dict[int, Change] = {1: "added", 2: "modified", 3: "deleted"}
_EACH_FOLDER = sys.platform == "linux"


@dataclass(frozen=True, slots=True)
class Changes:
    """Changes seen together: kind and path, relative to the folder."""

    paths: list[tuple[Change, bytes]]
    missed: bool = False
    """Others may have happened that are not named: look at everything."""


class FolderWatch:
    """Watches from `start` until `close`."""

    def __init__(self, folder: str, *, polling: bool) -> None:
        self._root = os.fsencode(folder)
        self._polling = polling
        self._git = GitProgram()
        self._listeners: list[Callable[[Changes], None]] = []
        self._stop = threading.Event()
        self.watching = threading.Event()
        """Set while every change is told."""

    def listen(self, changed: Callable[[Changes], None]) -> None:
        """Call `changed`, in the watching thread, with all changes from now on."""
        self._listeners.append(changed)

    def start(self) -> None:
        """Begin, in a thread that never keeps the program from ending."""
        threading.Thread(target=self._run, name="watch", daemon=True).start()

    def close(self) -> None:
        """End within a moment."""
        self._stop.set()
        self._git.close()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._watch()
            except (OSError, RuntimeError) as cause:
                # The folder is away, the system has no watches left, or its file system tells nothing.
                if os.path.isdir(self._root) and not self._polling:
                    log.warning("the folder cannot be watched, it is polled instead: %s", cause)
                    self._polling = True
                self.watching.clear()
                self._stop.wait(AGAIN_SECONDS)

    def _watch(self) -> None:
        folders = self._folders()
        watcher = self._open(folders)
        self._tell(Changes([], missed=True))
        self.watching.set()
        while not self._stop.is_set():
            changes = self._next(watcher, GATHER_MS)
            if changes is None:
                continue
            self._tell(Changes(changes))
            if not self._moved(changes, folders):
                continue
            now = self._folders()
            # The new watch stands before the old one ends, so that nothing falls between them.
            newer = self._open(now)
            left = self._next(watcher, QUIET_MS) or []
            watcher, added, folders = newer, now - folders, now
            of_rules = any(_is_rule_file(path) for _, path in changes)
            self._tell(Changes(left + [("added", folder) for folder in sorted(added)], missed=of_rules))

    def _folders(self) -> set[bytes]:
        if not _EACH_FOLDER:
            return {b""}
        rules = rules_of(self._git, self._root)
        return {*folders_below(self._root, rules), *git_folders(self._root)}

    def _open(self, folders: set[bytes]) -> Any:
        from watchfiles._rust_notify import RustNotify  # a native library of its own: loaded when watching begins

        paths = [os.fsdecode(os.path.join(self._root, folder)) for folder in folders]
        there = [path for path in paths if os.path.isdir(path)]
        if not there:
            raise FileNotFoundError(f"there is no folder {shown(self._root)}")
        return RustNotify(there, False, self._polling, POLL_MS, not _EACH_FOLDER, True)

    def _next(self, watcher: Any, gather: int) -> list[tuple[Change, bytes]] | None:
        raw = watcher.watch(gather, QUIET_MS, min(LOOK_MS, gather * 20), self._stop)
        if isinstance(raw, str):
            return None
        base = len(self._root.rstrip(b"/")) + 1
        named = {(_KINDS[kind], os.fsencode(path)[base:].replace(os.sep.encode(), b"/")) for kind, path in raw}
        return sorted(named, key=lambda one: one[1])

    def _moved(self, changes: list[tuple[Change, bytes]], folders: set[bytes]) -> bool:
        """Whether other folders have to be watched after these changes."""
        return _EACH_FOLDER and any(
            _is_rule_file(path)
            or (kind == "deleted" and path in folders)
            or (kind == "added" and path not in folders and _is_folder(os.path.join(self._root, path)))
            for kind, path in changes
        )

    def _tell(self, changes: Changes) -> None:
        if changes.paths or changes.missed:
            for listener in self._listeners:
                listener(changes)


def _is_rule_file(path: bytes) -> bool:
    return path.rpartition(b"/")[2] == b".gitignore" or path.endswith(b".git/info/exclude")


def _is_folder(path: bytes) -> bool:
    return os.path.isdir(path) and not os.path.islink(path)
