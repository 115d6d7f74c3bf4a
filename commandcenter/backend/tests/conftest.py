"""Fixtures. Postgres and Redis are started once; each test that breaks them starts its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
from hypothesis import settings

from tests.services import Backend, Postgres, Redis, poll

# A machine that runs other tests, too, may take its time for a single example.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A Postgres that tests share, each with a database of its own."""
    one = Postgres()
    yield one
    one.close()


@pytest.fixture(scope="session")
def redis() -> Iterator[Redis]:
    """A Redis that tests share; the project's id keeps their streams apart."""
    one = Redis()
    yield one
    one.close()


@pytest.fixture
def database(postgres: Postgres) -> str:
    """Address of a new, empty database."""
    return make_database(postgres)


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """An empty folder for the user's files."""
    folder = tmp_path / "workspace"
    folder.mkdir()
    return folder


Launch = Callable[..., Backend]


@pytest.fixture
def launch(workspace: Path, database: str, redis: Redis) -> Iterator[Launch]:
    """Starts backends, on the shared services unless told otherwise; all are ended after the test."""
    with ExitStack() as stack:

        def start(
            *,
            postgres_url: str = database,
            redis_url: str = redis.url,
            under: tuple[str, ...] = (),
            **environment: str,
        ) -> Backend:
            backend = Backend(workspace, postgres_url, redis_url, under, **environment)
            stack.callback(backend.close)
            return backend

        yield start


@pytest.fixture
def backend(launch: Launch) -> Backend:
    """A backend that is ready."""
    one = launch()
    one.until_ready()
    return one


@pytest.fixture(scope="session")
def standing(postgres: Postgres, redis: Redis, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backend]:
    """A backend that tests share which only ask, and leave nothing that another could meet."""
    one = Backend(tmp_path_factory.mktemp("standing"), make_database(postgres), redis.url)
    one.until_ready()
    yield one
    one.close()


def make_database(postgres: Postgres) -> str:
    """Address of a new, empty database of `postgres`."""
    name = f"test_{uuid4().hex}"

    async def create() -> bool:
        try:
            connection = await asyncpg.connect(postgres.url(), ssl=False)
        except (OSError, asyncpg.PostgresError):
            return False
        await connection.execute(f'CREATE DATABASE "{name}"')
        await connection.close()
        return True

    poll(lambda: asyncio.run(create()), "postgres answers")
    return postgres.url(name)
