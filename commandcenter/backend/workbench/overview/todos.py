"""Finds lines that are marked as left to do. A file is read again only when it changed; large files and those that are
no text are left out, and what one round may read is bounded, so that the first rounds of a huge folder tell a part.
Blocking, for use in a thread.
"""

from __future__ import annotations

import os
import re
import threading
from array import array
from collections.abc import Iterator
from time import monotonic
from typing import TypeAlias

from workbench.files.ids import file_id, shown
from workbench.overview.languages import language_of
from workbench.overview.models import Todo, TodoKind, Todos
from workbench.overview.scan import ended_by_zero, read_regular

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


Mark: TypeAlias = "tuple[int, TodoKind, str]"
"""The line's number, what it is marked with, and its text."""


class Paths:
    """Many paths, each with the hash of a state, in two pieces of memory."""

    def __init__(self) -> None:
        self.states = array("q")
        self._names = bytearray()

    def add(self, path: bytes, state: int) -> None:
        """`path` has no zero byte: no system allows it."""
        self.states.append(state)
        self._names += path + b"\0"

    def __iter__(self) -> Iterator[tuple[bytes, int]]:
        return zip(ended_by_zero(self._names), self.states, strict=True)


class TodoFinder:
    """The marked lines of one folder, as last seen."""

    def __init__(self, folder: str) -> None:
        self._root = os.fsencode(folder)
        self._read = array("q")
        """Hashes of the paths and states that were read: eight bytes for a file, because there may be many."""
        self._known: set[int] = set()
        """The same, to be asked during a look at the folder."""
        self._seen = array("q")
        """Those of all files that this look has met."""
        self._pending = Paths()
        """Files among them that have to be read."""
        self._left_out = False
        self.behind = False
        """The last round did not read everything it should have: another one will go on."""
        self._found: dict[bytes, tuple[int, int, list[Mark]]] = {}
        """The state of a file with marked lines, how many it has, and the first of them."""
        self._kept = 0
        """Marked lines that are remembered."""

    def begin(self) -> None:
        """A new round: every file that there is will be shown to `see`."""
        self._known = set(self._read)
        self._seen = array("q")
        self._pending = Paths()
        self._left_out = False

    def see(self, path: bytes, status: os.stat_result) -> None:
        """Take notice of a regular file."""
        if status.st_size > SIZE_MAX or language_of(path.rpartition(b"/")[2]) in _NO_TEXT:
            return
        if len(self._seen) >= FILES_MAX:
            self._left_out = True
            return
        state = hash((path, status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino))
        self._seen.append(state)
        if state not in self._known:
            self._pending.add(path, state)

    def finish(self, stop: threading.Event) -> Todos:
        """Read what changed, and tell what there is now."""
        unchanged = self._known.intersection(self._seen)
        self._read = array("q", unchanged)
        self._found = {path: found for path, found in self._found.items() if found[0] in unchanged}
        self._kept = sum(len(marks) for _, _, marks in self._found.values())
        # Gone before anything is read: it is larger than what is kept for good, and would lie scattered among it.
        self._known, self._seen = set(), array("q")
        del unchanged
        until = monotonic() + ROUND_SECONDS
        left = len(self._pending.states)
        for path, state in self._pending:
            if stop.is_set() or monotonic() > until:
                break
            self._look(path, state)
            left -= 1
        self._pending = Paths()
        self.behind = left > 0
        return self._result(complete=left == 0 and not self._left_out)

    def _look(self, path: bytes, state: int) -> None:
        content = read_regular(os.path.join(self._root, path), SIZE_MAX) or b""
        count, marks = marks_in(content)
        self._read.append(state)
        if count:
            kept = marks if self._kept < KEPT_MAX else []
            self._kept += len(kept)
            self._found[path] = (state, count, kept)

    def _result(self, *, complete: bool) -> Todos:
        items: list[Todo] = []
        for path in sorted(self._found):
            items += [
                Todo(path=shown(path), id=file_id(path), line=line, kind=kind, text=text)
                for line, kind, text in self._found[path][2]
            ]
            if len(items) >= SHOWN:
                break
        total = sum(count for _, count, _ in self._found.values())
        return Todos(total=total, items=items[:SHOWN], complete=complete)


def marks_in(content: bytes) -> tuple[int, list[Mark]]:
    """How many marked lines a file has, and the first of them."""
    if not any(kind in content for kind in _KINDS) or b"\0" in content[:8192]:
        return 0, []
    count = 0
    marks: list[Mark] = []
    line, counted, line_end = 1, 0, -1
    for match in _MARK.finditer(content):
        if match.start(1) < line_end:
            continue  # a second mark on the same line
        count += 1
        line += content.count(b"\n", counted, match.start(1))
        counted = match.start(1)
        line_end = content.find(b"\n", counted)
        line_end = len(content) if line_end < 0 else line_end
        if len(marks) < PER_FILE:
            begin = content.rfind(b"\n", 0, counted) + 1
            text = _shown(content[max(begin, counted - TEXT_CUT) : line_end])
            marks.append((line, TodoKind(match[1].decode()), text))
    return count, marks


def _shown(line: bytes) -> str:
    return line[: 4 * TEXT_CUT].decode("utf-8", "replace").strip(_AROUND)[:TEXT_CUT]
