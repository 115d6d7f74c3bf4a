"""/api/search, /api/index: find something in the folder, and how far the index is."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from workbench.search.find import Wanted, find
from workbench.search.models import FoundPaths, IndexStatus, Mode, SearchResults
from workbench.search.paths import find_paths
from workbench.web.models import FAILURES, Failure
from workbench.workbench import Workbench

router = APIRouter(prefix="/api", tags=["search"], responses=FAILURES)
QUERY_MAX = 500
LANGUAGE_MAX = 64
PATH_MAX = 300
OFFSET_MAX = 10_000
PATIENCE, PATIENCE_MAX = 1000, 5000
"""Milliseconds."""
SEARCH_FAILURES: dict[int | str, dict[str, Any]] = {
    422: {"model": Failure, "description": "search_pattern_invalid; detail: position, wrong. Or invalid_request"},
    503: {"model": Failure, "description": "search_too_slow: make it narrower; or a service is away"},
}


@router.get("/search", responses=SEARCH_FAILURES, response_model=SearchResults)
async def search(
    request: Request,
    q: Annotated[str, Query(max_length=QUERY_MAX)] = "",
    mode: Mode = "words",
    case: Annotated[bool, Query(description="whether upper and lower case differ")] = False,
    path: Annotated[
        str,
        Query(
            max_length=PATH_MAX,
            description="glob, as in .gitignore: `*.py`, `src/**/test_*`, `docs/`; or a part of the path; or, after a"
            " `/` in front, the path itself or a folder",
        ),
    ] = "",
    language: Annotated[str, Query(max_length=LANGUAGE_MAX)] = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    offset: Annotated[int, Query(ge=0, le=OFFSET_MAX)] = 0,
    patience: Annotated[
        int,
        Query(ge=1, le=PATIENCE_MAX, description="milliseconds after which what was found by then is the answer"),
    ] = PATIENCE,
) -> Response:
    """Files that match, best first. Without `q` the files that `path` and `language` leave, by path."""
    workbench = _of(request)

    async def is_wanted() -> bool:
        # Whoever types on has called this one off.
        return not await request.is_disconnected()

    texts = _without_nul(q), mode, case, _without_nul(path), _without_nul(language)
    wanted = Wanted(*texts, limit, offset, patience / 1000, is_wanted)
    found = await find(workbench.database, wanted, workbench.index.status())
    # Written as it is: to check it once more would take as long as to find it.
    return Response(found.model_dump_json(), media_type="application/json")


@router.get("/search/files")
async def search_files(
    request: Request,
    q: Annotated[str, Query(max_length=PATH_MAX, description="letters of the path, in their order")] = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 30,
) -> FoundPaths:
    """Files by their path, which need not be typed in full; without `q` the last changed ones."""
    return await find_paths(_of(request).database, _without_nul(q), limit)


@router.get("/index")
async def index(request: Request) -> IndexStatus:
    """How far the index is."""
    return _of(request).index.status()


@router.post("/index/rebuild", status_code=202)
async def rebuild_index(request: Request) -> IndexStatus:
    """Forget the index and read everything again. Follow `index.finished` on the event stream."""
    return _of(request).index.rebuild()


def _of(request: Request) -> Workbench:
    workbench: Workbench = request.app.state.workbench
    return workbench


def _without_nul(text: str) -> str:
    """No file that is searched has a NUL, and PostgreSQL knows no text with one."""
    return text.replace("\0", " ")
