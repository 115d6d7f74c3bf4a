"""Keeps the index complete and fresh: a run over the whole folder at start and whenever changes may have been missed,
and in between the files that the watch names. One thing at a time, with pauses that grow with what it costs, so that a
million changes cost no more than a share of one core.
"""

from __future__ import annotations

import asyncio
import logging
import os
from datetime import UTC, datetime
from time import monotonic
from typing import TYPE_CHECKING, Any, Literal

from workbench.backoff import backoff
from workbench.database.connection import AWAY
from workbench.git.program import GitProgram
from workbench.overview.thread import in_thread
from workbench.search.changes import ChangedPaths, look
from workbench.search.fill import Progress, batches
from workbench.search.models import IndexStatus
from workbench.search.status import counted, nothing_yet
from workbench.search.walk import rules_of
from workbench.search.worker_process import FolderAway, WorkerFailed, run_worker
from workbench.search.writer import IndexWriter

if TYPE_CHECKING:
    from workbench.database.connection import Database
    from workbench.events.broker import Broker
    from workbench.search.ignore import FolderRules
    from workbench.settings import Settings
    from workbench.watch.watch import Changes, FolderWatch

log = logging.getLogger("workbench.search")

HERE_FILES = 50
HERE_BYTES = 4 * 1024 * 1024
"""More than this is read by a process of its own."""
PAUSE_SECONDS = 0.05
PAUSE_FACTOR = 3.0
PAUSE_MAX_SECONDS = 60.0
FAILED_SECONDS = 5.0
"""Before a run that failed is tried again."""
WATCH_SECONDS = 5.0
"""How long the first run waits for the watch to stand."""
PROGRESS_SECONDS = 1.0
COUNT_SECONDS = 3.0
Reason = Literal["start", "changes", "rescan", "rebuild"]


class IndexKeeper:
    """The search index of one folder."""

    def __init__(self, settings: Settings, database: Database, broker: Broker, watch: FolderWatch) -> None:
        self._root = os.fsencode(settings.workspace)
        self._database = database
        self._broker = broker
        self._watch = watch
        self._git = GitProgram()
        self._rules: FolderRules | None = None
        self._changed = ChangedPaths()
        self._wake = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._status = nothing_yet()
        self._rebuild = False
        self._lost = False
        self._cost = 0.0
        """Seconds that the last run over everything took which was caused by changes."""
        watch.listen(self._seen)

    def status(self) -> IndexStatus:
        """What is known now; never waits."""
        return self._status

    def rebuild(self) -> IndexStatus:
        """Forget everything and read it again, soon."""
        self._rebuild = True
        self._wake.set()
        return self._status

    def close(self) -> None:
        """Make running threads and programs give up."""
        self._git.close()

    async def run(self) -> None:
        """Fill the index and follow the folder, until cancelled."""
        waits = backoff()
        while True:
            try:
                await self._database.migrated.wait()
                await self._follow_folder()
            except FolderAway as cause:
                await self._failed(f"{cause}: look whether it is still there")
            except WorkerFailed as cause:
                await self._failed(str(cause))
            except AWAY as cause:
                log.info("the index waits for Postgres: %s", type(cause).__name__)
                self._set(state="paused")
                await asyncio.sleep(next(waits))
            except Exception as cause:
                log.exception("the index could not be brought up to date")
                await self._failed(f"{type(cause).__name__}: {cause}")
            else:
                waits = backoff()

    async def _failed(self, why: str) -> None:
        if self._status.error != why:
            log.warning("%s", why)
            self._broker.publish("index.failed", {"error": why})
        self._set(state="failed", error=why)
        await asyncio.sleep(FAILED_SECONDS)

    async def _follow_folder(self) -> None:
        """From one connection's begin to its end, which is always something raised."""
        writer = await IndexWriter.open(self._database.dedicated)
        try:
            self._lost = False
            writer.connection.add_termination_listener(self._connection_lost)
            waits = backoff()
            while not await writer.try_lock():
                self._set(state="paused")  # another backend of this project is ending just now
                await asyncio.sleep(next(waits))
            self._set(**await counted(writer.connection))
            # What changes from here on is told; without a watch the look is repeated once there is one.
            await in_thread(lambda: self._watch.watching.wait(WATCH_SECONDS), "wait-watch")
            reason: Reason = "start"
            while True:
                await self._look_at_everything(writer, reason)
                reason = await self._follow_changes(writer)
        finally:
            writer.close()

    async def _look_at_everything(self, writer: IndexWriter, reason: Reason) -> None:
        self._changed.take()
        self._rules = None
        rebuild, self._rebuild = self._rebuild, False
        began = monotonic()
        told: float | None = None

        def report(progress: Progress) -> None:
            nonlocal told
            state = "indexing" if progress.total else "scanning"
            self._set(state=state, done=progress.done, total=progress.total)
            if told is None and (progress.changed or reason != "rescan"):
                self._broker.publish("index.started", {"reason": reason})
                told = monotonic()
            elif told is not None and monotonic() - told >= PROGRESS_SECONDS:
                self._broker.publish("index.progress", {"done": progress.done, "total": progress.total})
                told = monotonic()

        self._set(state="scanning", done=0, total=0, started_at=datetime.now(UTC))
        counting = asyncio.create_task(self._count_regularly(writer))
        try:
            progress = await run_worker(rebuild=rebuild, report=report)
        finally:
            counting.cancel()
            await asyncio.gather(counting, return_exceptions=True)
        await self._finished(writer, reason, progress.changed, began)

    async def _count_regularly(self, writer: IndexWriter) -> None:
        """While a run goes on, so that the page sees the index grow."""
        while True:
            await asyncio.sleep(COUNT_SECONDS)
            self._set(**await counted(writer.connection))

    async def _follow_changes(self, writer: IndexWriter) -> Reason:
        """Until everything has to be looked at again."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            if self._lost:
                raise ConnectionError("the connection to Postgres was lost")
            if self._rebuild:
                return "rebuild"
            began = monotonic()
            paths = self._changed.take()
            if paths is None or not await self._take_in(writer, paths):
                # Whoever changes thousands of files goes on doing so for a while.
                await asyncio.sleep(min(PAUSE_FACTOR * self._cost, PAUSE_MAX_SECONDS))
                return "rescan"
            await asyncio.sleep(max(PAUSE_SECONDS, PAUSE_FACTOR * (monotonic() - began)))

    async def _take_in(self, writer: IndexWriter, paths: set[bytes]) -> bool:
        """Bring these paths up to date; False when they are too many for this process."""
        began = monotonic()
        if self._rules is None:
            self._rules = await in_thread(lambda: rules_of(self._git, self._root), "rules")
        rules = self._rules
        found = await in_thread(lambda: look(self._root, paths, rules), "look")
        known = await writer.known_of([entry.path for entry in found.entries])
        todo = [entry for entry in found.entries if known.get(entry.path) != entry.stamp]
        if len(todo) > HERE_FILES or sum(entry.size for entry in todo) > HERE_BYTES:
            return False
        changed = await writer.remove(found.gone) if found.gone else 0
        if todo:
            for batch in await in_thread(lambda: list(batches(self._root, todo, quickly=False)), "read"):
                await writer.write(batch, replacing=True)
            await writer.join_segments()
        if changed + len(todo) > 0:
            await writer.finish(None)
            await self._finished(writer, "changes", changed + len(todo), began)
        return True

    async def _finished(self, writer: IndexWriter, reason: Reason, changed: int, began: float) -> None:
        self._set(**await counted(writer.connection))
        self._set(state="watching", error=None, done=self._status.total)
        cost = monotonic() - began
        self._cost = cost if reason == "rescan" else 0.0
        if changed or reason in ("start", "rebuild"):
            data = {"reason": reason, "files": self._status.files, "bytes": self._status.bytes}
            self._broker.publish("index.finished", data | {"changed": changed, "seconds": round(cost, 3)})

    def _seen(self, changes: Changes) -> None:
        """In the watching thread."""
        self._changed.add((path for _, path in changes.paths), missed=changes.missed)
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wake.set)

    def _connection_lost(self, _connection: Any) -> None:
        self._lost = True
        self._wake.set()

    def _set(self, **changes: Any) -> None:
        self._status = self._status.model_copy(update=changes)
