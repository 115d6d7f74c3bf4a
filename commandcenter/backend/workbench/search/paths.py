"""The file finder: a few letters of a path, in their order, find it. The letters of a part need not follow one another,
but the more they do, and the nearer to the file's own name, the better.
"""

from __future__ import annotations

from time import perf_counter
from typing import Any

from sqlalchemy import and_, func, select

from workbench.database.connection import Database
from workbench.files.ids import file_id, shown
from workbench.search.lines import utf16
from workbench.search.models import FoundPath, FoundPaths
from workbench.search.table import FILES

CANDIDATES_MAX = 500
PARTS_MAX = 8
_RUN = 8.0
_NAME = 6.0
_START = 4.0
_LENGTH = 0.02
_BREAKS = frozenset("/._- ")


async def find_paths(database: Database, query: str, limit: int) -> FoundPaths:
    """Paths that fit, best first; without a query the files that were changed last."""
    began = perf_counter()
    parts = query.lower().split()[:PARTS_MAX]
    async with database.connection(snapshot=True) as connection:
        columns = select(FILES.c.path, FILES.c.language)
        if not parts:
            rows = (await connection.execute(columns.order_by(FILES.c.modified.desc()).limit(limit))).all()
        else:
            query_rows = columns.order_by(func.length(FILES.c.shown), FILES.c.path).limit(CANDIDATES_MAX)
            rows = (await connection.execute(query_rows.where(_whole(parts)))).all()
            if len(rows) < limit:
                seen = {row[0] for row in rows}
                scattered = (await connection.execute(query_rows.where(_scattered(parts)))).all()
                rows = [*rows, *(row for row in scattered if row[0] not in seen)]
    fitting = [(path, language, fit(shown(path), parts)) for path, language in rows]
    best = sorted(fitting, key=lambda one: (-one[2][0], one[0]))[:limit] if parts else fitting
    files = [
        FoundPath(path=shown(path), id=file_id(path), language=language, ranges=ranges)
        for path, language, (_, ranges) in best
    ]
    return FoundPaths(took_ms=round((perf_counter() - began) * 1000, 2), files=files)


def fit(path: str, parts: list[str]) -> tuple[float, list[tuple[int, int]]]:
    """How well a path fits, and what of it fits, in UTF-16."""
    score = -_LENGTH * len(path)
    places: set[int] = set()
    # Lower case may have another length for a few letters; then nothing is marked.
    lower = path.lower() if len(path.lower()) == len(path) else path
    name = lower.rfind("/") + 1
    for part in parts:
        found = _places(lower, part, name)
        for before, at in zip([-2, *found], found, strict=False):
            score += _RUN * (at == before + 1) + _NAME * (at >= name) + _START * (at == 0 or lower[at - 1] in _BREAKS)
        score += _RUN * (name <= len(lower) - len(part) and lower.startswith(part, name))
        places.update(found)
    return score, _ranges(path, sorted(places))


def _places(path: str, part: str, name: int) -> list[int]:
    """Where the letters of a part are: together in the name, else together anywhere, else the last that fit."""
    for begin in (name, 0):
        at = path.find(part, begin)
        if at >= 0:
            return list(range(at, at + len(part)))
    found: list[int] = []
    end = len(path)
    for letter in reversed(part):
        end = path.rfind(letter, 0, end)
        if end < 0:
            return []
        found.append(end)
    return found[::-1]


def _ranges(path: str, places: list[int]) -> list[tuple[int, int]]:
    ranges: list[tuple[int, int]] = []
    for at in places:
        start, end = utf16(path[:at]), utf16(path[: at + 1])
        if ranges and ranges[-1][1] == start:
            ranges[-1] = (ranges[-1][0], end)
        else:
            ranges.append((start, end))
    return ranges


def _whole(parts: list[str]) -> Any:
    return and_(*(FILES.c.shown.icontains(part, autoescape=True) for part in parts))


def _scattered(parts: list[str]) -> Any:
    return and_(*(FILES.c.shown.ilike(_letters(part), escape="\\") for part in parts))


def _letters(part: str) -> str:
    return "%" + "%".join(f"\\{letter}" if letter in "%_\\" else letter for letter in part) + "%"
