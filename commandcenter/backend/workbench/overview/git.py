"""Asks git about the folder as a whole: which files count, and the state of the repository."""

from __future__ import annotations

import os
from datetime import UTC, datetime

from workbench.git.program import GitFailed, GitProgram, without_filters
from workbench.overview.models import Commit, Git, GitState

COMMITS = 20
_SEPARATOR = b"\x1f"


class GitReader:
    """git's answers about one folder. Blocking: for use in a thread."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._program = GitProgram()

    def is_repository(self) -> bool:
        """Whether the folder lies in a working tree. Raises `GitFailed`."""
        try:
            return self._run("rev-parse", "--is-inside-work-tree")[0].strip() == b"true"
        except GitFailed as failed:
            if "not a git repository" in str(failed) and not os.path.lexists(os.path.join(self._folder, ".git")):
                return False
            raise

    def files(self) -> tuple[set[bytes], int]:
        """Paths of all files that are not ignored, and how many folders could not be read. Raises `GitFailed`."""
        listed, complaints = self._run("ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate")
        unreadable = sum(line.startswith(b"warning: could not open directory") for line in complaints.splitlines())
        return {path for path in listed.split(b"\0") if path}, unreadable

    def ignored(self, paths: list[str]) -> set[str]:
        """Which of these paths (relative) git ignores. Raises `GitFailed`."""
        given = b"".join(os.fsencode(path) + b"\0" for path in paths)
        answered, _ = self._run("check-ignore", "-z", "--stdin", given=given, allowed=(0, 1))
        return {os.fsdecode(path) for path in answered.split(b"\0") if path}

    def state(self) -> Git:
        """Branch, distance from upstream, dirty entries, last commits."""
        try:
            status, _ = self._run(
                "status",
                "--porcelain=v2",
                "--branch",
                "-z",
                "--untracked-files=normal",
                "--ignore-submodules=all",
                config=without_filters(self._program, self._folder),
            )
            state = read_status(status)
            if state.head is not None:
                form = "--format=%H%x1f%an%x1f%at%x1f%s"
                log, _ = self._run("log", "-z", f"--max-count={COMMITS}", form, "--no-color")
                state.commits = read_log(log)
            return Git(kind="repository", state=state)
        except GitFailed as failed:
            return Git(kind="failed", error=str(failed))

    def close(self) -> None:
        """End a running git and refuse to start another."""
        self._program.close()

    def _run(
        self, *arguments: str, given: bytes = b"", allowed: tuple[int, ...] = (0,), config: dict[str, str] | None = None
    ) -> tuple[bytes, bytes]:
        answer = self._program.run(self._folder, *arguments, given=given, allowed=allowed, config=config)
        return answer.output, answer.complaints


def read_status(status: bytes) -> GitState:
    """Reads `git status --porcelain=v2 --branch -z`."""
    state = GitState(branch=None, head=None, upstream=None, ahead=0, behind=0, dirty=0, commits=[])
    entries = iter(status.split(b"\0"))
    for entry in entries:
        text = entry.decode("utf-8", "replace")
        if text.startswith("# branch.oid ") and not text.endswith("(initial)"):
            state.head = text.removeprefix("# branch.oid ")
        elif text.startswith("# branch.head ") and not text.endswith("(detached)"):
            state.branch = text.removeprefix("# branch.head ")
        elif text.startswith("# branch.upstream "):
            state.upstream = text.removeprefix("# branch.upstream ")
        elif text.startswith("# branch.ab "):
            ahead, behind = text.removeprefix("# branch.ab ").split()
            state.ahead, state.behind = int(ahead), -int(behind)
        elif entry[:2] in (b"1 ", b"2 ", b"u ", b"? "):
            state.dirty += 1
            if entry[:2] == b"2 ":
                next(entries, None)  # a renamed entry is followed by its old path
    return state


def read_log(log: bytes) -> list[Commit]:
    """Reads `git log -z --format=%H%x1f%an%x1f%at%x1f%s`."""
    commits = []
    for entry in log.split(b"\0"):
        parts = entry.split(_SEPARATOR, 3)
        if len(parts) == 4:
            name, author, at, subject = (part.decode("utf-8", "replace") for part in parts)
            commits.append(Commit(id=name, author=author, at=datetime.fromtimestamp(int(at), UTC), subject=subject))
    return commits
