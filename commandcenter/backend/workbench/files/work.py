"""Blocking work on the folder for one request: few at a time, and no request waits for a folder that hangs (a network
mount that is gone)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from workbench.errors import unavailable
from workbench.overview.thread import in_thread

T = TypeVar("T")
AT_ONCE = 8
PATIENCE_SECONDS = 40.0
"""Longer than the deadline of one git run."""


class FolderWork:
    """Runs blocking functions in threads, `AT_ONCE` at a time."""

    def __init__(self) -> None:
        self._free = asyncio.Semaphore(AT_ONCE)

    async def run(self, work: Callable[[], T]) -> T:
        """What `work` returns or raises. Raises `ApiError` 503 `folder_slow`."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self._free.acquire()
                done = in_thread(work, "files")
                # Freed when the thread has ended, not when the request has: a hanging thread is one that is not there.
                done.add_done_callback(lambda _: self._free.release())
                return await asyncio.shield(done)
        except TimeoutError as cause:
            words = "The project's folder does not answer. If it lies on a network, look at the connection."
            raise unavailable("folder_slow", words, cause) from cause
