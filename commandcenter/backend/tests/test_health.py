"""Health, readiness, start and end of the program, and the committed description of the API."""

from __future__ import annotations

import signal
from concurrent.futures import ThreadPoolExecutor

from tests.conftest import Launch
from tests.services import BACKEND, DEADLINE, PASSWORD, REDIS_PASSWORD, TOKEN, Backend, free_port, poll
from workbench.web.export import document


def test_health_names_the_project_and_needs_no_token(backend: Backend) -> None:
    answer = backend.client.get("/health", headers={"Authorization": ""})
    report = answer.json()
    assert answer.status_code == 200
    assert report["status"] == "ok"
    assert report["postgres"]["ok"]
    assert report["redis"]["ok"]
    assert report["project"] == backend.environment["CCHUB_PROJECT_ID"]


def test_health_says_which_service_is_away(launch: Launch) -> None:
    one = launch(redis_url=f"redis://127.0.0.1:{free_port()}/0")
    answer = poll(one.health, "an answer")
    poll(lambda: (now := one.health()) is not None and now.json()["postgres"]["ok"], "postgres answers")
    answer = one.client.get("/health")
    assert answer.status_code == 503
    assert answer.json()["status"] == "unhealthy"
    assert not answer.json()["redis"]["ok"]
    assert "redis" in answer.json()["error"]


def test_the_first_api_request_waits_until_the_api_is_there(launch: Launch) -> None:
    one = launch()
    poll(lambda: one.health() is not None, "an answer")
    assert one.client.get("/api/notes").json() == {"notes": [], "total": 0}


def test_two_backends_that_start_at_once_migrate_an_empty_database_once(launch: Launch) -> None:
    both = [launch(), launch()]
    with ThreadPoolExecutor() as pool:
        list(pool.map(Backend.until_ready, both))
    made = both[0].client.post("/api/notes", json={"title": "seen by both"}).json()
    assert both[1].client.get(f"/api/notes/{made['id']}").json() == made


def test_sigterm_ends_it_with_streams_open(backend: Backend) -> None:
    with backend.client.stream("GET", "/api/events") as stream:
        lines = stream.iter_lines()
        assert next(lines).startswith("retry:")
        assert backend.child is not None
        backend.child.send_signal(signal.SIGTERM)
        list(lines)
    assert backend.child.wait(DEADLINE) in (0, -signal.SIGTERM)
    assert "Traceback" not in backend.log


def test_no_secret_is_logged(backend: Backend) -> None:
    backend.client.get("/api/notes", headers={"Authorization": "Bearer wrong"})
    backend.signal(signal.SIGTERM)
    assert not [secret for secret in (PASSWORD, REDIS_PASSWORD, TOKEN) if secret in backend.log]


def test_a_missing_setting_ends_it_with_words(launch: Launch) -> None:
    one = launch(WORKBENCH_TOKEN="")
    assert one.child is not None
    assert one.child.wait(DEADLINE) == 1
    assert "WORKBENCH_TOKEN is not set" in one.log


def test_the_committed_description_is_that_of_the_program() -> None:
    committed = (BACKEND / "openapi.json").read_text("utf-8")
    assert committed == document(), "stale: python -m workbench.web.export > openapi.json"


def test_the_documentation_needs_nothing_from_elsewhere(backend: Backend) -> None:
    page = backend.client.get("/docs")
    assert page.status_code == 200
    assert "/api/notes/{note_id}" in page.text
    assert "<script" not in page.text
    assert "src=" not in page.text
    assert backend.client.get("/openapi.json").json()["info"]["title"] == "CommandCenter workbench"
