"""One whole look at the folder: files, git, README. Blocking, for use in a thread."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from time import perf_counter

from workbench.git.program import GitFailed
from workbench.overview.git import GitReader
from workbench.overview.models import Git, Readme, Snapshot
from workbench.overview.readme import read_readme
from workbench.overview.scan import Tally, count_listed, count_walked


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen."""

    snapshot: Snapshot
    git: Git
    readme: Readme | None


def look(folder: str, reader: GitReader, tally: Tally) -> Look:
    """Raises `OSError` when the folder cannot be read, `scan.Stopped` when told to give up.

    Where git fails (missing, damaged repository) the folder is walked instead, and the page is told why git is silent.
    """
    began = perf_counter()
    standing = reader.standing()
    git = Git(state=standing.state, error=standing.error)
    listed: bytes | None = None
    if standing.state in ("ok", "empty"):
        try:
            listed, tally.unreadable = reader.files()
        except GitFailed as failed:
            git = Git(state="corrupt", error=str(failed))
    if listed is None:
        count_walked(folder, tally)
    else:
        count_listed(folder, listed, tally)
        git = reader.state()
    snapshot = Snapshot(at=datetime.now(UTC), seconds=round(perf_counter() - began, 3), files=tally.result())
    return Look(snapshot, git, read_readme(folder))
