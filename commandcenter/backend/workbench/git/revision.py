"""A file as it was at a revision, or as it is in the folder. Blocking: for use in a thread."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from workbench.errors import ApiError
from workbench.files.confine import Confinement
from workbench.files.content import image_type, present, read_content
from workbench.files.encoding import decode
from workbench.files.models import TEXT_MAX, File
from workbench.git.program import GitFailed
from workbench.git.repository import FileInGit, no_history

WORKTREE = "worktree"


@dataclass(frozen=True, slots=True)
class Side:
    """A file at one revision."""

    content: bytes | None
    """None when it does not exist there, or is too large."""
    too_large: bool = False

    @property
    def missing(self) -> bool:
        """There is no such file."""
        return self.content is None and not self.too_large


def file_at(file: FileInGit, path: bytes, revision: str) -> File:
    """The file at a revision. Raises `ApiError`: `not_in_revision`, `revision_unknown`, `no_history`."""
    side = committed(file, revision)
    if side.missing:
        words = "This file does not exist in that commit. It may have had another name."
        raise ApiError(404, "not_in_revision", words, revision)
    size = len(side.content) if side.content is not None else _size(file, revision)
    decoded = None if side.content is None else decode(side.content)
    image = image_type(path) is not None
    if image and not path.lower().endswith(b".svg"):
        decoded = None
    version = hashlib.sha256(side.content or revision.encode()).hexdigest()[:32]
    shown = present(path, version, size, decoded, side.too_large, image)
    return shown.model_copy(update={"read_only_reason": "This is an earlier revision."})


def committed(file: FileInGit, revision: str) -> Side:
    """What the repository has at a revision (see `check_revision`). One without a parent has an empty one."""
    try:
        answer = file.run("cat-file", "blob", revision.encode() + b":./" + file.name, limit=TEXT_MAX)
    except GitFailed:
        standing = file.standing()
        if standing.state != "ok":
            raise no_history(standing) from None
        _check_known(file, revision)
        return Side(None)
    return Side(None, too_large=True) if answer.truncated else Side(answer.output)


def present_side(confinement: Confinement, path: bytes) -> Side:
    """What the folder has."""
    try:
        with confinement.at(path) as place:
            content = read_content(place)
    except ApiError as refused:
        if refused.code == "file_gone":
            return Side(None)
        raise
    return Side(content.whole, too_large=content.whole is None)


def _check_known(file: FileInGit, revision: str) -> None:
    commit = revision.removesuffix("^")
    if file.run("rev-parse", "--verify", "--quiet", f"{commit}^{{commit}}", allowed=(0, 1, 128)).status != 0:
        raise ApiError(404, "revision_unknown", "The repository has no such commit. Reload the history.", revision)


def _size(file: FileInGit, revision: str) -> int:
    return int(file.run("cat-file", "-s", revision.encode() + b":./" + file.name).output)
