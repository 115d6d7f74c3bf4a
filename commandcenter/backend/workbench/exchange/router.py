"""/api/notes/export and /api/notes/import: all notes and tasks as one Markdown text."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse

from workbench.exchange.export import export
from workbench.exchange.models import Import, Imported
from workbench.exchange.take_in import take_in
from workbench.web.announce import announce
from workbench.web.models import FAILURES, Failure
from workbench.workbench import Workbench

router = APIRouter(prefix="/api/notes", tags=["notes", "tasks"], responses=FAILURES)


@router.get(
    "/export",
    response_class=PlainTextResponse,
    responses={200: {"content": {"text/markdown": {"schema": {"type": "string"}}}}},
)
async def export_notes(request: Request) -> PlainTextResponse:
    """All notes and tasks as one Markdown text, which an import takes back without loss. Earlier versions come with
    them: the newest, 3,000,000 characters of those of notes and as many of those of tasks."""
    workbench: Workbench = request.app.state.workbench
    headers = {"Content-Disposition": 'attachment; filename="notes-and-tasks.md"', "Cache-Control": "no-store"}
    return PlainTextResponse(await export(workbench.database), media_type="text/markdown", headers=headers)


@router.post("/import", responses={413: {"model": Failure, "description": "body_too_large, note_too_large"}})
async def import_notes(request: Request, given: Import) -> Imported:
    """Take an exported text in: all of it, or nothing when that fails."""
    workbench: Workbench = request.app.state.workbench

    return await take_in(workbench.database, given.text, lambda kind, now: announce(request, kind, now))
