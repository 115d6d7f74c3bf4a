"""Services that die and come back, under load."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.conftest import make_database
from tests.services import TOKEN, Backend, Postgres, Redis, poll
from tests.stream import following


@contextmanager
def own(workspace: Path) -> Iterator[tuple[Postgres, Redis, Backend]]:
    """Services of its own for a test that breaks them."""
    postgres, redis = Postgres(), Redis()
    backend = Backend(workspace, make_database(postgres), redis.url)
    try:
        backend.until_ready()
        yield postgres, redis, backend
    finally:
        for one in (backend, redis, postgres):
            one.close()


class Load:
    """Creates notes without pause, and remembers what was promised."""

    def __init__(self, backend: Backend) -> None:
        self.kept: list[str] = []
        self.refused: list[httpx.Response] = []
        self._stop = threading.Event()
        self._backend = backend
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        with httpx.Client(base_url=self._backend.client.base_url, headers=headers, timeout=30) as client:
            while not self._stop.is_set():
                answer = client.post("/api/notes", json={"title": f"note {len(self.kept)}"})
                if answer.status_code == 201:
                    self.kept.append(answer.json()["id"])
                else:
                    self.refused.append(answer)

    def __enter__(self) -> Load:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(60)


def test_postgres_killed_under_load_comes_back_with_everything_that_was_promised(workspace: Path) -> None:
    with own(workspace) as (postgres, _, backend):
        with Load(backend) as load:
            poll(lambda: len(load.kept) > 20, "notes before the crash")
            postgres.crash()
            poll(lambda: len(load.refused) > 3, "refusals while Postgres is away")
            health = backend.client.get("/health")
            assert (health.status_code, health.json()["postgres"]["ok"]) == (503, False)
            postgres.start()
            before = len(load.kept)
            poll(lambda: len(load.kept) > before + 20, "notes after the crash")
        assert {answer.status_code for answer in load.refused} == {503}, [answer.text for answer in load.refused]
        assert {answer.json()["code"] for answer in load.refused} <= {"database_unavailable", "database_busy"}
        assert all(answer.headers["retry-after"] == "1" for answer in load.refused)
        backend.until_healthy()
        for note in load.kept:
            assert backend.client.get(f"/api/notes/{note}").status_code == 200


def test_redis_restarted_streams_recover_and_notes_never_notice(workspace: Path) -> None:
    with own(workspace) as (_, redis, backend), following(backend) as page:
        first = backend.client.post("/api/notes", json={"title": "before"}).json()
        page.until("note.created", id=first["id"])
        redis.signal(signal.SIGKILL)
        poll(lambda: backend.client.get("/health").status_code == 503, "unhealthy without Redis")
        during = backend.client.post("/api/notes", json={"title": "while Redis is away"})
        assert during.status_code == 201
        redis.start()
        page.until("note.created", id=during.json()["id"])
        after = backend.client.post("/api/notes", json={"title": "after"}).json()
        page.until("note.created", id=after["id"])
        backend.until_healthy()


def test_it_waits_for_services_that_start_after_it(workspace: Path) -> None:
    with own(workspace) as (postgres, redis, backend):
        backend.close()
        redis.signal(signal.SIGKILL)
        postgres.crash()
        late = Backend(workspace, backend.environment["DATABASE_URL"], redis.url)
        try:
            answer = poll(late.health, "an answer without services")
            assert answer.status_code == 503
            postgres.start()
            redis.start()
            late.until_ready()
        finally:
            late.close()


@pytest.mark.parametrize("tampering", ["number = 99", "checksum = 'other'"])
def test_a_database_of_another_version_is_refused_with_words(
    workspace: Path, postgres: Postgres, redis: Redis, tampering: str
) -> None:
    import asyncio

    import asyncpg

    url = make_database(postgres)
    first = Backend(workspace, url, redis.url)
    first.until_ready()
    first.close()

    async def tamper() -> None:
        connection = await asyncpg.connect(url, ssl=False)
        await connection.execute(f"UPDATE workbench_migrations SET {tampering}")  # noqa: S608
        await connection.close()

    asyncio.run(tamper())
    second = Backend(workspace, url, redis.url)
    try:
        second.until_healthy()
        refused = poll(
            lambda: answer if (answer := second.client.get("/ready")).json()["status"] == "failed" else None,
            "a refusal",
        )
        assert refused.status_code == 503
        notes = second.client.get("/api/notes")
        assert (notes.status_code, notes.json()["code"]) == (503, "database_refused")
    finally:
        second.close()
