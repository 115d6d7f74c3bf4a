"""What a look into Postgres and Redis shows, on the wire."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, Field

from workbench.notes.models import without_nul

SQL_MAX = 100_000
Cell = bool | int | float | str | None
"""Numbers that a page could not hold exactly are text, as is everything that is no number; cut at 2,000 characters."""


class Connection(BaseModel):
    """Where a service is. The password is given by `/api/peek/connections` alone."""

    host: str
    port: int
    database: str
    user: str | None
    url_without_password: str


class TableEntry(BaseModel):
    """A table, or what can be read like one."""

    schema_: str = Field(alias="schema")
    name: str
    kind: Literal["table", "partitioned", "view", "materialized_view", "foreign"]
    rows_estimate: int | None
    """What Postgres reckons; null before it has counted."""
    bytes: int
    """With indexes."""


class PostgresPeek(BaseModel):
    """The database."""

    version: str
    size_bytes: int
    tables: list[TableEntry]
    """Those of the system are left out; at most 2,000."""
    connection: Connection


class TableColumn(BaseModel):
    """A column of a table."""

    name: str
    type: str
    nullable: bool
    primary_key: bool


class TableRows(BaseModel):
    """Rows of a table, in the order of its primary key unless another is asked for."""

    columns: list[TableColumn]
    """At most 200."""
    rows: list[list[Cell]]
    total_estimate: int | None
    more: bool


class Query(BaseModel):
    """One statement that reads."""

    sql: Annotated[str, Field(min_length=1, max_length=SQL_MAX, pattern=r"\S"), AfterValidator(without_nul)]


class ResultColumn(BaseModel):
    """A column of a result."""

    name: str
    type: str


class QueryResult(BaseModel):
    """What a statement gave."""

    columns: list[ResultColumn]
    rows: list[list[Cell]]
    """At most 1,000, and 4 MB."""
    truncated: bool
    took_ms: float


class RedisPeek(BaseModel):
    """The Redis database."""

    version: str
    used_memory_bytes: int
    keys: int
    connection: Connection


class RedisKey(BaseModel):
    """One key."""

    key: str
    """As it is shown; what is not UTF-8 becomes U+FFFD."""
    id: str
    type: str
    ttl_seconds: float | None
    """Null when it never expires."""
    bytes: int | None
    """What it takes in memory."""


class RedisKeys(BaseModel):
    """Some keys, in no order."""

    keys: list[RedisKey]
    cursor: str
    """Send it back for the next ones."""
    more: bool


class RedisValue(BaseModel):
    """What a key holds: text for a string, a list for a list, set, sorted set (member and score) or stream (id and
    fields), an object for a hash. At most 500 elements, each cut at 2,000 characters; a string at 64 KiB."""

    key: str
    id: str
    type: str
    ttl_seconds: float | None
    length: int
    """Bytes of a string, else elements."""
    value: str | list[Any] | dict[str, str]
    truncated: bool


class Connections(BaseModel):
    """Addresses with passwords, for other programs."""

    postgres_url: str
    redis_url: str
