"""The live stream."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from redis.asyncio import Redis as Client
from redis.exceptions import ConnectionError as Refused

from tests.services import DEADLINE, Backend, Redis, id_of
from tests.stream import following
from workbench.events.broker import QUEUE_LENGTH, Broker
from workbench.overview.watch import gather


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


def test_a_save_is_told_as_one_changed_file(backend: Backend, workspace: Path) -> None:
    backend.overview()
    (workspace / "file.txt").write_text("before")
    with following(backend) as page:

        def told() -> list[tuple[str, str]]:
            events = [event["data"] for event in list(page.events) if event["type"] == "files.changed"]
            assert all(data["total"] == len(data["paths"]) for data in events)
            return [(path["path"], path["change"]) for data in events for path in data["paths"]]

        def until_told(name: str) -> None:
            number = 0
            while not any(path.startswith(f"{name}-") for path, _ in told()):
                number += 1
                (workspace / f"{name}-{number}").touch()
                assert number < 600, "a change is seen"
                page.closed.wait(0.1)

        until_told("begin")
        page.events.clear()
        file = backend.client.get("/api/file", params={"id": id_of("file.txt")}).json()
        change = {"text": "after", "version": file["version"]}
        assert backend.client.put("/api/file", params={"id": id_of("file.txt")}, json=change).status_code == 200
        until_told("end")
        assert [path for path, _ in told() if not path.startswith(("begin-", "end-"))] == ["file.txt"]


def test_what_happens_to_a_file_at_once_is_told_once(tmp_path: Path) -> None:
    for name in ("replaced", "#12", ".new.saving"):
        (tmp_path / name).touch()
    saving = b".file.0a02da8e5dcb.saving"
    seen = {
        b"replaced": ["deleted", "added", "modified"],
        b"gone": ["added", "modified", "deleted"],
        b"#11": ["modified"],
        b"#12": ["modified"],
        b".new.saving": ["added"],
        saving: ["added", "deleted"],
    }
    batch = gather(os.fsencode(tmp_path), [(kind, path) for path, kinds in seen.items() for kind in kinds])
    told = [("modified", "#12"), ("added", ".new.saving"), ("deleted", "gone"), ("modified", "replaced")]
    assert (batch.changes, batch.total) == (told, 4)


@asynccontextmanager
async def writing(redis: Redis) -> AsyncIterator[tuple[Broker, Client]]:
    """A broker that writes to `redis`, and a client beside it."""
    broker = Broker(redis.url, "p")
    client = Client.from_url(redis.url, decode_responses=True)
    await until(lambda: answers(client))
    writer = asyncio.create_task(broker.write())
    try:
        yield broker, client
    finally:
        writer.cancel()
        await broker.close()
        await client.aclose()


async def until(fits: Callable[[], Awaitable[bool]]) -> None:
    """Ask the server again and again."""
    async with asyncio.timeout(DEADLINE):
        while not await fits():
            pass


async def answers(client: Client) -> bool:
    try:
        return bool(await client.ping())
    except Refused:
        return False


async def written(broker: Broker, last: str) -> list[str]:
    """Types of all events, newest first, once the one that was published last is there."""

    async def there() -> bool:
        newest = await broker.range_before(None, 1)
        return bool(newest) and last in newest[0][1]["data"]

    await until(there)
    return [event["type"] for _, event in await broker.range_before(None, 2 * QUEUE_LENGTH)]


def test_events_lost_while_one_is_being_written_are_told() -> None:
    async def run(redis: Redis) -> list[str]:
        async with writing(redis) as (broker, client):
            await client.client_pause(60_000, all=False)
            for _ in range(QUEUE_LENGTH):
                broker.publish("files.changed", {})

            async def waits() -> bool:
                return any("xadd" in one["cmd"] for one in await client.client_list())

            await until(waits)
            for _ in range(10):
                broker.publish("files.changed", {})
            broker.publish("note.created", {"id": "last"})
            await client.client_unpause()
            return await written(broker, "last")

    redis = Redis()
    try:
        types = asyncio.run(run(redis))
    finally:
        redis.close()
    assert types.count("stream.gap") == 1
    assert len(types) < QUEUE_LENGTH + 12
