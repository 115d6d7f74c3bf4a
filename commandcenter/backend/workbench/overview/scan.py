"""Looks through the folder: counts, sizes, languages, largest files. Blocking, for use in a thread; bounded in files
and memory; gives up as soon as it is told to.

In a git repository git says which files count; elsewhere the folder is walked and `.gitignore` files are respected.
Symbolic links are counted and never followed. Names are bytes throughout, since a name need not be UTF-8.
"""

from __future__ import annotations

import heapq
import os
import stat
import threading
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from workbench.files.ids import file_id
from workbench.overview.languages import language_of
from workbench.overview.models import Files, LanguageShare, LargeFile, Skipped

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

    from workbench.overview.todos import TodoFinder

FILES_MAX = 1_000_000
LARGEST = 20
GITIGNORE_MAX = 256 * 1024
SKIPPED_FOLDERS = frozenset(
    b".git .hg .svn .jj node_modules __pycache__ .venv .tox .mypy_cache .pytest_cache .ruff_cache".split()
)


IgnoreRules: TypeAlias = "tuple[tuple[bytes, GitIgnoreSpec], ...]"
"""Rules of `.gitignore` files and the folders they lie in, outermost first."""


class Stopped(Exception):
    """The scan was told to give up."""


@dataclass(slots=True)
class Tally:
    """What was counted so far. Other threads may read `files`."""

    stop: threading.Event
    todos: TodoFinder | None = None
    """Shown every file that is counted."""
    fingerprints: dict[bytes, tuple[int, int]] | None = None
    """Modification time (ns) and size by path, where changes are found by comparing scans."""
    files: int = 0
    size: int = 0
    """Bytes of all files."""
    unreadable: int = 0
    vanished: int = 0
    symlinks: int = 0
    special: int = 0
    invalid_names: int = 0
    truncated: bool = False
    languages: dict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))
    largest: list[tuple[int, bytes]] = field(default_factory=list)

    def add(self, path: bytes, status: os.stat_result) -> bool:
        """Count one entry that is not a folder. False when no more are taken."""
        if self.stop.is_set():
            raise Stopped
        if stat.S_ISLNK(status.st_mode):
            self.symlinks += 1
            return True
        if not stat.S_ISREG(status.st_mode):
            self.special += 1
            return True
        if self.files >= FILES_MAX:
            self.truncated = True
            return False
        self.files += 1
        self.size += status.st_size
        share = self.languages[language_of(path.rpartition(b"/")[2])]
        share[0] += 1
        share[1] += status.st_size
        self.invalid_names += not _is_utf8(path)
        if self.todos is not None:
            self.todos.see(path, status)
        if self.fingerprints is not None:
            self.fingerprints[path] = (status.st_mtime_ns, status.st_size)
        keep = heapq.heappush if len(self.largest) < LARGEST else heapq.heappushpop
        keep(self.largest, (status.st_size, path))
        return True

    def result(self) -> Files:
        """The figures for the page."""
        shares = [LanguageShare(language=name, files=n, bytes=size) for name, (n, size) in self.languages.items()]
        return Files(
            count=self.files,
            bytes=self.size,
            languages=sorted(shares, key=lambda one: (-one.bytes, one.language)),
            largest=[
                LargeFile(path=shown(path), id=file_id(path), bytes=size)
                for size, path in sorted(self.largest, reverse=True)
            ],
            skipped=Skipped(
                unreadable_folders=self.unreadable,
                vanished=self.vanished,
                symlinks=self.symlinks,
                special=self.special,
                invalid_names=self.invalid_names,
            ),
            truncated=self.truncated,
        )


def shown(path: bytes) -> str:
    """A path as text that can be shown."""
    return path.decode("utf-8", "replace")


def ended_by_zero(names: bytes | bytearray) -> Iterator[bytes]:
    """The names in one piece of memory, one after the other: all at once as objects they would leave holes behind that
    are never given back."""
    begin = 0
    while (end := names.find(0, begin)) >= 0:
        yield bytes(names[begin:end])
        begin = end + 1


def count_listed(folder: str, paths: bytes, tally: Tally) -> None:
    """Count the files that git listed, each ended by a zero byte."""
    root = os.fsencode(folder)
    for path in ended_by_zero(paths):
        if not SKIPPED_FOLDERS.isdisjoint(path.split(b"/")[:-1]):
            continue
        try:
            status = os.lstat(os.path.join(root, path))
        except (FileNotFoundError, NotADirectoryError):
            continue  # deleted and not committed yet, or left out of this checkout
        except OSError:
            tally.vanished += 1
            continue
        if stat.S_ISDIR(status.st_mode):
            continue  # a submodule or a repository inside: its files are not this one's
        if not tally.add(path, status):
            return


def count_walked(folder: str, tally: Tally) -> None:
    """Count the files of a folder that is no repository. Raises `OSError` if the folder itself cannot be read."""
    root = os.fsencode(folder)
    os.scandir(root).close()
    pending: list[tuple[bytes, IgnoreRules]] = [(b"", ())]
    while pending:
        if tally.stop.is_set():
            raise Stopped
        inside, rules = pending.pop()
        rules = with_own_rules(root, inside, rules)
        for path, status in _entries(root, inside, tally):
            is_folder = stat.S_ISDIR(status.st_mode)
            if is_folder and path.rpartition(b"/")[2] in SKIPPED_FOLDERS:
                continue
            if rules and is_ignored(path, is_folder, rules):
                continue
            if is_folder:
                pending.append((path, rules))
            elif not tally.add(path, status):
                return


def _entries(root: bytes, inside: bytes, tally: Tally) -> Iterator[tuple[bytes, os.stat_result]]:
    try:
        with os.scandir(os.path.join(root, inside)) as entries:
            for entry in entries:
                try:
                    yield (
                        (inside + b"/" + entry.name if inside else entry.name),
                        entry.stat(follow_symlinks=False),
                    )
                except OSError:
                    tally.vanished += 1
    except FileNotFoundError:
        tally.vanished += 1
    except OSError:
        tally.unreadable += 1


def with_own_rules(root: bytes, inside: bytes, rules: IgnoreRules) -> IgnoreRules:
    """`rules`, and those of the `.gitignore` in the folder `inside`."""
    text = read_regular(os.path.join(root, inside, b".gitignore"), GITIGNORE_MAX)
    if not text:
        return rules
    from pathspec import GitIgnoreSpec  # imported when the first .gitignore is met

    try:
        own = GitIgnoreSpec.from_lines(text.decode("utf-8", "replace").splitlines())
    except ValueError:
        return rules  # git ignores patterns it cannot read, too
    return (*rules, (inside, own))


def is_ignored(path: bytes, is_folder: bool, rules: IgnoreRules) -> bool:
    """What the innermost rule that speaks of `path` says."""
    for base, spec in reversed(rules):
        inner = shown(path[len(base) + 1 :] if base else path) + ("/" if is_folder else "")
        verdict = spec.check_file(inner).include
        if verdict is not None:
            return verdict
    return False


def read_regular(path: bytes, limit: int) -> bytes | None:
    """At most `limit` bytes of a regular file; None for anything else. Follows no link, waits for no pipe."""
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    except OSError:
        return None
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            return None
        with os.fdopen(handle, "rb", closefd=False) as file:
            return file.read(limit)
    except OSError:
        return None
    finally:
        os.close(handle)


def _is_utf8(path: bytes) -> bool:
    try:
        path.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
