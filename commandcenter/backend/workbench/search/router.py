"""/api/search, /api/index: find something in the folder, and how far the index is."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from workbench.errors import ApiError, unavailable
from workbench.search.models import FoundPaths, IndexStatus, Mode, SearchResults
from workbench.web.models import FAILURES, Failure

router = APIRouter(prefix="/api", tags=["search"], responses=FAILURES)
QUERY_MAX = 500
LANGUAGE_MAX = 64
PATH_MAX = 300
OFFSET_MAX = 10_000
SEARCH_FAILURES: dict[int | str, dict[str, Any]] = {
    422: {"model": Failure, "description": "search_pattern_invalid, search_path_invalid or invalid_request"},
    503: {"model": Failure, "description": "search_too_slow: make it narrower; or a service is away"},
}


@router.get("/search", responses=SEARCH_FAILURES)
async def search(
    request: Request,
    q: Annotated[str, Query(max_length=QUERY_MAX)] = "",
    mode: Mode = "words",
    case: Annotated[bool, Query(description="whether upper and lower case differ")] = False,
    path: Annotated[
        str, Query(max_length=PATH_MAX, description="glob, as in .gitignore: `*.py`, `src/**/test_*`, `docs/`")
    ] = "",
    language: Annotated[str, Query(max_length=LANGUAGE_MAX)] = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    offset: Annotated[int, Query(ge=0, le=OFFSET_MAX)] = 0,
) -> SearchResults:
    """Files that match, best first. Without `q` the files that `path` and `language` leave, by path."""
    raise _not_there()


@router.get("/search/files")
async def search_files(
    request: Request,
    q: Annotated[str, Query(max_length=PATH_MAX, description="letters of the path, in their order")] = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 30,
) -> FoundPaths:
    """Files by their path, which need not be typed in full."""
    raise _not_there()


@router.get("/index")
async def index(request: Request) -> IndexStatus:
    """How far the index is."""
    raise _not_there()


@router.post("/index/rebuild", status_code=202)
async def rebuild_index(request: Request) -> IndexStatus:
    """Forget the index and read everything again. Follow `index.finished` on the event stream."""
    raise _not_there()


def _not_there() -> ApiError:
    return unavailable("index_unavailable", "There is no index yet. Try again in a moment.")
