"""How much the index has, counted in the database."""

from __future__ import annotations

from collections import Counter
from typing import Any

from workbench.search.models import IndexLanguage, IndexSkipped, IndexStatus

_COUNTS = "SELECT language, kind, count(*), sum(size)::bigint FROM index_files GROUP BY language, kind"


def nothing_yet() -> IndexStatus:
    """The status before anything is known."""
    return IndexStatus(
        state="idle",
        done=0,
        total=0,
        files=0,
        bytes=0,
        skipped=IndexSkipped(binary=0, large=0, unreadable=0, ignored=0),
        languages=[],
        started_at=None,
        finished_at=None,
        error=None,
    )


async def counted(connection: Any) -> dict[str, Any]:
    """Those parts of a status that tell what the index has."""
    state = await connection.fetchrow("SELECT ignored, finished_at FROM index_state")
    files: Counter[str] = Counter()
    sizes: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    for language, kind, count, size in await connection.fetch(_COUNTS):
        kinds[kind] += count
        if kind == "text":
            files[language] += count
            sizes[language] += size
    languages = [IndexLanguage(name=name, files=files[name], bytes=size) for name, size in sizes.most_common()]
    skipped = IndexSkipped(
        binary=kinds["binary"],
        large=kinds["large"],
        unreadable=kinds["unreadable"],
        ignored=state["ignored"] if state else 0,
    )
    return {
        "files": kinds["text"],
        "bytes": sizes.total(),
        "skipped": skipped,
        "languages": languages,
        "finished_at": state["finished_at"] if state else None,
    }
