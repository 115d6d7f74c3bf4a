"""What requests need to work on the project's files: the confinement, git, and threads."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from workbench.files.confine import Confinement
from workbench.files.work import FolderWork
from workbench.git.program import GitProgram
from workbench.settings import Settings

T = TypeVar("T")


class FileAccess:
    """One project's files."""

    def __init__(self, settings: Settings) -> None:
        self.confinement = Confinement(settings.workspace)
        self.git = GitProgram()
        self.read_only = settings.read_only
        self._work = FolderWork()

    async def run(self, work: Callable[[], T]) -> T:
        """Run blocking work in a thread."""
        return await self._work.run(work)

    def close(self) -> None:
        """End what still runs."""
        self.git.close()
