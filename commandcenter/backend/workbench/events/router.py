"""GET /api/events: the live stream."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Request
from fastapi.responses import StreamingResponse

from workbench.errors import ApiError
from workbench.events.models import Event
from workbench.events.stream import STREAM_ID, follow
from workbench.web.models import FAILURES
from workbench.workbench import Workbench

router = APIRouter(prefix="/api/events", tags=["events"], responses=FAILURES)


@router.get(
    "",
    response_class=StreamingResponse,
    responses={200: {"model": Event, "description": "text/event-stream; each event's data is an Event"}},
)
async def events(
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
