"""Tables whose rows are never overwritten unseen, as notes and tasks are: every change names the version it was made
from, in the same statement that changes the row, and leaves what it wrote in a history.

A history has the last `VERSIONS_MAX` versions of a row, the present one included.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import Column, Executable, Table, delete, func, insert, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from workbench.database.text import too_many_words
from workbench.errors import ApiError
from workbench.links.models import LinkTarget
from workbench.links.table import Owner, links_of, replace_links

M = TypeVar("M", bound=BaseModel)
V = TypeVar("V", bound=BaseModel)
VERSIONS_MAX = 200
"""Versions of one row that are kept."""


@dataclass(frozen=True, slots=True)
class Words:
    """What the user is told: a stable code, and what to do."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Versioned(Generic[M]):
    """One such table, as notes and tasks describe theirs."""

    owner: Owner
    model: type[M]
    """What a row is on the wire, its links included."""
    rows: Table
    shown: tuple[Any, ...]
    """The columns that the model has, those of the history among them."""
    history: Table
    key: Column[UUID]
    """The row's id in the history."""
    kept: tuple[str, ...]
    """The columns that the history has besides its key, version and time."""
    gone: Words
    conflict: Words
    too_large: Words
    wire: Mapping[str, str] = field(default_factory=dict)
    """What columns of the history are called on the wire, where that is something else."""

    async def get(self, connection: AsyncConnection, one: UUID) -> M:
        """One row. Raises 404 `gone`."""
        row = (await connection.execute(select(*self.shown).where(self.rows.c.id == one))).one_or_none()
        if row is None:
            raise self.not_found(one)
        return (await self.models(connection, [row]))[0]

    async def models(self, connection: AsyncConnection, rows: Sequence[Any]) -> list[M]:
        """Rows with their links."""
        links = await links_of(connection, self.owner, [row.id for row in rows])
        return [self.model(**row._mapping, links=links[row.id]) for row in rows]

    async def add(self, connection: AsyncConnection, values: dict[str, Any], links: Sequence[LinkTarget]) -> M:
        """Keep a new row. Raises 413 `too_large`."""
        row = await self._write(connection, insert(self.rows).values(**values).returning(*self.shown))
        return await self._written(connection, row, links)

    async def change(
        self,
        connection: AsyncConnection,
        one: UUID,
        version: int,
        values: dict[str, Any],
        links: Sequence[LinkTarget] | None,
    ) -> M:
        """Change a row; without `links` it keeps those it has. Raises 404 `gone`, 409 `conflict`, 413 `too_large`."""
        changed = (
            update(self.rows)
            .where(self.rows.c.id == one, self.rows.c.version == version)
            .values({"version": self.rows.c.version + 1, "updated_at": func.now()} | values)
            .returning(*self.shown)
        )
        row = await self._write(connection, changed)
        if row is None:
            raise await self._conflict(connection, one)
        return await self._written(connection, row, links)

    async def remove(self, connection: AsyncConnection, one: UUID, version: int) -> str:
        """Delete a row; its title. Raises 404 `gone`, 409 `conflict`."""
        rows = self.rows.c
        removed = delete(self.rows).where(rows.id == one, rows.version == version).returning(rows.title)
        title: str | None = await connection.scalar(removed)
        if title is None:
            raise await self._conflict(connection, one)
        return title

    async def versions(self, connection: AsyncConnection, one: UUID, limit: int, model: type[V]) -> list[V]:
        """What a row was, newest first; the first is what it is. Raises 404 `gone`."""
        history = self.history.c
        shown = (history.version, history.at, *(history[name].label(self._wire(name)) for name in self.kept))
        order = select(*shown).where(self.key == one).order_by(history.version.desc()).limit(limit)
        found = [model.model_validate(dict(row._mapping)) for row in await connection.execute(order)]
        if not found:
            raise self.not_found(one)
        return found

    async def past(self, connection: AsyncConnection, most: int) -> dict[UUID, list[dict[str, Any]]]:
        """Of all rows what they were before, oldest first: the newest of these versions, `most` characters in all."""
        history = self.history.c
        size = func.length(history.title) + func.length(history.body)
        newest_first = (history.at.desc(), self.key, history.version.desc())
        sums = (
            select(
                self.key.label("one"),
                history.version,
                history.at,
                *(history[name].label(self._wire(name)) for name in self.kept),
                func.sum(size).over(order_by=newest_first).label("sum"),
            )
            .join(self.rows, (self.rows.c.id == self.key) & (self.rows.c.version > history.version))
            .subquery()
        )
        found: dict[UUID, list[dict[str, Any]]] = {}
        for row in await connection.execute(
            select(sums).where(sums.c.sum <= most).order_by(sums.c.one, sums.c.version)
        ):
            values = dict(row._mapping)
            found.setdefault(values["one"], []).append(
                {"at": values["at"]} | {self._wire(name): values[self._wire(name)] for name in self.kept}
            )
        return found

    async def add_past(self, connection: AsyncConnection, one: UUID, versions: Sequence[BaseModel]) -> None:
        """Keep what a new row was before: its versions from the first one on, oldest first."""
        rows = [
            {self.key.name: one, "version": number, "at": version.at}  # type: ignore[attr-defined]
            | {name: getattr(version, self._wire(name)) for name in self.kept}
            for number, version in enumerate(versions, start=1)
        ]
        if rows:
            await connection.execute(insert(self.history), rows)

    def not_found(self, one: UUID) -> ApiError:
        """The row does not exist."""
        return ApiError(404, self.gone.code, self.gone.message, str(one))

    def _wire(self, name: str) -> str:
        return self.wire.get(name, name)

    async def _written(self, connection: AsyncConnection, row: Any, links: Sequence[LinkTarget] | None) -> M:
        """What belongs to every write: the links, the version in the history, and no more versions than are kept."""
        if links is not None:
            await replace_links(connection, self.owner, row.id, links)
        now = row._mapping
        version = {name: now[self._wire(name)] for name in self.kept}
        version |= {self.key.name: row.id, "version": row.version, "at": row.updated_at}
        await connection.execute(insert(self.history).values(**version))
        oldest = row.version - VERSIONS_MAX
        if oldest > 0:
            await connection.execute(delete(self.history).where(self.key == row.id, self.history.c.version <= oldest))
        return (await self.models(connection, [row]))[0]

    async def _write(self, connection: AsyncConnection, statement: Executable) -> Any:
        try:
            return (await connection.execute(statement)).one_or_none()
        except DBAPIError as error:
            cause = too_many_words(error)
            if cause is None:
                raise
            raise ApiError(413, self.too_large.code, self.too_large.message, str(cause)) from cause

    async def _conflict(self, connection: AsyncConnection, one: UUID) -> ApiError:
        now = await self.get(connection, one)
        return ApiError(409, self.conflict.code, self.conflict.message, now.model_dump(mode="json"))
