"""Looks into Postgres: tables, their rows, and statements that read.

Everything runs on a connection of its own under an account that can only read (`reader`), in a read-only transaction
that is rolled back, with a statement timeout. A statement is prepared first: Postgres takes exactly one there, so
nothing can follow one that ends the transaction.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import perf_counter
from typing import Any

import asyncpg

from workbench.database.connection import AWAY, Database
from workbench.errors import ApiError, unavailable
from workbench.peek.addresses import without_password
from workbench.peek.cells import cell, expression, quoted, weight
from workbench.peek.models import (
    Cell,
    PostgresPeek,
    QueryResult,
    ResultColumn,
    TableColumn,
    TableEntry,
    TableRows,
)
from workbench.peek.reader import ANSWER_SECONDS, Reader

AT_ONCE = 3
LEAVE_SECONDS = 1.0
TABLES_MAX = 2_000
COLUMNS_MAX = 200
ROWS_MAX = 1_000
BYTES_MAX = 4_000_000
BATCH = 50
_KINDS = {"r": "table", "p": "partitioned", "v": "view", "m": "materialized_view", "f": "foreign"}
_TABLES = """
    SELECT n.nspname AS schema, c.relname AS name, c.relkind::text AS kind,
        CASE WHEN c.reltuples < 0 THEN NULL ELSE c.reltuples::int8 END AS rows_estimate,
        coalesce(pg_total_relation_size(c.oid), 0) AS bytes
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
        AND n.nspname NOT LIKE 'pg\\_toast%' AND n.nspname NOT LIKE 'pg\\_temp%'
    ORDER BY 1, 2 LIMIT $1"""
_COLUMNS = """
    SELECT a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type, t.typname AS base,
        NOT a.attnotnull AS nullable, coalesce(a.attnum = ANY (i.indkey), false) AS primary_key,
        CASE WHEN c.reltuples < 0 THEN NULL ELSE c.reltuples::int8 END AS rows_estimate
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    JOIN pg_type t ON t.oid = a.atttypid
    LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
    WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
    ORDER BY a.attnum LIMIT $3"""


class PostgresLook:
    """Answers for one project's database."""

    def __init__(self, database: Database, url: str) -> None:
        self._url = url
        self._reader = Reader(database, url)
        self._free = asyncio.Semaphore(AT_ONCE)

    async def tables(self) -> PostgresPeek:
        """What there is. Raises `ApiError`."""
        async with self._reading() as connection:
            version = await connection.fetchval("SHOW server_version")
            size = await connection.fetchval("SELECT pg_database_size(current_database())")
            rows = await connection.fetch(_TABLES, TABLES_MAX)
        tables = [TableEntry.model_validate(dict(row) | {"kind": _KINDS[row["kind"]]}) for row in rows]
        return PostgresPeek(
            version=version, size_bytes=size, tables=tables, connection=without_password(self._url, 5432)
        )

    async def rows(
        self, schema: str, name: str, limit: int, offset: int, order: str | None, *, descending: bool
    ) -> TableRows:
        """Rows of a table. Raises `ApiError`: `table_not_found`, `column_not_found` and others."""
        async with self._reading() as connection:
            columns = await connection.fetch(_COLUMNS, schema, name, COLUMNS_MAX)
            if not columns:
                words = "This table does not exist any more. Reload the list."
                raise ApiError(404, "table_not_found", words, {"schema": schema, "name": name})
            by = [order] if order is not None else [one["name"] for one in columns if one["primary_key"]]
            if order is not None and order not in [one["name"] for one in columns]:
                raise ApiError(404, "column_not_found", "This column does not exist any more. Reload the table.", order)
            shown = ", ".join(expression(quoted(one["name"]), one["base"]) for one in columns)
            way = " DESC NULLS LAST" if descending else " NULLS FIRST"
            sorting = f" ORDER BY {', '.join(quoted(one) + way for one in by)}" if by else ""
            sql = f"SELECT {shown} FROM {quoted(schema)}.{quoted(name)}{sorting} LIMIT {limit + 1} OFFSET {offset}"  # noqa: S608 -- names that Postgres gave, quoted
            rows, cut = await _fetch(await connection.prepare(sql), limit)
        return TableRows(
            columns=[
                TableColumn(**{key: one[key] for key in ("name", "type", "nullable", "primary_key")}) for one in columns
            ],
            rows=rows,
            total_estimate=columns[0]["rows_estimate"],
            more=cut,
        )

    async def query(self, sql: str) -> QueryResult:
        """Run one statement. Raises `ApiError`: `sql_failed`, `sql_too_slow` and others."""
        async with self._reading() as connection:
            began = perf_counter()
            statement = await connection.prepare(sql)
            if statement.get_parameters():
                raise _refused("It has parameters, such as $1. Write their values in their place.", None)
            attributes = statement.get_attributes()
            if attributes and len(attributes) <= COLUMNS_MAX:
                statement = await _bounded(connection, sql, attributes) or statement
            rows, truncated = await _fetch(statement, ROWS_MAX)
            took = round((perf_counter() - began) * 1000, 2)
        columns = [ResultColumn(name=one.name, type=one.type.name) for one in attributes]
        return QueryResult(columns=columns, rows=rows, truncated=truncated, took_ms=took)

    @asynccontextmanager
    async def _reading(self) -> AsyncIterator[Any]:
        """A connection in a transaction that can only read, and is rolled back."""
        connection: Any = None
        try:
            async with asyncio.timeout(2 * ANSWER_SECONDS), self._free:
                connection = await self._reader.connect()
                try:
                    await connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
                    # With its first snapshot a transaction can no longer be made one that writes.
                    await connection.execute("SELECT 1")
                    yield connection
                finally:
                    await _leave(connection)
        except asyncpg.QueryCanceledError as cause:
            words = "The statement took longer than 5 s and was ended. Ask for less."
            raise ApiError(422, "sql_too_slow", words) from cause
        except TimeoutError as cause:
            raise unavailable(
                "database_busy", "Postgres did not answer in time. Try again in a moment.", cause
            ) from cause
        except AWAY as cause:
            if isinstance(cause, ValueError):
                raise _failed(cause) from cause
            words = "Postgres is away. Try again in a moment."
            raise unavailable("database_unavailable", words, cause) from cause
        except (asyncpg.PostgresError, asyncpg.UnsupportedClientFeatureError) as cause:
            raise _failed(cause) from cause


async def _leave(connection: Any) -> None:
    """Close politely, so that Postgres has let go of the connection before the next one is asked for."""
    try:
        await connection.close(timeout=LEAVE_SECONDS)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
        connection.terminate()


async def _bounded(connection: Any, sql: str, attributes: Any) -> Any:
    """The same statement with every value cut in Postgres; None where it cannot be part of another (EXPLAIN, SHOW)."""
    names = [f"c{number}" for number in range(len(attributes))]
    shown = ", ".join(expression(name, one.type.name) for name, one in zip(names, attributes, strict=True))
    inner = sql.rstrip().rstrip(";")
    wrapped = f"SELECT {shown} FROM (\n{inner}\n) AS given({', '.join(names)})"  # noqa: S608 -- it is the user's statement, and reads
    await connection.execute("SAVEPOINT bounded")
    try:
        return await connection.prepare(wrapped)
    except asyncpg.PostgresError:
        # As it is, it can be prepared; if it may not be run, Postgres says so then.
        await connection.execute("ROLLBACK TO SAVEPOINT bounded")
        return None


async def _fetch(statement: Any, limit: int) -> tuple[list[list[Cell]], bool]:
    """At most `limit` rows and `BYTES_MAX`, and whether there are more."""
    rows: list[list[Cell]] = []
    size = 0
    cursor = await statement.cursor()
    while batch := await cursor.fetch(BATCH):
        for record in batch:
            row = [cell(value) for value in record.values()]
            size += weight(row)
            if len(rows) == limit or size > BYTES_MAX:
                return rows, True
            rows.append(row)
    return rows, False


def _failed(cause: Exception) -> ApiError:
    """What Postgres says about a statement, and where in it."""
    message = str(cause).splitlines()[0] if str(cause) else type(cause).__name__
    words = f"Postgres refused the statement: {message}"
    if isinstance(cause, asyncpg.ReadOnlySQLTransactionError | asyncpg.InsufficientPrivilegeError):
        words = f"Only statements that read are run here. Postgres says: {message}"
    elif "multiple commands" in message:
        words = "Only one statement is run at a time. Take out what follows the first."
    return _refused(words, cause, message)


def _refused(words: str, cause: Exception | None, message: str | None = None) -> ApiError:
    position = getattr(cause, "position", None)
    detail = {
        "message": message or words,
        "position": int(position) if position else None,
        "hint": getattr(cause, "hint", None),
        "sqlstate": getattr(cause, "sqlstate", None),
    }
    return ApiError(422, "sql_failed", words, detail)
