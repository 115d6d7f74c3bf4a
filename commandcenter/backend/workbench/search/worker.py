"""A run over the whole folder in a process of its own: `python -m workbench.search.worker fill|rebuild`. It has a low
priority, its memory is given back when it ends, and the backend keeps answering meanwhile.

Settings come from the environment, as the backend's. Progress goes to standard output, one JSON object per line. It
ends as soon as standard input is closed, so it does not outlive the backend.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import threading
from dataclasses import asdict
from time import monotonic

from workbench.database.connection import AWAY, Database
from workbench.git.program import GitProgram
from workbench.search.fill import Progress, fill
from workbench.search.walk import rules_of
from workbench.search.writer import IndexWriter
from workbench.settings import Settings

DATABASE_AWAY = 3
FOLDER_AWAY = 4
REPORT_SECONDS = 0.25
NICE = 5


def main(order: str) -> int:
    """The exit code: 0, `DATABASE_AWAY` or `FOLDER_AWAY`; anything else is a fault, told on standard error."""
    threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()
    if hasattr(os, "nice"):
        os.nice(NICE)
    return asyncio.run(_run(Settings.from_environment(), rebuild=order == "rebuild"))


async def _run(settings: Settings, *, rebuild: bool) -> int:
    root = os.fsencode(settings.workspace)
    told = 0.0

    def report(progress: Progress) -> None:
        nonlocal told
        if monotonic() - told >= REPORT_SECONDS:
            told = monotonic()
            _say(progress)

    try:
        writer = await IndexWriter.open(Database(settings.database_url).dedicated)
        try:
            if rebuild:
                await writer.forget()
            _say(await fill(writer, root, lambda: rules_of(GitProgram(), root), report))
        finally:
            writer.close()
    except (FileNotFoundError, PermissionError, NotADirectoryError):
        return FOLDER_AWAY
    except AWAY:
        return DATABASE_AWAY
    return 0


def _say(progress: Progress) -> None:
    print(json.dumps(asdict(progress)), flush=True)


def _end_with_parent() -> None:
    # Not through sys.stdin, whose lock this thread would still hold when the interpreter ends.
    while os.read(0, 1024):
        pass
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
