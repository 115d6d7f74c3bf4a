"""The live stream."""

from __future__ import annotations

from pathlib import Path

from tests.services import Backend
from tests.stream import following


def test_changes_of_notes_reach_every_page_in_order(backend: Backend) -> None:
    with following(backend) as one, following(backend) as two:
        made = backend.client.post("/api/notes", json={"title": "new"}).json()
        content = {"title": "newer", "body": "", "version": 1}
        backend.client.put(f"/api/notes/{made['id']}", json=content)
        backend.client.delete(f"/api/notes/{made['id']}", params={"version": 2})
        for page in (one, two):
            page.until("note.deleted", id=made["id"], title="newer")
            kinds = [event["type"] for event in page.events if event["type"].startswith("note.")]
            assert kinds == ["note.created", "note.updated", "note.deleted"]


def test_a_page_that_was_away_gets_what_it_missed(backend: Backend) -> None:
    with following(backend) as page:
        first = backend.client.post("/api/notes", json={"title": "first"}).json()
        page.until("note.created", id=first["id"])
        last = page.ids[-1]
    missed = [backend.client.post("/api/notes", json={"title": f"missed {n}"}).json()["id"] for n in range(3)]
    with following(backend, after=last) as page:
        page.until("note.created", id=missed[-1])
        seen = [event["data"]["id"] for event in page.events if event["type"] == "note.created"]
        assert seen == missed


def test_the_start_of_the_backend_is_an_event(backend: Backend) -> None:
    with following(backend, after="0-1") as page:
        page.until("backend.started", project=backend.environment["CCHUB_PROJECT_ID"])


def test_an_id_that_redis_never_gave_means_events_were_lost(backend: Backend) -> None:
    with following(backend, after="99999999999999-0") as page:
        page.until("stream.gap")
        made = backend.client.post("/api/notes", json={"title": "after the gap"}).json()
        page.until("note.created", id=made["id"])


def test_an_unreadable_id_is_refused(backend: Backend) -> None:
    answer = backend.client.get("/api/events", headers={"Last-Event-ID": "yesterday"})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


def test_changed_files_are_told(backend: Backend, workspace: Path) -> None:
    backend.overview()
    with following(backend) as page:
        number = 0
        while not any(event["type"] == "files.changed" for event in page.events):
            # Watching begins at some moment after the first scan: keep changing until it is seen.
            number += 1
            (workspace / f"new-{number}.py").write_text("print()\n")
            assert number < 600, "a change is seen"
            page.closed.wait(0.1)
        told = page.until("files.changed")
        assert told["data"]["paths"][0]["path"].startswith("new-")
        page.until("overview.refreshed")
