"""How a file differs between two revisions. Both sides are written, as UTF-8, into a folder of our own and compared
there: nothing that the repository or the folder sets up (filters, drivers, attributes) has a say. Blocking: for use in
a thread."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator

from workbench.files.encoding import Decoded, decode
from workbench.git.models import DiffLine, FileDiff, Hunk
from workbench.git.program import GitFailed, GitProgram
from workbench.git.repository import Standing, no_history
from workbench.git.revision import Side

OUTPUT_MAX = 8 * 1024 * 1024
LINES_MAX = 20_000
TEXT_CUT = 2_000
_HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@ ?(.*)", re.DOTALL)


def compare(program: GitProgram, before: Side, after: Side, names: tuple[str, str]) -> FileDiff:
    """The difference; `names` are what the sides were asked for as. Raises `ApiError` 409 `no_history`."""
    texts = [_text(side) for side in (before, after)]
    known = [text for text in texts if text is not None]
    found = FileDiff(
        from_=names[0],
        to=names[1],
        binary=len(known) < 2,
        truncated=False,
        from_missing=before.missing,
        to_missing=after.missing,
        newline_changed=False,
        hunks=[],
    )
    if len(known) < 2:
        return found
    found.newline_changed = known[0].newline != known[1].newline and not (before.missing or after.missing)
    try:
        output, found.truncated = _run(program, known[0].text, known[1].text)
    except GitFailed as failed:
        raise no_history(Standing("corrupt", f"git cannot compare: {failed}")) from failed
    found.hunks, cut = read_diff(output)
    found.truncated = found.truncated or cut
    return found


def read_diff(output: str) -> tuple[list[Hunk], bool]:
    """Reads a unified difference of one file, and whether there was more than is taken."""
    hunks: list[Hunk] = []
    for number, (line, hunk) in enumerate(_lines(output, hunks)):
        if number == LINES_MAX:
            return hunks, True
        hunk.lines.append(line)
    return hunks, False


def _lines(output: str, hunks: list[Hunk]) -> Iterator[tuple[DiffLine, Hunk]]:
    old = new = 0
    for line in output.split("\n"):
        head = _HUNK.fullmatch(line)
        if head is not None:  # a line of text has a sign before it
            old, new = int(head[1]), int(head[3])
            sizes = [1 if size is None else int(size) for size in (head[2], head[4])]
            hunks.append(
                Hunk(old_start=old, old_lines=sizes[0], new_start=new, new_lines=sizes[1], header=head[5], lines=[])
            )
        elif hunks and line[:1] == "\\" and hunks[-1].lines:
            hunks[-1].lines[-1].no_newline = True
        elif hunks and line[:1] in (" ", "+", "-"):
            kind = line[:1]
            shown = DiffLine(
                kind=kind,
                old=None if kind == "+" else old,
                new=None if kind == "-" else new,
                text=line[1 : TEXT_CUT + 1],
            )
            old += kind != "+"
            new += kind != "-"
            yield shown, hunks[-1]


def _text(side: Side) -> Decoded | None:
    if side.missing:
        return Decoded("", "utf-8", False, "lf")
    return None if side.content is None else decode(side.content)


def _run(program: GitProgram, before: str, after: str) -> tuple[str, bool]:
    with tempfile.TemporaryDirectory(prefix="workbench-diff-") as folder:
        for name, text in (("before", before), ("after", after)):
            with open(os.path.join(folder, name), "wb") as file:
                file.write(text.encode("utf-8"))
        answer = program.run(
            folder, "diff", "--no-index", "--no-color", "--no-ext-diff", "--no-textconv", "--text", "--unified=3",
            "--histogram", "--src-prefix=a/", "--dst-prefix=b/", "--", "before", "after",
            allowed=(0, 1),
            limit=OUTPUT_MAX,
            variables={"GIT_CEILING_DIRECTORIES": os.path.dirname(folder)},
        )  # fmt: skip
    return answer.output.decode("utf-8", "replace"), answer.truncated
