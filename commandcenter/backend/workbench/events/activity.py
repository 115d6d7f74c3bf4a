"""What happened in this workbench, read back from the stream in Redis, newest first."""

from __future__ import annotations

import json

from workbench.events.broker import Broker
from workbench.events.models import ActivityPage, RecordedEvent

BATCH = 500


async def read_activity(broker: Broker, limit: int, before: str | None, kinds: frozenset[str]) -> ActivityPage:
    """At most `limit` events older than `before`, of these kinds only if any are named. Raises `ApiError` 503."""
    events: list[RecordedEvent] = []
    while True:
        batch = await broker.range_before(before, BATCH)
        for event_id, event in batch:
            if kinds and event["type"] not in kinds:
                continue
            if len(events) == limit:
                return ActivityPage(events=events, more=True)
            recorded = {"id": event_id, "type": event["type"], "at": event["at"], "data": json.loads(event["data"])}
            events.append(RecordedEvent.model_validate(recorded))
        if len(batch) < BATCH:
            return ActivityPage(events=events, more=False)
        before = batch[-1][0]
