"""Finds lines that are marked as left to do. A file is read again only when it changed; large files and those that are
no text are left out, and what one round may read is bounded, so that the first rounds of a huge folder tell a part.
Blocking, for use in a thread.
"""

from __future__ import annotations

import os
import re
import threading
from time import monotonic

from workbench.files.ids import file_id, shown
from workbench.overview.languages import language_of
from workbench.overview.models import Todo, TodoKind, Todos
from workbench.overview.scan import read_regular

SIZE_MAX = 512 * 1024
FILES_MAX = 200_000
ROUND_SECONDS = 10.0
PER_FILE = 100
KEPT_MAX = 5_000
"""Marked lines that are remembered; the rest is only counted."""
SHOWN = 200
TEXT_CUT = 300
_NO_TEXT = frozenset({"Image", "Audio and video", "Font", "Archive", "PDF"})
_KINDS = tuple(kind.value.encode() for kind in TodoKind)
# A mark stands alone and is followed by what a sentence or a name in brackets needs; hashes and constants are no marks.
_MARK = re.compile(rb"(?:^|[\s/#*;%!<(\[\-\"'])(" + b"|".join(_KINDS) + rb")(?=[:(\s\]]|$)", re.MULTILINE)
_AROUND = '/*#;%!<>- \t\r"'


class TodoFinder:
    """The marked lines of one folder, as last seen."""

    def __init__(self, folder: str) -> None:
        self._root = os.fsencode(folder)
        self._read: dict[int, int] = {}
        """Hash of a path to that of the state in which it was read; hashes, because there may be many."""
        self._seen: dict[int, int] = {}
        self._pending: list[bytes] = []
        self._left_out = False
        self.behind = False
        """The last round did not read everything it should have: another one will go on."""
        self._found: dict[bytes, tuple[int, list[Todo]]] = {}
        """How many marked lines a file has, and the first of them."""
        self._kept = 0
        """Marked lines that are remembered."""

    def begin(self) -> None:
        """A new round: every file that there is will be shown to `see`."""
        self._seen = {}
        self._pending = []
        self._left_out = False

    def see(self, path: bytes, status: os.stat_result) -> None:
        """Take notice of a regular file."""
        if status.st_size > SIZE_MAX or language_of(path.rpartition(b"/")[2]) in _NO_TEXT:
            return
        if len(self._seen) >= FILES_MAX:
            self._left_out = True
            return
        key = hash(path)
        mark = hash((status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino))
        self._seen[key] = mark
        if self._read.get(key) != mark:
            self._pending.append(path)

    def finish(self, stop: threading.Event) -> Todos:
        """Read what changed, and tell what there is now."""
        self._found = {path: found for path, found in self._found.items() if hash(path) in self._seen}
        self._kept = sum(len(todos) for _, todos in self._found.values())
        until = monotonic() + ROUND_SECONDS
        left = len(self._pending)
        for path in self._pending:
            if stop.is_set() or monotonic() > until:
                break
            self._look(path)
            left -= 1
        self._pending = []
        self.behind = left > 0
        if len(self._read) > len(self._seen):
            self._read = {key: mark for key, mark in self._read.items() if key in self._seen}
        return self._result(complete=left == 0 and not self._left_out)

    def _look(self, path: bytes) -> None:
        key = hash(path)
        content = read_regular(os.path.join(self._root, path), SIZE_MAX) or b""
        count, todos = marks_in(path, content)
        self._read[key] = self._seen[key]
        self._kept -= len(self._found.pop(path, (0, []))[1])
        if count:
            kept = todos if self._kept < KEPT_MAX else []
            self._kept += len(kept)
            self._found[path] = (count, kept)

    def _result(self, *, complete: bool) -> Todos:
        items: list[Todo] = []
        for path in sorted(self._found):
            items += self._found[path][1]
            if len(items) >= SHOWN:
                break
        total = sum(count for count, _ in self._found.values())
        return Todos(total=total, items=items[:SHOWN], complete=complete)


def marks_in(path: bytes, content: bytes) -> tuple[int, list[Todo]]:
    """How many marked lines a file has, and the first of them."""
    if not any(kind in content for kind in _KINDS) or b"\0" in content[:8192]:
        return 0, []
    count = 0
    todos: list[Todo] = []
    line, counted, line_end = 1, 0, -1
    for match in _MARK.finditer(content):
        if match.start(1) < line_end:
            continue  # a second mark on the same line
        count += 1
        line += content.count(b"\n", counted, match.start(1))
        counted = match.start(1)
        line_end = content.find(b"\n", counted)
        line_end = len(content) if line_end < 0 else line_end
        if len(todos) < PER_FILE:
            begin = content.rfind(b"\n", 0, counted) + 1
            text = _shown(content[max(begin, counted - TEXT_CUT) : line_end])
            kind = TodoKind(match[1].decode())
            todos.append(Todo(path=shown(path), id=file_id(path), line=line, kind=kind, text=text))
    return count, todos


def _shown(line: bytes) -> str:
    return line[: 4 * TEXT_CUT].decode("utf-8", "replace").strip(_AROUND)[:TEXT_CUT]
