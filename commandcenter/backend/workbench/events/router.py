"""GET /api/events: the live stream. GET /api/activity: what went through it before."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import StreamingResponse

from workbench.errors import ApiError
from workbench.events.activity import read_activity
from workbench.events.models import ActivityPage, Event
from workbench.events.stream import STREAM_ID, follow
from workbench.web.models import FAILURES
from workbench.workbench import Workbench

events = APIRouter(prefix="/api/events", tags=["events"], responses=FAILURES)
activity = APIRouter(prefix="/api/activity", tags=["events"], responses=FAILURES)


@events.get(
    "",
    name="events",
    response_class=StreamingResponse,
    responses={200: {"model": Event, "description": "text/event-stream; each event's data is an Event"}},
)
async def follow_events(
    request: Request, last_event_id: Annotated[str | None, Header(max_length=64)] = None
) -> StreamingResponse:
    """Everything that happens from now on, or after Last-Event-ID."""
    workbench: Workbench = request.app.state.workbench
    if last_event_id and not STREAM_ID.fullmatch(last_event_id):
        raise ApiError(422, "invalid_request", "Last-Event-ID is not one that this stream gave", "last-event-id")
    workbench.broker.check_room()
    return StreamingResponse(
        follow(workbench.broker, workbench.stopping, last_event_id or None),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


@activity.get("", name="activity")
async def read(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
    before: Annotated[str | None, Query(max_length=64, description="id of the oldest event that is known")] = None,
    kinds: Annotated[str, Query(max_length=500, description="types of events, with commas between")] = "",
) -> ActivityPage:
    """What happened, newest first, as far back as the stream goes (about 2,000 events)."""
    if before and not STREAM_ID.fullmatch(before):
        raise ApiError(422, "invalid_request", "`before` is not an id that this stream gave", "before")
    workbench: Workbench = request.app.state.workbench
    wanted = frozenset(kind.strip() for kind in kinds.split(",") if kind.strip())
    return await read_activity(workbench.broker, limit, before, wanted)
