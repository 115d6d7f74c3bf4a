"""GET /api/links: which notes and tasks link to a file."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request

from workbench.files.ids import ID_MAX, path_of
from workbench.links.models import FileLinks
from workbench.links.table import links_to
from workbench.web.models import FAILURES
from workbench.workbench import Workbench

router = APIRouter(prefix="/api/links", tags=["notes", "tasks"], responses=FAILURES)


@router.get("", name="links")
async def links(request: Request, id: Annotated[str, Query(max_length=ID_MAX)]) -> FileLinks:  # noqa: A002
    """Notes and tasks that link to the file with this id."""
    workbench: Workbench = request.app.state.workbench
    return await links_to(workbench.database, path_of(id))
