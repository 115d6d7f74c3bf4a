"""Keeps the overview fresh: one scan at a time in a thread, again when something changed, with a pause that grows with
what a scan costs, so that a million changes cost no more than a share of one core.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from time import monotonic
from typing import TYPE_CHECKING

from workbench.git.program import GitFailed
from workbench.overview.git import GitReader
from workbench.overview.look import Look, look
from workbench.overview.models import Files, Git, Overview, Progress, Readme, Todos
from workbench.overview.moves import happened
from workbench.overview.scan import Stopped, Tally
from workbench.overview.thread import in_thread
from workbench.overview.todos import TodoFinder
from workbench.overview.watch import Batch, compare, gather

if TYPE_CHECKING:
    from workbench.events.broker import Broker
    from workbench.settings import Settings
    from workbench.watch.watch import Changes, FolderWatch

log = logging.getLogger("workbench.overview")

PAUSE_SECONDS = 0.5
PAUSE_FACTOR = 4.0
"""A scan that took 1 s is followed by a pause of 4 s: at most a fifth of one core goes into scanning."""
POLL_SECONDS = 2.0
POLL_FACTOR = 20.0


class OverviewKeeper:
    """The overview of one folder, as it was last seen."""

    def __init__(self, settings: Settings, broker: Broker, watch: FolderWatch) -> None:
        self._watch = watch
        self._folder = settings.workspace
        self._polling = settings.watch == "poll"
        self._broker = broker
        self._stop = threading.Event()
        self._git = GitReader(settings.workspace)
        self._dirty = asyncio.Event()
        self._tally: Tally | None = None
        self._began = 0.0
        self._look: Look | None = None
        self._finder = TodoFinder(settings.workspace)
        self._todos: Todos | None = None
        self._fingerprints: dict[bytes, tuple[int, int]] | None = None
        self._error: str | None = None

    def current(self) -> Overview:
        """What is known now; never waits."""
        progress = None
        if self._tally is not None:
            progress = Progress(files=self._tally.files, seconds=round(monotonic() - self._began, 3))
        pending = progress is not None or self._dirty.is_set()
        failed = "failed" if self._error else "fresh"
        return Overview(
            state="scanning" if pending else failed if self._look or self._error else "scanning",
            progress=progress,
            snapshot=None if self._look is None else self._look.snapshot,
            git=None if self._look is None else self._look.git,
            readme=None if self._look is None else self._look.readme,
            todos=self._todos,
            error=self._error,
        )

    def ask(self) -> None:
        """Look again soon."""
        self._dirty.set()

    async def run(self) -> None:
        """Scan, and scan again whenever something changed, until cancelled."""
        if not self._polling:
            self._listen()
        while True:
            self._dirty.clear()
            await self._scan()
            cost = monotonic() - self._began
            await asyncio.sleep(max(PAUSE_SECONDS, PAUSE_FACTOR * cost))
            await self._wait(cost)

    def close(self) -> None:
        """Make running threads and programs give up."""
        self._stop.set()
        self._git.close()

    async def _wait(self, cost: float) -> None:
        """Until something changed; when polling, at most until it is time to look again."""
        try:
            async with asyncio.timeout(max(POLL_SECONDS, POLL_FACTOR * cost) if self._polling else None):
                await self._dirty.wait()
        except TimeoutError:
            return

    async def _scan(self) -> None:
        self._began = monotonic()
        self._finder.begin()
        tally = Tally(self._stop, self._finder, fingerprints={} if self._polling else None)
        self._tally = tally
        try:
            seen = await in_thread(lambda: look(self._folder, self._git, tally), "overview")
        except Stopped:
            return
        except OSError as cause:
            self._error = f"the folder cannot be read: {cause.strerror}"
            log.warning("%s", self._error)
            return
        finally:
            self._tally = None
        self._error = None
        before, self._look = self._look, seen
        self._compare(tally)
        if before is None or _essence(before) != _essence(seen):
            self._refreshed(seen)
        if before is not None:
            for kind, data in happened(before.git, seen.git):
                self._broker.publish(kind, data)
        todos = await in_thread(lambda: self._finder.finish(self._stop), "todos")
        if todos != self._todos:
            self._todos = todos
            self._refreshed(seen)
        if self._finder.behind:
            self._dirty.set()

    def _refreshed(self, seen: Look) -> None:
        files = seen.snapshot.files
        self._broker.publish("overview.refreshed", {"files": files.count, "bytes": files.bytes})

    def _compare(self, tally: Tally) -> None:
        if self._fingerprints is not None and tally.fingerprints is not None:
            batch = compare(self._fingerprints, tally.fingerprints)
            if batch.total:
                self._announce(batch)
        self._fingerprints = tally.fingerprints

    def _listen(self) -> None:
        loop = asyncio.get_running_loop()

        def seen(changes: Changes) -> None:
            batch = self._without_ignored(gather(os.fsencode(self._folder), changes.paths))
            if (batch.total or batch.git or changes.missed) and not loop.is_closed():
                loop.call_soon_threadsafe(self._changed, batch)

        self._watch.listen(seen)

    def _without_ignored(self, batch: Batch) -> Batch:
        """A batch that is named whole can be freed of what git ignores; a larger one is told as it is."""
        if batch.total != len(batch.changes) or not batch.changes:
            return batch
        if self._look is None or self._look.git.state not in ("ok", "empty"):
            return batch
        try:
            ignored = self._git.ignored([path for _, path in batch.changes])
        except GitFailed:
            return batch
        kept = [change for change in batch.changes if change[1] not in ignored]
        return Batch(kept, len(kept), batch.git)

    def _changed(self, batch: Batch) -> None:
        if batch.total:
            self._announce(batch)
        self._dirty.set()

    def _announce(self, batch: Batch) -> None:
        paths = [{"change": kind, "path": _sendable(path)} for kind, path in batch.changes]
        self._broker.publish("files.changed", {"total": batch.total, "paths": paths})


def _essence(seen: Look) -> tuple[Files, Git, Readme | None]:
    """A look without when and how fast it was."""
    return seen.snapshot.files, seen.git, seen.readme


def _sendable(path: str) -> str:
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
