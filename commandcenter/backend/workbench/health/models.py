"""What /health and /ready answer."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel


class Answer(BaseModel):
    """Whether one service answered just now."""

    ok: bool
    ms: float
    """Time the answer (or the failure) took, in milliseconds."""
    error: str | None = None


class Health(BaseModel):
    """`ok` only when both services answered within the last second."""

    status: Literal["ok", "unhealthy"]
    postgres: Answer
    redis: Answer
    project: str
    error: str | None = None


class Readiness(BaseModel):
    """Whether the API can be used: migrations are applied."""

    status: Literal["ready", "starting", "failed"]
    migrations: int
    """Number of the last migration that is applied; 0 before."""
    expected: int
    """Number of the last migration this program knows."""
    error: str | None = None
