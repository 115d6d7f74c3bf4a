"""Services that die and come back, under load."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg
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


def test_postgres_killed_while_tasks_move_keeps_every_task_once_and_every_version(workspace: Path) -> None:
    with own(workspace) as (postgres, _, backend):
        made = [backend.client.post("/api/tasks", json={"title": f"{number}"}).json() for number in range(4)]
        promised = {task["id"]: 1 for task in made}
        refused: list[httpx.Response] = []
        stop = threading.Event()

        def shuffle(task: dict[str, Any]) -> None:
            column = 0
            headers = {"Authorization": f"Bearer {TOKEN}"}
            with httpx.Client(base_url=backend.client.base_url, headers=headers, timeout=30) as client:
                while not stop.is_set():
                    column = (column + 1) % 3
                    to = {"column": ("todo", "doing", "done")[column], "version": task["version"]}
                    answer = client.post(f"/api/tasks/{task['id']}/move", json=to)
                    if answer.status_code == 409:  # an answer that was lost, but had been kept
                        task = answer.json()["detail"]
                    elif answer.status_code == 200:
                        task = answer.json()
                    else:
                        refused.append(answer)
                    promised[task["id"]] = max(promised[task["id"]], task["version"])

        threads = [threading.Thread(target=shuffle, args=(task,), daemon=True) for task in made]
        for thread in threads:
            thread.start()
        poll(lambda: min(promised.values()) > 5, "moves before the crash")
        postgres.crash()
        poll(lambda: len(refused) > 3, "refusals while Postgres is away")
        postgres.start()
        before = dict(promised)
        poll(lambda: all(promised[one] > before[one] + 3 for one in promised), "moves after the crash")
        stop.set()
        for thread in threads:
            thread.join(60)
        assert {answer.status_code for answer in refused} == {503}
        tasks = backend.client.get("/api/tasks").json()["tasks"]
        assert sorted(task["title"] for task in tasks) == ["0", "1", "2", "3"]
        for task in tasks:
            assert task["version"] >= promised[task["id"]]
            history = backend.client.get(f"/api/tasks/{task['id']}/history", params={"limit": 200}).json()
            assert [one["version"] for one in history] == list(
                range(task["version"], max(task["version"] - 200, 0), -1)
            )
            assert history[0]["column"] == task["column"]


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


def execute(url: str, *statements: str) -> None:
    """Run statements in a database, behind the workbench's back."""

    async def run() -> None:
        connection = await asyncpg.connect(url, ssl=False)
        for statement in statements:
            await connection.execute(statement)
        await connection.close()

    asyncio.run(run())


FORMER = (
    "CREATE TABLE workbench_migrations (number integer PRIMARY KEY, name text NOT NULL, checksum text NOT NULL)",
    "DROP TABLE alembic_version",
)
"""What a database of the first workbench had in the place of Alembic's table."""
FORMER_ROW = "INSERT INTO workbench_migrations VALUES ({number}, '0001_notes', '{checksum}')"
FIRST_TABLES = (
    """CREATE TABLE notes (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(), title text NOT NULL, body text NOT NULL,
        version integer NOT NULL DEFAULT 1,
        created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now(),
        search tsvector NOT NULL GENERATED ALWAYS AS (
            setweight(to_tsvector('simple', title), 'A') || setweight(to_tsvector('simple', body), 'B')
        ) STORED
    )""",
    "CREATE INDEX notes_search ON notes USING gin (search)",
    "CREATE INDEX notes_updated ON notes (updated_at DESC, id)",
)
CHECKSUM = "941afe6383b3c187b3cc2c8c3476cd042ef910d5ffea7261b58e817f6166e3b8"


@pytest.mark.parametrize(
    "tampering",
    [
        ("UPDATE alembic_version SET version_num = '0999'",),
        (*FORMER, FORMER_ROW.format(number=1, checksum="other")),
        (*FORMER, FORMER_ROW.format(number=2, checksum=CHECKSUM)),
    ],
)
def test_a_database_of_another_version_is_refused_with_words(
    workspace: Path, postgres: Postgres, redis: Redis, tampering: tuple[str, ...]
) -> None:
    url = make_database(postgres)
    first = Backend(workspace, url, redis.url)
    first.until_ready()
    first.close()
    execute(url, *tampering)
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


def test_a_database_of_the_first_workbench_is_adopted_with_its_notes(
    workspace: Path, postgres: Postgres, redis: Redis
) -> None:
    url = make_database(postgres)
    execute(url, *FIRST_TABLES, FORMER[0], FORMER_ROW.format(number=1, checksum=CHECKSUM))
    execute(url, "INSERT INTO notes (title, body) VALUES ('kept', 'since the first version')")
    backend = Backend(workspace, url, redis.url)
    try:
        backend.until_ready()
        assert [note["title"] for note in backend.client.get("/api/notes?q=version").json()["notes"]] == ["kept"]
        ready = backend.client.get("/ready").json()
        assert ready["migrations"] == ready["expected"]
    finally:
        backend.close()
