"""Failures as the page sees them: a stable code, a sentence that says what to do, and the cause.

Imports nothing of the web framework, so that every layer may raise these.
"""

from __future__ import annotations

from typing import Any


class ApiError(Exception):
    """A failure that is answered as `{"code", "message", "detail"}`.

    `retry_after` is in seconds and becomes the Retry-After header.
    """

    def __init__(
        self, status: int, code: str, message: str, detail: Any = None, retry_after: int | None = None
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.detail = detail
        self.retry_after = retry_after

    def body(self) -> dict[str, Any]:
        """What goes over the wire."""
        return {"code": self.code, "message": self.message, "detail": self.detail}

    def headers(self) -> dict[str, str]:
        """Headers that belong to this failure."""
        headers = {}
        if self.retry_after is not None:
            headers["Retry-After"] = str(self.retry_after)
        if self.status == 401:
            headers["WWW-Authenticate"] = "Bearer"
        return headers


def unavailable(code: str, message: str, cause: BaseException | str | None = None) -> ApiError:
    """A 503 that passes by itself: try again in a second."""
    detail = cause if isinstance(cause, str) or cause is None else type(cause).__name__
    return ApiError(503, code, message, detail, retry_after=1)


def host_refused() -> ApiError:
    """The Host header names another machine: most likely a page that rebound its name to this address."""
    return ApiError(421, "host_refused", "Open the workbench by the address the Hub shows.")
