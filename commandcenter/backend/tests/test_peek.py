"""A look into Postgres and Redis: what is shown, and that nothing can be changed that way."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from redis import Redis as RedisClient

from tests.conftest import Launch, make_database
from tests.services import PASSWORD, REDIS_PASSWORD, Backend, Postgres, Redis, poll, refused
from tests.test_faults import execute, own


@pytest.fixture(scope="module")
def database_url(postgres: Postgres) -> str:
    """A database with tables of every kind."""
    url = make_database(postgres)
    execute(
        url,
        'CREATE SCHEMA "odd""schema; --"',
        'CREATE TABLE "odd""schema; --"."ta""ble" ("co""l" int PRIMARY KEY, "text; --" text)',
        'INSERT INTO "odd""schema; --"."ta""ble" VALUES (2, $$b$$), (1, $$a$$), (3, NULL)',
        "CREATE TYPE mood AS ENUM ('sad', 'ok')",
        "CREATE TABLE kinds (id bigint, n numeric, f float8, b bool, j jsonb, a int[], raw bytea, at timestamptz,"
        " m mood, long text, u uuid, iv interval)",
        "INSERT INTO kinds VALUES (9007199254740993, 1.10, 'NaN', true, '{\"a\": 1}', '{1,NULL}', '\\x00ff',"
        " '2026-01-02 03:04:05+00', 'ok', repeat('🚀', 5000), '00000000-0000-0000-0000-000000000001', '1 day')",
        "CREATE TABLE many AS SELECT g AS id FROM generate_series(1, 5000) g",
        "CREATE VIEW seen AS SELECT 1 AS one",
        "CREATE TABLE victim (id int)",
        "INSERT INTO victim VALUES (1)",
        "ANALYZE",
    )
    return url


@pytest.fixture(scope="module")
def backend(database_url: str, redis: Redis, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backend]:
    """A backend on that database; tests here only look."""
    one = Backend(tmp_path_factory.mktemp("peek"), database_url, redis.url)
    one.until_ready()
    yield one
    one.close()


def table(backend: Backend, schema: str, name: str, **params: Any) -> httpx.Response:
    return backend.client.get("/api/peek/postgres/table", params={"schema": schema, "name": name} | params)


def query(backend: Backend, sql: str) -> httpx.Response:
    return backend.client.post("/api/peek/postgres/query", json={"sql": sql})


def test_tables_are_listed_without_a_password(backend: Backend, postgres: Postgres) -> None:
    answer = backend.client.get("/api/peek/postgres")
    found = answer.json()
    kinds = {(one["schema"], one["name"]): one["kind"] for one in found["tables"]}
    assert kinds['odd"schema; --', 'ta"ble'] == "table"
    assert kinds["public", "seen"] == "view"
    assert ("public", "notes") in kinds
    assert not [schema for schema, _ in kinds if schema in ("pg_catalog", "information_schema")]
    assert next(one["rows_estimate"] for one in found["tables"] if one["name"] == "many") == 5_000
    assert found["connection"]["port"] == postgres.port
    assert found["connection"]["url_without_password"].startswith(
        f"postgresql://workbench@127.0.0.1:{postgres.port}/test_"
    )
    assert PASSWORD not in answer.text
    assert found["size_bytes"] > 0


def test_rows_come_in_order_and_in_pages(backend: Backend) -> None:
    odd = table(backend, 'odd"schema; --', 'ta"ble', limit=2).json()
    assert odd["columns"] == [
        {"name": 'co"l', "type": "integer", "nullable": False, "primary_key": True},
        {"name": "text; --", "type": "text", "nullable": True, "primary_key": False},
    ]
    assert (odd["rows"], odd["more"]) == ([[1, "a"], [2, "b"]], True)
    rest = table(backend, 'odd"schema; --', 'ta"ble', limit=2, offset=2).json()
    assert (rest["rows"], rest["more"], rest["total_estimate"]) == ([[3, None]], False, 3)
    by_text = table(backend, 'odd"schema; --', 'ta"ble', order="text; --", descending=True).json()
    assert by_text["rows"] == [[2, "b"], [1, "a"], [3, None]]


def test_values_of_every_type_are_exact_and_bounded(backend: Backend) -> None:
    expected = ["9007199254740993", "1.10", "nan", True, '{"a": 1}', "{1,NULL}", "\\x00ff"]
    row = table(backend, "public", "kinds").json()["rows"][0]
    assert row[:7] == expected
    assert row[7].startswith("2026-01-02")
    assert (row[8], row[9], row[10], row[11]) == (
        "ok",
        "🚀" * 2_000 + "…",
        "00000000-0000-0000-0000-000000000001",
        "1 day",
    )
    assert query(backend, "SELECT * FROM kinds").json()["rows"][0] == row


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"schema": "public", "name": "absent"}, (404, "table_not_found")),
        ({"schema": "public; DROP TABLE victim", "name": "victim"}, (404, "table_not_found")),
        ({"schema": "public", "name": "victim", "order": "id; DROP TABLE victim"}, (404, "column_not_found")),
        ({"schema": "public", "name": "victim\0"}, (422, "invalid_request")),
        ({"schema": "public", "name": "victim", "limit": "501"}, (422, "invalid_request")),
    ],
)
def test_names_are_names_and_nothing_else(backend: Backend, params: dict[str, str], code: tuple[int, str]) -> None:
    assert refused(backend.client.get("/api/peek/postgres/table", params=params)) == code


def test_a_statement_gives_columns_and_rows(backend: Backend) -> None:
    given = query(backend, "SELECT 1 AS a, 'x' AS a, NULL::date; -- a remark\n").json()
    assert given["columns"] == [
        {"name": "a", "type": "int4"},
        {"name": "a", "type": "text"},
        {"name": "date", "type": "date"},
    ]
    assert (given["rows"], given["truncated"]) == ([[1, "x", None]], False)
    many = query(backend, "SELECT id FROM many ORDER BY id DESC").json()
    assert (len(many["rows"]), many["rows"][0], many["truncated"]) == (1_000, [5_000], True)
    wide = query(backend, "SELECT repeat('x', 100000000) FROM generate_series(1, 3)").json()
    assert [len(row[0]) for row in wide["rows"]] == [2_001] * 3
    assert wide["truncated"] is False
    heavy = query(backend, HEAVY).json()
    assert heavy["truncated"]
    assert 100 < len(heavy["rows"]) < 900
    for sql, rows in {
        "SHOW transaction_read_only": [["on"]],
        "VALUES (1), (2)": [[1], [2]],
        "WITH one AS (SELECT 1 AS x) TABLE one": [[1]],
        "EXPLAIN (COSTS OFF) SELECT 1": [["Result"]],
    }.items():
        answer = query(backend, sql)
        assert answer.status_code == 200, (sql, answer.text)
        assert answer.json()["rows"] == rows


def test_mistakes_are_told_with_their_place(backend: Backend) -> None:
    answer = query(backend, "SELECT  nonsense FROM many")
    assert refused(answer) == (422, "sql_failed")
    assert answer.json()["detail"]["position"] == 9
    assert "nonsense" in answer.json()["message"]
    for sql in ("SELEC 1", "", " ", "SELECT '\\0'::bytea::int", "SELECT 1/0", "SELECT $1::int"):
        refusal = query(backend, sql)
        assert refusal.status_code == 422, (sql, refusal.text)
    assert "one statement" in query(backend, "SELECT 1; SELECT 2").json()["message"]


HEAVY = "SELECT " + ", ".join(["repeat('ü', 2000)"] * 10) + " FROM generate_series(1, 900)"  # noqa: S608 -- constants
WRITES = [
    "DROP TABLE victim",
    "DELETE FROM victim",
    "INSERT INTO victim VALUES (2) RETURNING id",
    "WITH gone AS (DELETE FROM victim RETURNING *) SELECT * FROM gone",
    "COMMIT; DROP TABLE victim",
    "SELECT 1; COMMIT; DROP TABLE victim",
    "SELECT 1) AS x(c0); DROP TABLE victim; --",
    "SELECT 1) AS given(c0); COMMIT; DELETE FROM victim; SELECT * FROM (SELECT 1",
    "TRUNCATE victim",
    "CREATE TABLE more (id int)",
    "CREATE TEMP TABLE more (id int)",
    "SELECT * INTO more FROM victim",
    "SELECT set_config('transaction_read_only', 'off', false)",
    "SELECT set_config('role', 'workbench', false), (SELECT count(*) FROM victim)",
    "DO $$ BEGIN COMMIT; DELETE FROM victim; END $$",
    "DO $$ BEGIN PERFORM set_config('transaction_read_only', 'off', false); DELETE FROM victim; END $$",
    "DO $$ BEGIN SET LOCAL transaction_read_only = off; DELETE FROM victim; END $$",
    "DO $$ BEGIN RESET ROLE; DELETE FROM victim; END $$",
    "DO $$ BEGIN SET SESSION AUTHORIZATION workbench; DELETE FROM victim; END $$",
    "SET SESSION AUTHORIZATION workbench",
    "SET ROLE workbench",
    "COPY (SELECT 1) TO PROGRAM 'touch /tmp/cchub-test-escaped'",
    "COPY (SELECT 1) TO '/tmp/cchub-test-escaped'",
    "COPY victim FROM PROGRAM 'echo 2'",
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT lo_import('/etc/passwd')",
    "SELECT pg_reload_conf()",
    "ALTER SYSTEM SET work_mem = '1MB'",
    "CREATE ROLE evil SUPERUSER",
    "ALTER ROLE workbench_peek SUPERUSER",
    "GRANT ALL ON victim TO PUBLIC",
    "PREPARE TRANSACTION 'x'",
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'workbench'",
    "LOCK TABLE victim IN ACCESS EXCLUSIVE MODE",
    "SELECT * FROM victim FOR UPDATE",
    "VACUUM victim",
    "NOTIFY channel",
    "CALL pg_sleep(1)",
]


@pytest.mark.parametrize("sql", WRITES)
def test_nothing_can_be_changed(backend: Backend, database_url: str, sql: str) -> None:
    answer = query(backend, sql)
    assert answer.status_code in (200, 422), answer.text
    if answer.status_code == 422:
        assert refused(answer) == (422, "sql_failed")
        assert answer.json()["detail"]["message"]

    async def rows() -> tuple[Any, ...]:
        connection = await asyncpg.connect(database_url, ssl=False)
        try:
            return (
                await connection.fetchval("SELECT array_agg(id) FROM victim"),
                await connection.fetchval("SELECT count(*) FROM pg_class WHERE relname = 'more'"),
                await connection.fetchval("SELECT rolsuper FROM pg_roles WHERE rolname = 'workbench_peek'"),
                await connection.fetchval("SELECT count(*) FROM pg_roles WHERE rolname = 'evil'"),
                await connection.fetchval("SELECT count(*) FROM pg_settings WHERE sourcefile LIKE '%auto.conf'"),
            )
        finally:
            await connection.close()

    assert asyncio.run(rows()) == ([1], 0, False, 0, 0)
    assert not Path("/tmp/cchub-test-escaped").exists()  # noqa: S108 -- what a statement above would make
    assert backend.client.get("/health").status_code == 200


def test_a_slow_statement_is_ended(backend: Backend) -> None:
    began = time.monotonic()
    assert refused(query(backend, "SELECT pg_sleep(60)")) == (422, "sql_too_slow")
    assert refused(query(backend, "DO $$ BEGIN SET statement_timeout = 0; PERFORM pg_sleep(60); END $$")) == (
        422,
        "sql_too_slow",
    )
    assert time.monotonic() - began < 30
    poll(
        lambda: (
            query(backend, "SELECT 1 FROM pg_stat_activity WHERE query LIKE '%sleep(60)' AND state = 'active'").json()[
                "rows"
            ]
            == []
        ),
        "it ended in Postgres, too",
    )


def test_a_users_own_database_without_the_right_to_make_accounts(
    postgres: Postgres, redis: Redis, tmp_path: Path
) -> None:
    url = make_database(postgres)
    name = url.rpartition("/")[2]
    execute(
        url,
        "DROP ROLE IF EXISTS plain_user",
        "CREATE ROLE plain_user LOGIN PASSWORD 'plain-secret'",
        f'ALTER DATABASE "{name}" OWNER TO plain_user',
    )
    one = Backend(tmp_path, url.replace(f"workbench:{PASSWORD}", "plain_user:plain-secret"), redis.url)
    try:
        one.until_ready()
        assert query(one, "SELECT current_user::text").json()["rows"] == [["plain_user"]]
        assert refused(query(one, "DROP TABLE notes")) == (422, "sql_failed")
        assert refused(query(one, "DO $$ BEGIN COMMIT; DROP TABLE notes; END $$")) == (422, "sql_failed")
        assert one.client.get("/api/notes").status_code == 200
        assert query(one, "SELECT 1").json()["rows"] == [[1]]
    finally:
        one.close()
        execute(postgres.url(), f'ALTER DATABASE "{name}" OWNER TO workbench')


def test_keys_are_found_and_shown(backend: Backend, redis: Redis) -> None:
    client = RedisClient.from_url(redis.url)
    client.set(b"peek:odd \xff\n", "wörld", ex=1000)
    client.set("peek:long", "x" * 100_000)
    client.set("peek:binary", b"\x00\xff")
    client.rpush("peek:list", *[f"{number}" for number in range(1_000)])
    client.hset("peek:hash", mapping={"a": "1", "ü": "y" * 3_000})
    client.sadd("peek:set", "only")
    client.zadd("peek:zset", {"low": 1.5, "high": float("inf")})
    client.xadd("peek:stream", {"a": "1"}, id="1-1")
    try:
        found = backend.client.get("/api/peek/redis/keys", params={"match": "peek:*", "count": 1000}).json()
        keys = {one["key"]: one for one in found["keys"]}
        assert (len(keys), found["more"]) == (8, False)
        odd = keys["peek:odd \ufffd\n"]
        assert 900 < odd["ttl_seconds"] <= 1000
        assert keys["peek:list"]["ttl_seconds"] is None
        assert keys["peek:long"]["bytes"] > 100_000

        def value(key: str) -> Any:
            answer = backend.client.get("/api/peek/redis/key", params={"id": keys[key]["id"]}).json()
            return answer["type"], answer["value"], answer["truncated"], answer["length"]

        assert value("peek:odd \ufffd\n") == ("string", "wörld", False, 6)
        assert value("peek:long") == ("string", "x" * 65_536, True, 100_000)
        assert value("peek:binary")[1] == "\x00\ufffd"
        assert value("peek:list") == ("list", [f"{number}" for number in range(500)], True, 1_000)
        assert value("peek:hash") == ("hash", {"a": "1", "ü": "y" * 2_000 + "…"}, False, 2)
        assert value("peek:set") == ("set", ["only"], False, 1)
        assert value("peek:zset")[1] == [{"member": "low", "score": 1.5}, {"member": "high", "score": "inf"}]
        assert value("peek:stream") == ("stream", [{"id": "1-1", "fields": {"a": "1"}}], False, 1)
        client.delete("peek:set")
        gone = backend.client.get("/api/peek/redis/key", params={"id": keys["peek:set"]["id"]})
        assert refused(gone) == (404, "key_not_found")
    finally:
        client.delete(*client.scan_iter("peek:*"))
        client.close()
    summary = backend.client.get("/api/peek/redis")
    assert summary.json()["connection"]["url_without_password"] == f"redis://127.0.0.1:{redis.port}/0"
    assert REDIS_PASSWORD not in summary.text
    assert refused(backend.client.get("/api/peek/redis/key", params={"id": "%"})) == (422, "key_invalid")


def test_all_of_many_keys_are_met_by_following_the_cursor(workspace: Path) -> None:
    with own(workspace) as (_, redis, backend):
        client = RedisClient.from_url(redis.url)
        client.mset({f"key:{number}": "x" for number in range(3_000)})
        client.close()
        seen: set[str] = set()
        cursor, more = "0", True
        while more:
            page = backend.client.get("/api/peek/redis/keys", params={"match": "key:*", "cursor": cursor}).json()
            assert len(page["keys"]) < 2_000
            seen |= {one["key"] for one in page["keys"]}
            cursor, more = page["cursor"], page["more"]
        assert len(seen) == 3_000
        redis.signal(signal.SIGKILL)
        assert refused(backend.client.get("/api/peek/redis")) == (503, "redis_unavailable")
        assert refused(backend.client.get("/api/peek/redis/keys")) == (503, "redis_unavailable")
        redis.start()
        poll(lambda: backend.client.get("/api/peek/redis").status_code == 200, "Redis is seen again")


def test_without_postgres_it_is_said_so_and_seen_again_later(workspace: Path) -> None:
    with own(workspace) as (postgres, _, backend):
        assert query(backend, "SELECT 1").json()["rows"] == [[1]]
        postgres.crash()
        assert refused(backend.client.get("/api/peek/postgres")) == (503, "database_unavailable")
        assert refused(query(backend, "SELECT 1")) == (503, "database_unavailable")
        postgres.start()
        poll(lambda: query(backend, "SELECT 1").status_code == 200, "Postgres is seen again")


def test_passwords_are_given_only_where_they_are_asked_for(launch: Launch, database: str, redis: Redis) -> None:
    one = launch()
    one.until_ready()
    answer = one.client.get("/api/peek/connections")
    assert answer.json() == {"postgres_url": database, "redis_url": redis.url}
    assert answer.headers["cache-control"] == "no-store"
    for path in ("/api/peek/postgres", "/api/peek/redis", "/api/peek/redis/keys", "/api/project", "/openapi.json"):
        assert not [secret for secret in (PASSWORD, REDIS_PASSWORD) if secret in one.client.get(path).text], path
    query(one, "SELECT nonsense")
    assert not [secret for secret in (PASSWORD, REDIS_PASSWORD) if secret in one.log]
