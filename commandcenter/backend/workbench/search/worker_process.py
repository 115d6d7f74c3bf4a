"""The worker as the backend sees it: started, followed line by line, and ended with the backend."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable

from workbench.search.fill import Progress
from workbench.search.worker import DATABASE_AWAY, FOLDER_AWAY


class FolderAway(Exception):
    """The folder cannot be read."""


class WorkerFailed(Exception):
    """The worker ended with a fault; the log has what it said."""


async def run_worker(*, rebuild: bool, report: Callable[[Progress], None]) -> Progress:
    """One run over the whole folder. Raises `FolderAway`, `WorkerFailed`, and `ConnectionError` when Postgres is away.
    When cancelled, the worker ends, too."""
    order = "rebuild" if rebuild else "fill"
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "workbench.search.worker",
        order,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    progress = Progress()
    try:
        assert child.stdout is not None  # noqa: S101 -- it was asked for
        while line := await child.stdout.readline():
            progress = Progress(**json.loads(line))
            report(progress)
        status = await child.wait()
    except BaseException:
        child.kill()
        raise
    if status == DATABASE_AWAY:
        raise ConnectionError("Postgres went away while the index was filled")
    if status == FOLDER_AWAY:
        raise FolderAway("the folder cannot be read")
    if status != 0:
        raise WorkerFailed(f"the indexing process ended with {status}")
    return progress
