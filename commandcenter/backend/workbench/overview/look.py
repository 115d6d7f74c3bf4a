"""One whole look at the folder: files, git, README. Blocking, for use in a thread."""

from __future__ import annotations

from datetime import UTC, datetime
from time import perf_counter

from workbench.git.program import GitFailed
from workbench.overview.git import GitReader
from workbench.overview.models import Git, Snapshot
from workbench.overview.readme import read_readme
from workbench.overview.scan import Tally, count_listed, count_walked


def look(folder: str, reader: GitReader, tally: Tally) -> Snapshot:
    """Raises `OSError` when the folder cannot be read, `scan.Stopped` when told to give up.

    Where git fails (missing, damaged repository) the folder is walked instead, and the page is told why git is silent.
    """
    began = perf_counter()
    git = Git(kind="none")
    listed: set[bytes] | None = None
    try:
        if reader.is_repository():
            listed, tally.unreadable = reader.files()
    except GitFailed as failed:
        git = Git(kind="failed", error=str(failed))
    if listed is None:
        count_walked(folder, tally)
    else:
        count_listed(folder, listed, tally)
        git = reader.state()
    return Snapshot(
        at=datetime.now(UTC),
        seconds=round(perf_counter() - began, 3),
        files=tally.result(),
        git=git,
        readme=read_readme(folder),
    )
