"""Events on the wire: the data of each server-sent event. Its id is the Redis stream id; send it back as
Last-Event-ID to resume."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel

EventType = Literal[
    "backend.started",
    "note.created",
    "note.updated",
    "note.deleted",
    "files.changed",
    "overview.refreshed",
    "stream.gap",
]


class Event(BaseModel):
    """One event. `stream.gap` says that events were lost (bounded stream, Redis emptied): fetch everything again."""

    type: EventType
    at: datetime
    data: dict[str, Any]
    """note.*: id, version. files.changed: total, paths (first 100: change, path). overview.refreshed: files, bytes."""
