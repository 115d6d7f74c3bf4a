"""The commits that changed a file, followed over renames. Blocking: for use in a thread."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from workbench.errors import ApiError
from workbench.files.ids import file_id, shown
from workbench.git.models import FileCommit, FileHistory
from workbench.git.program import GitFailed
from workbench.git.repository import FileInGit, check_revision

_RECORD = "\x1e"
_FORM = "--format=%x1e%H%x1f%h%x1f%an%x1f%ae%x1f%at%x1f%s"


@dataclass(frozen=True, slots=True)
class Logged:
    """One entry of git's log."""

    sha: str
    short: str
    author: str
    email: str
    at: datetime
    subject: str
    name: bytes | None
    """Of the file, relative to the top of the repository; None where git gives none."""


def file_history(file: FileInGit, limit: int, before: str | None) -> FileHistory:
    """At most `limit` commits, those older than `before` if it is given. Raises `ApiError` 404 `revision_unknown`."""
    if before is not None:
        check_revision(before)
    # Following renames works only from the newest commit on; so does finding what comes after `before`.
    count = [] if before is not None else [f"--max-count={limit + 1}"]
    try:
        answer = file.run(
            "log", "--follow", "-z", "--name-status", "--no-color", "--no-ext-diff", "--no-textconv", _FORM, *count,
            "--", file.name,
        )  # fmt: skip
    except GitFailed as failed:
        standing = file.standing()
        error = standing.error or str(failed)
        return FileHistory(
            commits=[], more=False, state="corrupt" if standing.state == "ok" else standing.state, error=error
        )
    entries = list(read_log(answer.output))
    if before is not None:
        entries = _after(entries, before)
    commits = [_commit(file, entry) for entry in entries[:limit]]
    return FileHistory(commits=commits, more=len(entries) > limit, state="ok", error=None)


def read_log(output: bytes) -> Iterator[Logged]:
    """Reads `git log -z --name-status` in the form above."""
    head: list[str] | None = None
    name: bytes | None = None
    tokens = iter(output.split(b"\0"))
    for token in tokens:
        if token.startswith(_RECORD.encode()):
            if head is not None:
                yield _logged(head, name)
            head, name = token[1:].decode("utf-8", "replace").split("\x1f", 5), None
        elif token.startswith(b"\n") or token[:1] in (b"A", b"M", b"D", b"T", b"R", b"C"):
            kind = token.lstrip(b"\n")[:1]
            name = next(tokens, None)
            if kind in (b"R", b"C"):
                name = next(tokens, None)
    if head is not None:
        yield _logged(head, name)


def _logged(head: list[str], name: bytes | None) -> Logged:
    sha, short, author, email, at, subject = head
    return Logged(sha, short, author, email, datetime.fromtimestamp(int(at), UTC), subject, name)


def _after(entries: list[Logged], before: str) -> list[Logged]:
    for index, entry in enumerate(entries):
        if entry.sha.startswith(before):
            return entries[index + 1 :]
    raise ApiError(404, "revision_unknown", "This commit is not in the file's history. Reload it.", before)


def _commit(file: FileInGit, entry: Logged) -> FileCommit:
    path = file.path if entry.name is None else file.from_top(entry.name)
    email = entry.email.strip().lower().encode()
    return FileCommit(
        sha=entry.sha,
        short=entry.short,
        author=entry.author,
        email_hash=hashlib.sha256(email).hexdigest() if email else None,
        at=entry.at,
        subject=entry.subject,
        path=shown(entry.name or file.path) if path is None else shown(path),
        id=None if path is None else file_id(path),
    )
