"""/health and /ready. Neither needs a token: they tell nothing but whether services answer."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from workbench.health.check import check_health, check_ready
from workbench.health.models import Health, Readiness
from workbench.workbench import Workbench

router = APIRouter(tags=["health"])


@router.get("/health", responses={503: {"model": Health}})
async def health(request: Request, response: Response) -> Health:
    """Ask Postgres and Redis now."""
    workbench: Workbench = request.app.state.workbench
    status, report = await check_health(workbench)
    response.status_code = status
    return Health.model_validate(report)


@router.get("/ready", responses={503: {"model": Readiness}})
async def ready(request: Request, response: Response) -> Readiness:
    """Whether migrations are applied and the API can be used."""
    status, report = check_ready(request.app.state.workbench)
    response.status_code = status
    return Readiness.model_validate(report)
