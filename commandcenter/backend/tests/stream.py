"""Reads a live stream in a thread, as a page would."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from tests.services import Backend, poll


class Page:
    """What one page has seen."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.ids: list[str] = []
        self.open = threading.Event()
        self.closed = threading.Event()

    def until(self, kind: str, **data: Any) -> dict[str, Any]:
        """Wait for an event of this type whose data has these values."""

        def seen() -> dict[str, Any] | None:
            return next((e for e in list(self.events) if e["type"] == kind and data.items() <= e["data"].items()), None)

        return poll(seen, f"event {kind} {data} among {self.events}")

    def read(self, answer: httpx.Response) -> None:
        """Take in the stream until it ends."""
        for line in answer.iter_lines():
            if line.startswith("id: "):
                self.ids.append(line[4:])
            elif line.startswith("data: "):
                self.events.append(json.loads(line[6:]))
                self.open.set()
            elif line == ": following":
                self.open.set()


@contextmanager
def following(backend: Backend, after: str | None = None) -> Iterator[Page]:
    """A page that follows `backend`, after an event id."""
    page = Page()
    headers = {} if after is None else {"Last-Event-ID": after}
    with backend.client.stream("GET", "/api/events", headers=headers) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")

        def run() -> None:
            try:
                page.read(answer)
            except (httpx.TransportError, httpx.StreamError, OSError):
                pass
            finally:
                page.closed.set()

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        assert page.open.wait(30) or page.events, "the stream follows"
        yield page
        # A reader that waits is not woken by closing its socket, only by shutting it down.
        with contextlib.suppress(OSError):
            answer.extensions["network_stream"].get_extra_info("socket").shutdown(socket.SHUT_RDWR)
        assert page.closed.wait(30), "the reader ends"
