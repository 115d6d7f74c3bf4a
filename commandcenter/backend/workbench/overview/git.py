"""Asks the git program about the folder, without changing anything: no index refresh, no hooks, no monitors, no
prompts, no fetching, no submodules. Everything runs with a deadline and ends when the workbench does.
"""

from __future__ import annotations

import os
import subprocess
import threading
from datetime import UTC, datetime

from workbench.overview.models import Commit, Git, GitState

DEADLINE_SECONDS = 30.0
COMMITS = 20
_SEPARATOR = b"\x1f"
_CONFIG = {
    "core.fsmonitor": "false",
    "core.hooksPath": os.devnull,
    "core.untrackedCache": "false",
    "core.quotePath": "false",
    "log.showSignature": "false",
    # The folder may belong to another account than the one the workbench runs under.
    "safe.directory": "*",
}


class GitFailed(Exception):
    """git is missing, was too slow, or refused; the text is its first line of complaint."""


class GitReader:
    """git's answers about one folder. Blocking: for use in a thread."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._running: subprocess.Popen[bytes] | None = None
        self._closed = False

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
        with self._lock:
            self._closed = True
            if self._running is not None:
                self._running.kill()

    def _run(self, *arguments: str, given: bytes = b"", allowed: tuple[int, ...] = (0,)) -> tuple[bytes, bytes]:
        with self._lock:
            if self._closed:
                raise GitFailed("the workbench is stopping")
            try:
                child = subprocess.Popen(
                    ["git", "-C", self._folder, *arguments],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    env=_environment(),
                )
            except OSError as cause:
                raise GitFailed(f"git cannot be started: {cause.strerror}") from cause
            self._running = child
        try:
            output, complaints = child.communicate(given, timeout=DEADLINE_SECONDS)
        except subprocess.TimeoutExpired as cause:
            child.kill()
            child.communicate()
            raise GitFailed(f"git {arguments[0]} took longer than {DEADLINE_SECONDS:g} s") from cause
        finally:
            self._running = None
        if child.returncode not in allowed:
            words = complaints.decode("utf-8", "replace").strip().splitlines()
            raise GitFailed(words[0] if words else f"git {arguments[0]} ended with {child.returncode}")
        return output, complaints


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


def _environment() -> dict[str, str]:
    """Nothing of the workbench's environment but what git needs: it holds passwords, and GIT_* could lead elsewhere."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in ("PATH", "HOME", "USERPROFILE", "SYSTEMROOT", "TMPDIR", "TEMP", "TMP")
    }
    fixed = {
        "LC_ALL": "C",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_CONFIG_COUNT": str(len(_CONFIG)),
    }
    for index, (key, value) in enumerate(_CONFIG.items()):
        fixed[f"GIT_CONFIG_KEY_{index}"] = key
        fixed[f"GIT_CONFIG_VALUE_{index}"] = value
    return kept | fixed
