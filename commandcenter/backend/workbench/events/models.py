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
    "task.created",
    "task.updated",
    "task.moved",
    "task.deleted",
    "files.changed",
    "overview.refreshed",
    "commit.seen",
    "branch.changed",
    "index.started",
    "index.progress",
    "index.finished",
    "index.failed",
    "service.lost",
    "service.back",
    "stream.gap",
]


class Event(BaseModel):
    """One event. `stream.gap` says that events were lost (bounded stream, Redis emptied): fetch everything again."""

    type: EventType
    at: datetime
    data: dict[str, Any]
    """note.*, task.*: id, version, title; task.* but deleted ones: column. files.changed: total, paths (first 100:
    change, path). overview.refreshed: files, bytes. commit.seen: sha, subject, author. branch.changed: from, to.
    index.started: reason (start, changes, rescan, rebuild). index.progress: done, total. index.finished: files, bytes,
    changed, seconds. index.failed: error. service.lost, service.back: service (postgres, redis)."""


class RecordedEvent(Event):
    """An event that happened, with its id in the stream."""

    id: str


class ActivityPage(BaseModel):
    """What happened, newest first."""

    events: list[RecordedEvent]
    more: bool
    """There are older ones: ask again with `before` set to the last id."""
