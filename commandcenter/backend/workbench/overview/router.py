"""/api/overview: answers at once with what is known; scanning happens in the background."""

from __future__ import annotations

from fastapi import APIRouter, Request

from workbench.overview.models import Overview
from workbench.web.models import FAILURES
from workbench.workbench import Workbench

router = APIRouter(prefix="/api/overview", tags=["overview"], responses=FAILURES)


@router.get("")
async def overview(request: Request) -> Overview:
    """The last finished look at the folder, and the progress of a running one."""
    workbench: Workbench = request.app.state.workbench
    return workbench.overview.current()


@router.post("/refresh", status_code=202)
async def refresh(request: Request) -> Overview:
    """Look again. Follow `overview.refreshed` on the event stream."""
    workbench: Workbench = request.app.state.workbench
    workbench.overview.ask()
    return workbench.overview.current()
