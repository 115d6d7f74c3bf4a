"""Asks git about the folder as a whole: which files count, and the state of the repository. Blocking: for use in a
thread."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Any

from workbench.files.ids import file_id, shown
from workbench.git.program import GitFailed, GitProgram, without_filters
from workbench.git.repository import Standing, standing
from workbench.overview.models import Commit, Contributor, DirtyFile, Git

COMMITS = 20
DIRTY = 200
CONTRIBUTORS = 20
CONTRIBUTIONS_MAX = 50_000
"""Commits that are counted for their authors."""
_FORM = "--format=%H%x1f%an%x1f%at%x1f%s"
_SEPARATOR = b"\x1f"
_KINDS = {"A": "added", "D": "deleted", "R": "renamed", "C": "added", "T": "type_changed"}


class GitReader:
    """git's answers about one folder."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._program = GitProgram()
        self._counted: tuple[str, list[Contributor]] = ("", [])
        """Contributors, and the commit up to which they were counted."""

    def standing(self) -> Standing:
        """Whether there is a repository, and in what state."""
        return standing(self._program, self._folder)

    def files(self) -> tuple[bytes, int]:
        """Paths of all files that are not ignored, each once and ended by a zero byte, and how many folders could not
        be read. Raises `GitFailed`."""
        listed, complaints = self._run("ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate")
        unreadable = sum(line.startswith(b"warning: could not open directory") for line in complaints.splitlines())
        return listed, unreadable

    def ignored(self, paths: list[str]) -> set[str]:
        """Which of these paths (relative) git ignores. Raises `GitFailed`."""
        given = b"".join(os.fsencode(path) + b"\0" for path in paths)
        answered, _ = self._run("check-ignore", "-z", "--stdin", given=given, allowed=(0, 1))
        return {os.fsdecode(path) for path in answered.split(b"\0") if path}

    def state(self) -> Git:
        """Branch, distance from upstream, dirty files, last commits, contributors."""
        try:
            prefix = self._run("rev-parse", "--show-prefix")[0].rstrip(b"\n")
            status, _ = self._run(
                "status",
                "--porcelain=v2",
                "--branch",
                "-z",
                "--untracked-files=normal",
                "--ignore-submodules=all",
                "--",
                ".",
                config=without_filters(self._program, self._folder),
            )
            state = read_status(status, prefix)
            if state.head is not None:
                log, _ = self._run("log", "-z", f"--max-count={COMMITS}", _FORM, "--no-color")
                state.commits = read_log(log)
                state.contributors = self._contributors(state.head)
        except GitFailed as failed:
            return Git(state="corrupt", error=str(failed))
        return state

    def close(self) -> None:
        """End a running git and refuse to start another."""
        self._program.close()

    def _contributors(self, head: str) -> list[Contributor]:
        if self._counted[0] != head:
            counted, _ = self._run("shortlog", "-s", "-n", f"--max-count={CONTRIBUTIONS_MAX}", "HEAD")
            self._counted = (head, read_contributors(counted))
        return self._counted[1]

    def _run(
        self, *arguments: str, given: bytes = b"", allowed: tuple[int, ...] = (0,), config: dict[str, str] | None = None
    ) -> tuple[bytes, bytes]:
        answer = self._program.run(self._folder, *arguments, given=given, allowed=allowed, config=config)
        return answer.output, answer.complaints


def read_status(status: bytes, prefix: bytes = b"") -> Git:
    """Reads `git status --porcelain=v2 --branch -z`; `prefix` is where the folder lies in its repository."""
    state = Git(state="empty")
    entries = iter(status.split(b"\0"))
    for entry in entries:
        if entry.startswith(b"# "):
            _read_branch(state, entry.decode("utf-8", "replace"))
            continue
        kind = entry[:2]
        fields = {b"1 ": 8, b"2 ": 9, b"u ": 10, b"? ": 1}.get(kind)
        if fields is None:
            continue
        if kind == b"2 ":
            next(entries, None)  # a renamed entry is followed by its old path
        state.dirty_total += 1
        if len(state.dirty) < DIRTY:
            path = entry.split(b" ", fields)[-1].removeprefix(prefix).rstrip(b"/")
            state.dirty.append(
                DirtyFile(
                    path=shown(path), id=file_id(path), status=_status(kind, entry[2:4].decode("ascii", "replace"))
                )
            )
    return state


def _read_branch(state: Git, text: str) -> None:
    if text.startswith("# branch.oid ") and not text.endswith("(initial)"):
        state.head = text.removeprefix("# branch.oid ")
        state.state = "ok"
    elif text.startswith("# branch.head ") and not text.endswith("(detached)"):
        state.branch = text.removeprefix("# branch.head ")
    elif text.startswith("# branch.upstream "):
        state.upstream = text.removeprefix("# branch.upstream ")
    elif text.startswith("# branch.ab "):
        ahead, behind = text.removeprefix("# branch.ab ").split()
        state.ahead, state.behind = int(ahead), -int(behind)


def _status(kind: bytes, staged_and_not: str) -> Any:
    if kind == b"? ":
        return "untracked"
    if kind == b"u ":
        return "conflicted"
    # What is in the folder counts more than what is staged.
    return next((_KINDS[one] for one in reversed(staged_and_not) if one in _KINDS), "modified")


def read_log(log: bytes) -> list[Commit]:
    """Reads `git log -z --format=%H%x1f%an%x1f%at%x1f%s`."""
    commits = []
    for entry in log.split(b"\0"):
        parts = entry.split(_SEPARATOR, 3)
        if len(parts) == 4:
            name, author, at, subject = (part.decode("utf-8", "replace") for part in parts)
            commits.append(Commit(sha=name, author=author, at=datetime.fromtimestamp(int(at), UTC), subject=subject))
    return commits


def read_contributors(counted: bytes) -> list[Contributor]:
    """Reads `git shortlog -s -n`."""
    found = []
    for line in counted.decode("utf-8", "replace").split("\n")[:CONTRIBUTORS]:
        commits, _, name = line.strip().partition("\t")
        if commits.isdigit():
            found.append(Contributor(name=name, commits=int(commits)))
    return found
