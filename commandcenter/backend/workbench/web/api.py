"""The API as one FastAPI application. Importing this costs most of a start, so `workbench.app` does it after the first
answers of /health have become possible."""

from __future__ import annotations

import logging
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from workbench.errors import ApiError
from workbench.events.router import activity, events
from workbench.exchange.router import router as exchange
from workbench.files.router import router as files
from workbench.git.router import router as git
from workbench.health.router import router as health
from workbench.links.router import router as links
from workbench.notes.router import router as notes
from workbench.overview.router import router as overview
from workbench.peek.look import Peek
from workbench.peek.router import router as peek
from workbench.project.router import router as project
from workbench.search.router import router as search
from workbench.tasks.router import router as tasks
from workbench.web.docs import router as docs
from workbench.web.guard import Guard
from workbench.workbench import Workbench

log = logging.getLogger("workbench.web")

CODES = {404: "not_found", 405: "method_not_allowed"}


def describe() -> FastAPI:
    """The application with its routes, before it belongs to a workbench."""
    api = FastAPI(
        title="CommandCenter workbench",
        version="0.1.0",
        docs_url=None,
        redoc_url=None,
        separate_input_output_schemas=False,
        generate_unique_id_function=lambda route: route.name,
    )
    for router in (
        health,
        project,
        overview,
        search,
        files,
        git,
        exchange,
        notes,
        tasks,
        links,
        peek,
        events,
        activity,
        docs,
    ):
        api.include_router(router)
    return api


def build(workbench: Workbench) -> FastAPI:
    """The application that serves `workbench`."""
    api = describe()
    api.state.workbench = workbench
    api.state.peek = Peek(workbench)
    api.add_exception_handler(ApiError, _api_error)
    api.add_exception_handler(RequestValidationError, _invalid)
    api.add_exception_handler(HTTPException, _http)
    api.add_exception_handler(Exception, _unexpected)
    api.add_middleware(Guard, settings=workbench.settings)
    # The outermost layer, so that refusals carry the headers without which a page could not read them.
    api.add_middleware(
        CORSMiddleware,
        allow_origins=sorted(workbench.settings.origins),
        allow_methods=["GET", "POST", "PUT", "DELETE"],
        allow_headers=["Authorization", "Content-Type", "Last-Event-ID"],
        expose_headers=["Content-Disposition", "Retry-After"],
        max_age=600,
    )
    return api


async def _api_error(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ApiError)  # noqa: S101 -- registered for this type alone
    return _respond(error)


async def _invalid(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 -- registered for this type alone
    # The input itself is left out: it may be large, and may hold what JSON cannot carry.
    detail = [{"at": [str(part) for part in one["loc"]], "wrong": one["msg"]} for one in error.errors()]
    words = "; ".join(f"{'.'.join(one['at'])}: {one['wrong']}" for one in detail[:3])
    return _respond(ApiError(422, "invalid_request", f"The request cannot be used: {words}", detail))


async def _http(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 -- registered for this type alone
    if isinstance(error.__cause__, ApiError):
        return _respond(error.__cause__)  # raised while the framework read the body
    return _respond(ApiError(error.status_code, CODES.get(error.status_code, "refused"), str(error.detail)))


async def _unexpected(_request: Request, error: Exception) -> JSONResponse:
    log.exception("a request failed", exc_info=error)
    return _respond(
        ApiError(500, "internal_error", "The workbench failed. Its log has the cause.", type(error).__name__)
    )


def _respond(error: ApiError) -> JSONResponse:
    body: dict[str, Any] = error.body()
    return JSONResponse(body, error.status, error.headers() | {"Cache-Control": "no-store"})
