"""/api/file/history, /diff and /at: what git knows of a file."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from workbench.files.access import FileAccess
from workbench.files.ids import ID_MAX, path_of
from workbench.files.models import File
from workbench.git.diff import compare
from workbench.git.history import file_history
from workbench.git.models import FileDiff, FileHistory
from workbench.git.repository import FileInGit, check_revision
from workbench.git.revision import WORKTREE, committed, file_at, present_side
from workbench.web.models import FAILURES, Failure
from workbench.workbench import Workbench

router = APIRouter(prefix="/api/file", tags=["files"], responses=FAILURES)
Id = Annotated[str, Query(max_length=ID_MAX, description="the id that a list gave")]
Revision = Annotated[str, Query(max_length=70, description="`HEAD` or a commit's hash; with `^` behind it, its parent")]
ASKING: dict[int | str, dict[str, Any]] = {
    403: {"model": Failure, "description": "outside_workspace, origin_refused"},
    404: {"model": Failure, "description": "revision_unknown, not_in_revision"},
    409: {"model": Failure, "description": "no_history; detail is the state of the repository"},
    422: {"model": Failure, "description": "file_id_invalid, revision_invalid, not_a_file, invalid_request"},
}


@router.get("/history", name="file_history", responses=ASKING)
async def history(
    request: Request,
    id: Id,  # noqa: A002
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    before: Annotated[str | None, Query(max_length=64, description="the last commit that is known")] = None,
) -> FileHistory:
    """The commits that changed a file. Where there is no history, the answer says why."""
    access, path = _of(request), path_of(id)
    return await access.run(
        lambda: file_history(FileInGit(access.git, access.confinement, path), limit, before or None)
    )


@router.get("/diff", name="file_diff", responses=ASKING)
async def diff(
    request: Request,
    id: Id,  # noqa: A002
    from_: Annotated[Revision, Query(alias="from")] = "HEAD",
    to: Annotated[str, Query(max_length=70, description="as `from`, or `worktree`: as it is in the folder")] = WORKTREE,
    from_id: Annotated[
        str | None, Query(max_length=ID_MAX, description="what the file was called at `from`, if it was renamed")
    ] = None,
) -> FileDiff:
    """How a file differs between two revisions. A file that one of them lacks is empty there."""
    access, path = _of(request), path_of(id)
    check_revision(from_)
    if to != WORKTREE:
        check_revision(to)
    former = path if from_id is None else path_of(from_id)

    def work() -> FileDiff:
        before = committed(FileInGit(access.git, access.confinement, former), from_)
        if to == WORKTREE:
            after = present_side(access.confinement, path)
        else:
            after = committed(FileInGit(access.git, access.confinement, path), to)
        return compare(access.git, before, after, (from_, to))

    return await access.run(work)


@router.get("/at", name="file_at", responses=ASKING)
async def at(request: Request, id: Id, rev: Revision) -> File:  # noqa: A002
    """A file as it was."""
    check_revision(rev)
    access, path = _of(request), path_of(id)
    return await access.run(lambda: file_at(FileInGit(access.git, access.confinement, path), path, rev))


def _of(request: Request) -> FileAccess:
    workbench: Workbench = request.app.state.workbench
    return workbench.files
