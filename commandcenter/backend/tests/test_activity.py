"""What happened, read back, and services that go and come."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

from tests.conftest import Launch
from tests.services import Backend, poll
from tests.stream import following
from tests.test_faults import own


def activity(backend: Backend, **parameters: Any) -> dict[str, Any]:
    answer = backend.client.get("/api/activity", params=parameters)
    assert answer.status_code == 200, answer.text
    page: dict[str, Any] = answer.json()
    return page


def make_notes(backend: Backend, count: int) -> list[str]:
    made = [backend.client.post("/api/notes", json={"title": f"note {n}"}).json()["id"] for n in range(count)]
    poll(lambda: activity(backend, kinds="note.created")["events"][:1] and told(backend)[0] == made[-1], "all are told")
    return made


def told(backend: Backend, **parameters: Any) -> list[str]:
    return [event["data"]["id"] for event in activity(backend, kinds="note.created", **parameters)["events"]]


def test_the_newest_comes_first_and_pages_cover_everything_once(backend: Backend) -> None:
    made = make_notes(backend, 7)
    pages: list[str] = []
    before = None
    while True:
        page = activity(backend, kinds="note.created", limit=3, **({} if before is None else {"before": before}))
        pages += [event["data"]["id"] for event in page["events"]]
        if not page["more"]:
            break
        before = page["events"][-1]["id"]
    assert pages == made[::-1]


def test_kinds_are_chosen_among_all(backend: Backend) -> None:
    make_notes(backend, 2)
    assert {event["type"] for event in activity(backend, kinds="backend.started, note.created")["events"]} == {
        "backend.started",
        "note.created",
    }
    assert activity(backend, kinds="nothing.known") == {"events": [], "more": False}


def test_ids_are_those_of_the_live_stream(backend: Backend) -> None:
    with following(backend) as page:
        note = backend.client.post("/api/notes", json={"title": "seen twice"}).json()
        page.until("note.created", id=note["id"])
        ids = list(page.ids)
    newest = activity(backend, kinds="note.created", limit=1)["events"][0]
    assert newest["id"] in ids


def test_a_wrong_place_is_refused(backend: Backend) -> None:
    answer = backend.client.get("/api/activity", params={"before": "yesterday"})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


def test_a_run_of_the_index_is_told(launch: Launch, workspace: Path) -> None:
    (workspace / "a.txt").write_text("x")
    one = launch()
    one.index()
    poll(lambda: activity(one, kinds="index.finished")["events"], "the run is told")
    kinds = [event["type"] for event in activity(one, kinds="index.started,index.finished")["events"]]
    assert kinds == ["index.finished", "index.started"]


def test_services_that_go_and_come_are_told(workspace: Path) -> None:
    with own(workspace) as (postgres, redis, backend), following(backend) as page:
        backend.index()
        postgres.crash()
        page.until("service.lost", service="postgres")
        away = backend.client.get("/api/search", params={"q": "anything"})
        assert (away.status_code, away.json()["code"]) == (503, "database_unavailable")
        postgres.start()
        page.until("service.back", service="postgres")
        redis.signal(signal.SIGKILL)
        poll(lambda: backend.client.get("/health").status_code == 503, "Redis is missed")
        gone = backend.client.get("/api/activity")
        assert (gone.status_code, gone.json()["code"]) == (503, "redis_unavailable")
        poll(lambda: backend.client.get("/health").json()["postgres"]["ok"], "Postgres stays")
        redis.start()
        page.until("service.back", service="redis")
        assert [event["data"] for event in page.events if event["type"] == "service.lost"] == [
            {"service": "postgres"},
            {"service": "redis"},
        ]
