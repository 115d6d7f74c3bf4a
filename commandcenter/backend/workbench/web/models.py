"""The shape of every failure the API answers with."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel


class Failure(BaseModel):
    """A failure. Switch on `code`; show `message`, which says what to do; `detail` is the cause."""

    code: str
    message: str
    detail: Any = None


FAILURES: dict[int | str, dict[str, Any]] = {
    401: {"model": Failure, "description": "token_missing or token_wrong"},
    403: {"model": Failure, "description": "origin_refused"},
    422: {"model": Failure, "description": "invalid_request"},
    503: {"model": Failure, "description": "a service is away: try again after Retry-After seconds"},
}
"""What every route under /api can answer besides its own."""
