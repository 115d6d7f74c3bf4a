"""The workbench of one project: what it is made of, how it starts and how it ends.

Free of the web framework: built before it is imported, so that /health answers early.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from workbench.database.connection import Database
from workbench.events.broker import Broker
from workbench.settings import Settings

if TYPE_CHECKING:
    from workbench.files.access import FileAccess
    from workbench.overview.keeper import OverviewKeeper
    from workbench.search.keeper import IndexKeeper
    from workbench.watch.watch import FolderWatch


class Workbench:
    """Owns the connections and the background work of one project."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.stopping = asyncio.Event()
        """Set when the program was told to end: every stream and every wait gives up at once."""
        self.database = Database(settings.database_url)
        self.broker = Broker(settings.redis_url, settings.project_id)
        self.api_error: str | None = None
        """Why the API could not be loaded; None while it may still be."""
        self._overview: OverviewKeeper | None = None
        self._index: IndexKeeper | None = None
        self._watch: FolderWatch | None = None
        self._files: FileAccess | None = None
        self._services: dict[str, bool] = {}
        """Whether each service was there when it was asked last."""
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def overview(self) -> OverviewKeeper:
        """The overview's keeper, which exists once `start_overview` was called."""
        if self._overview is None:
            raise RuntimeError("the overview was asked for before the API was loaded")
        return self._overview

    @property
    def files(self) -> FileAccess:
        """The way to the project's files, which exists once `open_files` was called."""
        if self._files is None:
            raise RuntimeError("the files were asked for before the API was loaded")
        return self._files

    def start(self) -> None:
        """Connect in the background."""
        self._tasks.append(asyncio.create_task(self.database.prepare()))
        self._tasks.append(asyncio.create_task(self.broker.write()))
        self.broker.publish("backend.started", {"project": self.settings.project_id})

    @property
    def index(self) -> IndexKeeper:
        """The search index's keeper, which exists once `start_index` was called."""
        if self._index is None:
            raise RuntimeError("the index was asked for before the API was loaded")
        return self._index

    def start_following(self, services: Coroutine[Any, Any, None]) -> None:
        """Begin to tell when a service is lost and when it is back."""
        self._tasks.append(asyncio.create_task(services))

    def note_services(self, there: dict[str, bool]) -> None:
        """Tell who was lost or is back since the last time. Before a service answered first it is not lost."""
        for service, is_there in there.items():
            if self._services.get(service, is_there) != is_there:
                self.broker.publish("service.back" if is_there else "service.lost", {"service": service})
            if is_there or service in self._services:
                self._services[service] = is_there

    def start_watch(self, watch: FolderWatch) -> None:
        """Begin to tell the keepers what changes."""
        self._watch = watch
        watch.start()

    def start_index(self, keeper: IndexKeeper) -> None:
        """Begin to fill the search index and to keep it fresh."""
        self._index = keeper
        self._tasks.append(asyncio.create_task(keeper.run()))

    def start_overview(self, keeper: OverviewKeeper) -> None:
        """Begin to look at the folder and to watch it."""
        self._overview = keeper
        self._tasks.append(asyncio.create_task(keeper.run()))

    def open_files(self, access: FileAccess) -> None:
        """Let requests work on the folder."""
        self._files = access

    async def close(self) -> None:
        """End the background work and drop the connections. Nothing here waits for a service."""
        self.stopping.set()
        for one in (self._watch, self._index, self._overview):
            if one is not None:
                one.close()
        if self._files is not None:
            self._files.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.broker.close()
        self.database.close()
