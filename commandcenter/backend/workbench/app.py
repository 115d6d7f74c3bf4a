"""What uvicorn serves. Answers /health and /ready from the first moment, while the API is still being loaded.

The web framework's import is most of a start, and nothing that /health asks needs it: it is loaded in a thread once the
first probe was answered or the first other request came, whichever is earlier. From then on the API answers everything.
If it cannot be loaded, /health says so.

On SIGTERM every open stream ends at once, so that uvicorn finds no connection to wait for.
"""

from __future__ import annotations

import asyncio
import json
import logging
import signal
import sys
from types import FrameType
from typing import Any

from workbench.errors import host_refused
from workbench.health.check import check_health, check_ready
from workbench.settings import BadSettings, Settings
from workbench.workbench import Workbench

log = logging.getLogger("workbench")


class Gate:
    """The ASGI application: lifespan, early answers, and the API behind them."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._workbench: Workbench | None = None
        self._api: Any = None
        self._loading: asyncio.Task[Any] | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """One connection, as ASGI has it."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
            return
        workbench = self._workbench
        if workbench is None or scope["type"] != "http":
            raise RuntimeError("the workbench serves HTTP, between its start and its end")
        if self._api is None and scope["method"] == "GET" and scope["path"] in ("/health", "/ready"):
            host = next((value for name, value in scope["headers"] if name == b"host"), b"")
            if not self._settings.accepts_host(host.decode("latin-1")):
                refused = host_refused()
                await _respond(send, refused.status, refused.body())
                return
            checked = check_ready(workbench) if scope["path"] == "/ready" else await check_health(workbench)
            await _respond(send, *checked)
            if checked[0] == 200 or workbench.database.migrated.is_set():
                self._load(workbench)
            return
        await (await self._loaded(workbench))(scope, receive, send)

    async def _lifespan(self, receive: Any, send: Any) -> None:
        await receive()
        self._workbench = workbench = Workbench(self._settings)
        _stop_streams_on_signal(workbench.stopping)
        workbench.start()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        if self._loading is not None:
            self._loading.cancel()
        await workbench.close()
        await send({"type": "lifespan.shutdown.complete"})

    def _load(self, workbench: Workbench) -> asyncio.Task[Any]:
        if self._loading is None:
            self._loading = asyncio.create_task(_load_api(workbench))
            self._loading.add_done_callback(self._take)
        return self._loading

    def _take(self, loading: asyncio.Task[Any]) -> None:
        if not loading.cancelled():
            self._api = loading.result()

    async def _loaded(self, workbench: Workbench) -> Any:
        if self._api is None:
            # Shielded: a client that goes away must not end the loading for everybody.
            self._api = await asyncio.shield(self._load(workbench))
        return self._api or _broken


async def _load_api(workbench: Workbench) -> Any:
    """The API, or None when it cannot be loaded; then `workbench.api_error` says why."""
    from workbench.overview.thread import in_thread

    def load() -> Any:
        from workbench.files.access import FileAccess
        from workbench.health.follow import follow_services
        from workbench.memory import give_back_freed_memory
        from workbench.overview.keeper import OverviewKeeper
        from workbench.search.keeper import IndexKeeper
        from workbench.watch.watch import FolderWatch
        from workbench.web.api import build

        give_back_freed_memory()
        return build(workbench), FileAccess, FolderWatch, IndexKeeper, OverviewKeeper, follow_services

    try:
        api, files, watch, index, overview, follow = await in_thread(load, "load-api")
    except Exception as cause:
        log.exception("the API could not be loaded")
        workbench.api_error = f"{type(cause).__name__}: {cause}"
        return None
    settings = workbench.settings
    watching = watch(settings.workspace, polling=settings.watch == "poll")
    workbench.open_files(files(settings))
    workbench.start_index(index(settings, workbench.database, workbench.broker, watching))
    workbench.start_overview(overview(settings, workbench.broker, watching))
    workbench.start_watch(watching)
    workbench.start_following(follow(workbench))
    return api


async def _broken(_scope: Any, _receive: Any, send: Any) -> None:
    body = {
        "code": "api_broken",
        "message": "The workbench could not be loaded. Its log has the cause.",
        "detail": None,
    }
    await _respond(send, 500, body)


async def _respond(send: Any, status: int, body: dict[str, Any]) -> None:
    encoded = json.dumps(body).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(encoded)).encode()),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": encoded})


def _stop_streams_on_signal(stopping: asyncio.Event) -> None:
    """Set `stopping` the moment a signal asks the program to end, then let uvicorn's own handler do its part."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        former = signal.getsignal(number)

        def stop(signum: int, frame: FrameType | None, former: Any = former) -> None:
            loop.call_soon_threadsafe(stopping.set)
            if callable(former):
                former(signum, frame)

        signal.signal(number, stop)


def _settings() -> Settings:
    try:
        return Settings.from_environment()
    except BadSettings as bad:
        sys.exit(f"the workbench cannot start: {bad}")


app = Gate(_settings())
