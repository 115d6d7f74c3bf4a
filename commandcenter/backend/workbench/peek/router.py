"""/api/peek: a look into Postgres and Redis. Nothing here changes anything; only `/api/peek/connections` gives away
passwords, for the button that copies an address."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi import Query as Parameter

from workbench.peek.look import Peek
from workbench.peek.models import (
    Connections,
    PostgresPeek,
    Query,
    QueryResult,
    RedisKeys,
    RedisPeek,
    RedisValue,
    TableRows,
)
from workbench.web.models import FAILURES, Failure
from workbench.workbench import Workbench

router = APIRouter(prefix="/api/peek", tags=["peek"], responses=FAILURES)
NAME = {"min_length": 1, "max_length": 256, "pattern": r"^[^\x00]*$"}
UNSAFE: dict[int | str, dict[str, Any]] = {
    409: {"model": Failure, "description": "peek_unsafe: there is no account that can only read"},
}
SQL: dict[int | str, dict[str, Any]] = UNSAFE | {
    422: {"model": Failure, "description": "sql_failed; detail has message, position, hint. sql_too_slow"},
}
TABLE: dict[int | str, dict[str, Any]] = SQL | {
    404: {"model": Failure, "description": "table_not_found, column_not_found"},
}
KEY: dict[int | str, dict[str, Any]] = {404: {"model": Failure, "description": "key_not_found"}}


@router.get("/postgres", responses=UNSAFE)
async def peek_postgres(request: Request) -> PostgresPeek:
    """The database and its tables."""
    return await _of(request).postgres.tables()


@router.get("/postgres/table", responses=TABLE)
async def peek_table(
    request: Request,
    schema: Annotated[str, Parameter(**NAME)],
    name: Annotated[str, Parameter(**NAME)],
    limit: Annotated[int, Parameter(ge=1, le=500)] = 100,
    offset: Annotated[int, Parameter(ge=0, le=2**53)] = 0,
    order: Annotated[str | None, Parameter(max_length=256, description="a column; its primary key if left out")] = None,
    descending: bool = False,
) -> TableRows:
    """Rows of a table."""
    return await _of(request).postgres.rows(schema, name, limit, offset, order, descending=descending)


@router.post("/postgres/query", responses=SQL)
async def peek_query(request: Request, query: Query) -> QueryResult:
    """Run one statement that reads, for at most 5 s."""
    return await _of(request).postgres.query(query.sql)


@router.get("/redis")
async def peek_redis(request: Request) -> RedisPeek:
    """The Redis database."""
    return await _of(request).redis.summary()


@router.get("/redis/keys")
async def peek_keys(
    request: Request,
    match: Annotated[str, Parameter(max_length=500, description="a pattern as Redis has it")] = "*",
    cursor: Annotated[int, Parameter(ge=0, lt=2**64, description="0 to begin, then what the answer gave")] = 0,
    count: Annotated[int, Parameter(ge=1, le=1000)] = 200,
) -> RedisKeys:
    """About so many keys, in no order. Even an empty answer may have `more`."""
    return await _of(request).redis.keys(match, cursor, count)


@router.get("/redis/key", responses=KEY)
async def peek_key(request: Request, id: Annotated[str, Parameter(max_length=100_000)]) -> RedisValue:  # noqa: A002
    """What a key holds."""
    return await _of(request).redis.value(id)


@router.get("/connections")
async def peek_connections(request: Request, response: Response) -> Connections:
    """The addresses of Postgres and Redis with their passwords. Ask only when the user wants to copy one."""
    response.headers["Cache-Control"] = "no-store"
    settings = _workbench(request).settings
    return Connections(postgres_url=settings.database_url, redis_url=settings.redis_url)


def _workbench(request: Request) -> Workbench:
    workbench: Workbench = request.app.state.workbench
    return workbench


def _of(request: Request) -> Peek:
    peek: Peek = request.app.state.peek
    return peek
