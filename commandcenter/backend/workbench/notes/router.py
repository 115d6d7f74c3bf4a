"""/api/notes: create, list, search, edit, delete, and what a note was before. An edit or deletion names the version it
was made from; a stale one is refused with 409 `version_conflict`, whose detail is the note as it is now."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from workbench.database.versioned import VERSIONS_MAX
from workbench.notes import table
from workbench.notes.models import NewNote, Note, NoteEdit, NoteList, NoteVersion, Restore
from workbench.web.announce import announce, announce_deleted, workbench_of
from workbench.web.models import FAILURES, Failure

router = APIRouter(prefix="/api/notes", tags=["notes"], responses=FAILURES)
Version = Annotated[int, Query(ge=1, le=2**31 - 1)]
NOT_FOUND: dict[int | str, dict[str, Any]] = {404: {"model": Failure, "description": "note_not_found"}}
CONFLICT: dict[int | str, dict[str, Any]] = NOT_FOUND | {
    409: {"model": Failure, "description": "version_conflict; detail is the note as it is now"}
}


@router.get("")
async def list_notes(
    request: Request,
    q: Annotated[str, Query(max_length=500, description="words to search for; the last may be unfinished")] = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    offset: Annotated[int, Query(ge=0, le=100_000)] = 0,
) -> NoteList:
    """Notes, pinned ones and then the newest edit first; with `q`, those that match, best first."""
    return await table.find(workbench_of(request).database, q.replace("\0", " "), limit, offset)


@router.post("", status_code=201)
async def create_note(request: Request, new: NewNote) -> Note:
    """Keep a new note."""
    note = await table.create(workbench_of(request).database, new)
    announce(request, "note.created", note)
    return note


@router.get("/{note_id}", responses=NOT_FOUND)
async def read_note(request: Request, note_id: UUID) -> Note:
    """One note."""
    return await table.get(workbench_of(request).database, note_id)


@router.put("/{note_id}", responses=CONFLICT)
async def edit_note(request: Request, note_id: UUID, edit: NoteEdit) -> Note:
    """Replace the content of a note."""
    note = await table.edit(workbench_of(request).database, note_id, edit)
    announce(request, "note.updated", note)
    return note


@router.delete("/{note_id}", status_code=204, responses=CONFLICT, response_class=Response)
async def delete_note(request: Request, note_id: UUID, version: Version) -> None:
    """Delete a note."""
    title = await table.remove(workbench_of(request).database, note_id, version)
    announce_deleted(request, "note.deleted", note_id, version, title)


@router.get("/{note_id}/history", responses=NOT_FOUND)
async def note_history(
    request: Request, note_id: UUID, limit: Annotated[int, Query(ge=1, le=VERSIONS_MAX)] = 50
) -> list[NoteVersion]:
    """What the note was, newest first; the first is what it is. The last 200 versions are kept."""
    return await table.versions(workbench_of(request).database, note_id, limit)


@router.post("/{note_id}/restore", responses=NOT_FOUND)
async def restore_note(request: Request, note_id: UUID, wanted: Restore) -> Note:
    """Make title and body of an earlier version the newest; what is now stays in the history."""
    note = await table.restore(workbench_of(request).database, note_id, wanted.version)
    announce(request, "note.updated", note)
    return note
