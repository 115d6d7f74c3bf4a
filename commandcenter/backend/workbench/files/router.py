"""/api/files and /api/file: look into a folder, read, save and create files."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse

from workbench.files.access import FileAccess
from workbench.files.content import read_file
from workbench.files.ids import ID_MAX, path_of, typed_path
from workbench.files.listing import list_folder
from workbench.files.models import File, FileEdit, Listing, NewFile
from workbench.files.raw import RawFile, open_raw
from workbench.files.save import create_file, save_file
from workbench.web.models import FAILURES, Failure
from workbench.workbench import Workbench

T = TypeVar("T")
router = APIRouter(tags=["files"], responses=FAILURES)
Id = Annotated[str, Query(max_length=ID_MAX, description="the id that a list gave")]
READING: dict[int | str, dict[str, Any]] = {
    403: {"model": Failure, "description": "file_unreadable, outside_workspace, origin_refused"},
    404: {"model": Failure, "description": "file_gone"},
    422: {"model": Failure, "description": "file_id_invalid, not_a_file, not_a_folder, link_loop, invalid_request"},
}
WRITING: dict[int | str, dict[str, Any]] = READING | {
    403: {"model": Failure, "description": "read_only, outside_workspace, origin_refused"},
    409: {"model": Failure, "description": "file_changed; detail has version and text as they are now. exists"},
    413: {"model": Failure, "description": "too_large, body_too_large"},
    507: {"model": Failure, "description": "disk_full"},
}


@router.get("/api/files", responses=READING)
async def list_files(
    request: Request,
    id: Annotated[str, Query(max_length=ID_MAX, description="a folder; left out, the project's")] = "",  # noqa: A002
    show_ignored: Annotated[bool, Query(description="list what git ignores, too")] = False,
) -> Listing:
    """What lies in a folder: at most 5,000 entries."""
    access = _of(request)
    path = path_of(id)
    return await access.run(lambda: list_folder(access.confinement, access.git, path, show_ignored))


@router.get("/api/file", name="read_file", responses=READING)
async def read(request: Request, id: Id) -> File:  # noqa: A002
    """A file and its text, where it has one of at most 2 MiB."""
    access = _of(request)
    path = path_of(id)
    return await access.run(lambda: read_file(access.confinement, path, access.read_only))


@router.put("/api/file", name="save_file", responses=WRITING)
async def save(request: Request, id: Id, edit: FileEdit) -> File:  # noqa: A002
    """Save a file, whole or not at all."""
    access = _of(request)
    path = path_of(id)
    return await access.run(lambda: save_file(access.confinement, path, edit, access.read_only))


@router.post("/api/file", name="create_file", status_code=201, responses=WRITING)
async def create(request: Request, new: NewFile) -> File:
    """Make a new file."""
    access = _of(request)
    path = typed_path(new.path)
    return await access.run(lambda: create_file(access.confinement, path, new.text, access.read_only))


@router.get(
    "/api/file/raw",
    name="raw_file",
    responses=READING | {200: {"content": {"*/*": {"schema": {"type": "string", "format": "binary"}}}}},
    response_class=StreamingResponse,
)
async def raw(request: Request, id: Id) -> RawFile:  # noqa: A002
    """A file's bytes, up to 64 MiB: images to be shown, anything else to be kept."""
    access = _of(request)
    path = path_of(id)
    return RawFile(await access.run(lambda: open_raw(access.confinement, path)), path, access)


def _of(request: Request) -> FileAccess:
    workbench: Workbench = request.app.state.workbench
    return workbench.files
