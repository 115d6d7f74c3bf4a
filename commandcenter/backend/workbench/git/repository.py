"""Which repository a file belongs to, and in what state that is. Blocking: for use in a thread."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

from workbench.errors import ApiError
from workbench.files.confine import Confinement
from workbench.files.content import in_git
from workbench.git.models import GitStanding
from workbench.git.program import Answer, GitFailed, GitMissing, GitProgram

REVISION = re.compile(r"(HEAD|[0-9a-f]{4,64})\^?")
"""What may name a revision: a commit's hash or its beginning, HEAD, and the parent of either."""
_WORDS: dict[GitStanding, str] = {
    "none": "This folder is in no git repository, so there is no history.",
    "empty": "The repository has no commit yet.",
}


@dataclass(frozen=True, slots=True)
class Standing:
    """The state of a repository, and why it gives no answers."""

    state: GitStanding
    error: str | None = None


class FileInGit:
    """One file, as git is asked about it: in the innermost repository that it lies in."""

    def __init__(self, program: GitProgram, confinement: Confinement, path: bytes) -> None:
        self._program = program
        self._root = confinement.root
        self.path = _resolved(confinement, path)
        """Relative to the project's folder, with links resolved."""
        if in_git(self.path):
            raise ApiError(422, "not_a_file", "git keeps no history of its own files.")
        self._inside = self._repository()
        self.folder = os.path.join(self._root, self._inside) if self._inside else self._root
        """Where git is started."""
        self.name = self.path[len(self._inside) + 1 :] if self._inside else self.path
        """The file, relative to `folder`."""

    def run(self, *arguments: str | bytes, allowed: tuple[int, ...] = (0,), limit: int = 64 * 1024 * 1024) -> Answer:
        """Ask git. Raises `GitFailed`."""
        return self._program.run(self.folder, *arguments, allowed=allowed, limit=limit)

    def from_top(self, name: bytes) -> bytes | None:
        """A path relative to the top of the repository, as one relative to the project's folder; None when outside."""
        if os.path.lexists(os.path.join(self.folder, b".git")):
            return os.path.join(self._inside, name) if self._inside else name
        # The project's folder lies inside a larger repository.
        prefix = self.run("rev-parse", "--show-prefix").output.rstrip(b"\n")
        return name[len(prefix) :] if name.startswith(prefix) else None

    def standing(self) -> Standing:
        """Asked when git refused, to tell why."""
        return standing(self._program, self.folder)

    def _repository(self) -> bytes:
        folders = self.path.split(b"/")[:-1]
        for length in range(len(folders), 0, -1):
            inside = b"/".join(folders[:length])
            if os.path.lexists(os.path.join(self._root, inside, b".git")):
                return inside
        return b""


def standing(program: GitProgram, folder: str | bytes) -> Standing:
    """The state of the repository that `folder` lies in."""
    try:
        if program.run(folder, "rev-parse", "--is-inside-work-tree").output.strip() != b"true":
            return Standing("none", _WORDS["none"])
        if program.run(folder, "rev-parse", "--verify", "--quiet", "HEAD", allowed=(0, 1)).status == 1:
            # A damaged HEAD is no repository to git, so this one names a branch without a commit.
            return Standing("empty", _WORDS["empty"])
        program.run(folder, "cat-file", "-e", "HEAD^{tree}")
    except GitMissing as missing:
        return Standing("missing_git", str(missing))
    except GitFailed as failed:
        here = os.path.join(os.fsencode(folder), b".git")
        if "not a git repository" in str(failed) and not os.path.lexists(here):
            return Standing("none", _WORDS["none"])
        return Standing("corrupt", f"git cannot read the repository: {failed}")
    return Standing("ok")


def check_revision(revision: str) -> str:
    """Raises `ApiError` 422 when it is not written as a revision is."""
    if not REVISION.fullmatch(revision):
        raise ApiError(422, "revision_invalid", "A revision is `HEAD` or a commit's hash.", revision)
    return revision


def no_history(standing: Standing) -> ApiError:
    """The repository gives no answers; the detail is its state."""
    return ApiError(409, "no_history", standing.error or "git gave no answer. Try again.", standing.state)


def _resolved(confinement: Confinement, path: bytes) -> bytes:
    """The real path of a file; of one that is gone, the path as it is named."""
    try:
        with confinement.at(path) as place:
            return place.path
    except ApiError as refused:
        if refused.code != "file_gone":
            raise
        return path
