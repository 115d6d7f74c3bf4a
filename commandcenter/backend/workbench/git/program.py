"""Runs the git program so that asking changes nothing and runs nothing of the repository's: no index refresh, no hooks,
no monitors, no filters, no prompts, no network. Arguments are lists, never a shell; paths are literal. Every run has a
deadline and a bound on its output, and ends when the workbench does. Blocking: for use in a thread.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import threading
from collections.abc import Iterable
from dataclasses import dataclass

DEADLINE_SECONDS = 30.0
OUTPUT_MAX = 256 * 1024 * 1024
"""Bytes; the names of a million files fit."""
_CHUNK = 1024 * 1024
_CONFIG = {
    "core.fsmonitor": "false",
    "core.hooksPath": os.devnull,
    "core.untrackedCache": "false",
    "core.quotePath": "false",
    "core.attributesFile": os.devnull,
    "log.showSignature": "false",
    "protocol.allow": "never",
    # The folder may belong to another account than the one the workbench runs under.
    "safe.directory": "*",
}


class GitFailed(Exception):
    """git was too slow, or refused; the text is its first line of complaint."""


class GitMissing(GitFailed):
    """There is no git program."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a run printed."""

    output: bytes
    complaints: bytes
    status: int
    truncated: bool = False
    """The output was longer than its bound, and git was ended there."""


class GitProgram:
    """Starts git, and ends whatever still runs when it is closed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[bytes]] = set()
        self._closed = False

    def run(
        self,
        folder: str | bytes,
        *arguments: str | bytes,
        given: bytes = b"",
        allowed: tuple[int, ...] = (0,),
        limit: int = OUTPUT_MAX,
        config: dict[str, str] | None = None,
        variables: dict[str, str] | None = None,
    ) -> Answer:
        """Run git in `folder`. Raises `GitFailed`, `GitMissing`."""
        with tempfile.TemporaryFile() as stdin, tempfile.TemporaryFile() as stderr:
            stdin.write(given)
            stdin.seek(0)
            with self._lock:
                if self._closed:
                    raise GitFailed("the workbench is stopping")
                try:
                    child = subprocess.Popen(
                        ["git", "--no-optional-locks", "-C", folder, *arguments],
                        stdin=stdin,
                        stdout=subprocess.PIPE,
                        stderr=stderr,
                        env=_environment(_CONFIG | (config or {})) | (variables or {}),
                    )
                except FileNotFoundError as cause:
                    raise GitMissing("git is not installed, or not on the PATH of the workbench") from cause
                except OSError as cause:
                    raise GitFailed(f"git cannot be started: {cause.strerror}") from cause
                self._running.add(child)
            late = threading.Event()
            timer = threading.Timer(DEADLINE_SECONDS, _end, (child, late))
            timer.daemon = True
            timer.start()
            try:
                output, truncated = _read(child, limit)
                status = child.wait()
            finally:
                timer.cancel()
                child.kill()
                child.wait()
                with self._lock:
                    self._running.discard(child)
            stderr.seek(0)
            complaints = stderr.read(_CHUNK)
        name = os.fsdecode(arguments[0])
        if late.is_set():
            raise GitFailed(f"git {name} took longer than {DEADLINE_SECONDS:g} s")
        if not truncated and status not in allowed:
            words = complaints.decode("utf-8", "replace").strip().splitlines()
            raise GitFailed(words[0] if words else f"git {name} ended with {status}")
        return Answer(output, complaints, status, truncated)

    def close(self) -> None:
        """End every running git and refuse to start another."""
        with self._lock:
            self._closed = True
            for child in self._running:
                child.kill()


def without_filters(program: GitProgram, folder: str | bytes) -> dict[str, str]:
    """Settings that switch off the filter programs which the repository's own settings name. git would run them when it
    compares a changed file. Those that the user set for all repositories are the user's, and stay."""
    try:
        answer = program.run(
            folder, "config", "--null", "--show-scope", "--name-only", "--get-regexp", r"^filter\.", allowed=(0, 1)
        )
    except GitFailed:
        return {}  # what is asked next fails as well, and says why
    entries = answer.output.split(b"\0")
    own = {os.fsdecode(name) for scope, name in _pairs(entries) if scope in (b"local", b"worktree")}
    return {name: "false" if name.endswith(".required") else "" for name in own}


def _pairs(entries: list[bytes]) -> Iterable[tuple[bytes, bytes]]:
    return zip(entries[::2], entries[1::2], strict=False)


def _read(child: subprocess.Popen[bytes], limit: int) -> tuple[bytes, bool]:
    assert child.stdout is not None  # noqa: S101 -- it was asked for
    output = bytearray()
    with child.stdout as stream:
        while chunk := stream.read1(_CHUNK):  # type: ignore[attr-defined]
            output += chunk
            if len(output) > limit:
                child.kill()
                return bytes(output[:limit]), True
    return bytes(output), False


def _end(child: subprocess.Popen[bytes], late: threading.Event) -> None:
    late.set()
    child.kill()


def _environment(config: dict[str, str]) -> dict[str, str]:
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
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_LITERAL_PATHSPECS": "1",
        "GIT_CONFIG_COUNT": str(len(config)),
    }
    for index, (key, value) in enumerate(config.items()):
        fixed[f"GIT_CONFIG_KEY_{index}"] = key
        fixed[f"GIT_CONFIG_VALUE_{index}"] = value
    return kept | fixed
