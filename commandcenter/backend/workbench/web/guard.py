"""The gate in front of every request: the Host header must be ours (against DNS rebinding), a page's origin must be the
project's own frontend, /api needs the token, and a body is bounded.

A preflight carries no token; it is answered by the CORS layer in front of this one.
"""

from __future__ import annotations

import hmac
import json

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from workbench.errors import ApiError, host_refused
from workbench.settings import Settings

BODY_MAX = 2 * 1024 * 1024
"""Bytes. A note of the largest size fits in any encoding of JSON."""
LARGER = {
    # 2 MiB of text, each of its characters escaped with one more.
    "/api/file": 5 * 1024 * 1024,
    "/api/notes/import": 32 * 1024 * 1024,
}
"""Bytes, for the paths that take more."""


class Guard:
    """ASGI middleware; refusals have the shape of every other failure."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._settings = settings
        self._token = settings.token.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            self._check(scope, Headers(scope=scope))
        except ApiError as refused:
            await answer(refused, send)
            return
        await self._app(scope, _bounded(receive, _limit(scope)), send)

    def _check(self, scope: Scope, headers: Headers) -> None:
        if not self._settings.accepts_host(headers.get("host", "")):
            raise host_refused()
        if not (scope["path"] == "/api" or scope["path"].startswith("/api/")):
            return
        origin = headers.get("origin")
        if origin is not None and origin not in self._settings.origins:
            raise ApiError(403, "origin_refused", "Only the project's own page may call the API.", origin)
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise ApiError(401, "token_missing", "Send the project's token: `Authorization: Bearer …`.")
        if not hmac.compare_digest(token.strip().encode("latin-1", "replace"), self._token):
            raise ApiError(401, "token_wrong", "The token is not this project's. Reload the page from the Hub.")
        length = headers.get("content-length", "0")
        if length.isdigit() and int(length) > _limit(scope):
            raise _too_large(_limit(scope))


async def answer(failure: ApiError, send: Send) -> None:
    """Send a failure without the framework."""
    body = json.dumps(failure.body()).encode()
    headers = {
        "content-type": "application/json",
        "content-length": str(len(body)),
        "cache-control": "no-store",
    }
    headers |= {name.lower(): value for name, value in failure.headers().items()}
    encoded = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": failure.status, "headers": encoded})
    await send({"type": "http.response.body", "body": body})


def _limit(scope: Scope) -> int:
    return LARGER.get(scope["path"], BODY_MAX)


def _bounded(receive: Receive, limit: int) -> Receive:
    seen = 0

    async def counted() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > limit:
            raise _too_large(limit)
        return message

    return counted


def _too_large(limit: int) -> ApiError:
    return ApiError(413, "body_too_large", f"A request may have {limit} bytes at most.")
