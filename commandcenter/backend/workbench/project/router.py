"""GET /api/project: what the page's title bar shows."""

from __future__ import annotations

from fastapi import APIRouter, Request
from pydantic import BaseModel

from workbench.settings import WatchMode
from workbench.web.models import FAILURES
from workbench.workbench import Workbench

router = APIRouter(prefix="/api/project", tags=["project"], responses=FAILURES)


class Project(BaseModel):
    """The project this workbench serves."""

    id: str
    name: str
    folder: str
    """Absolute path of the folder, as the backend sees it."""
    read_only: bool
    watch: WatchMode


@router.get("")
async def project(request: Request) -> Project:
    """The project's name and settings."""
    workbench: Workbench = request.app.state.workbench
    settings = workbench.settings
    return Project(
        id=settings.project_id,
        name=settings.project_name,
        folder=settings.workspace.encode("utf-8", "surrogateescape").decode("utf-8", "replace"),
        read_only=settings.read_only,
        watch=settings.watch,
    )
