"""Figures of the workbench's search on a large folder: filling, memory, answers, freshness, idling. Asserts nothing.

`python search.py FOLDER [OWN]`: measures OWN, or a folder of 50,000 files / 1 GB that is made below FOLDER from source
trees of this machine. Where there are not enough of them, files come again with other words in them.
"""

from __future__ import annotations

import os
import random
import re
import shutil
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.conftest import make_database
from tests.services import Backend, Postgres, Redis, poll

FILES = 50_000
BYTES = 1_000_000_000
LARGE = 20_000
"""Bytes from which on a file is a large one: they are mixed with small ones until the sum is right."""
QUERIES = 100
CHANGES = 10
IDLE_SECONDS = 30.0
SETTLED_SHARE = 0.02
SETTLED_SECONDS = 5
"""So many seconds in a row with less than this share of a core are rest."""
SETTLED_MAX = 300
PAGE = {"limit": 30}
FIRST, WHOLE = 25, 5000
"""Milliseconds of patience that the page asks with: at first, and again where the first answer is not whole."""
AS_THE_HUB = {"MALLOC_ARENA_MAX": "1", "MALLOC_TRIM_THRESHOLD_": "65536"}
"""How the Hub starts the backend."""
PLACES = (
    Path.home() / ".cargo/registry/src",
    Path(__file__).resolve().parents[2] / "node_modules",
    Path(sysconfig.get_path("stdlib")),
    Path("/usr/local/go/src"),
    Path("/usr/include"),
    Path("/usr/lib/python3"),
    Path.home() / "go/pkg/mod",
)
_WORD = re.compile(r"[A-Za-z]{4,}")


def sources() -> list[tuple[Path, int]]:
    """Text files of this machine and their sizes."""
    found = []
    for place in PLACES:
        for folder, folders, names in os.walk(place):
            folders[:] = [name for name in folders if name not in ("__pycache__", ".git")]
            for name in names:
                path = Path(folder, name)
                if path.is_symlink() or not path.is_file() or not 0 < path.stat().st_size < 1_000_000:
                    continue
                with path.open("rb") as file:
                    if b"\0" not in file.read(8192):
                        found.append((path, path.stat().st_size))
    if not found:
        sys.exit("there are no source trees on this machine: name a folder")
    return found


def make(folder: Path) -> None:
    """The folder, the same every time on the same machine."""
    chance = random.Random(5)  # noqa: S311 -- not a secret
    every = sources()
    chance.shuffle(every)
    kinds = [[one for one in every if (one[1] > LARGE) == large] for large in (False, True)]
    used = [0, 0]
    left = BYTES
    for number in range(FILES):
        want_large = left / (FILES - number) > LARGE
        kind = int(bool(kinds[1]) and (want_large or not kinds[0]))
        path, size = kinds[kind][used[kind] % len(kinds[kind])]
        turn = used[kind] // len(kinds[kind])
        used[kind] += 1
        left -= size
        place = folder / f"part-{number % 40}" / Path(*path.parts[-4:-1])
        place.mkdir(parents=True, exist_ok=True)
        content = path.read_bytes()
        if turn:
            content = re.sub(rb"\b([A-Za-z]{6})", rb"\g<1>%d" % turn, content)
        (place / f"{number}-{path.name}").write_bytes(content)


class Figures:
    """One backend on one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.postgres = Postgres(shared_buffers="64MB")  # as the stack starts it
        self.redis = Redis()
        self.backend = Backend(folder, make_database(self.postgres), self.redis.url, **AS_THE_HUB)
        self.paths = [Path(top, name) for top, _, names in os.walk(folder) for name in names]
        self.chance = random.Random(7)  # noqa: S311 -- not a secret

    def close(self) -> None:
        """End everything."""
        for one in (self.backend, self.redis, self.postgres):
            one.close()

    def fill(self) -> None:
        """From an empty index to a complete one."""
        began = time.monotonic()
        self.backend.until_ready()
        peak = 0
        while True:
            status = self.backend.client.get("/api/index").json()
            peak = max(peak, sum(memory(pid) for pid in self._family()))
            if status["state"] in ("watching", "failed"):
                break
            time.sleep(0.1)
        show("filled", f"{time.monotonic() - began:.1f} s, {status['files']} files, {status['bytes'] / 1e6:.0f} MB")
        show("  memory at most, backend and its worker", f"{peak / 1e6:.0f} MB")
        show("  Postgres' CPU", f"{cpu_of_all(self.postgres.pid):.1f} s")
        show("  CPU of the backend and its worker", f"{cpu_of_all(self.backend.pid):.1f} s")

    def ask(self) -> None:
        """Queries made of what is in the files, each answered by both."""
        asked: dict[str, Callable[[], str]] = {
            "words": lambda: " ".join(self._words(self.chance.choice((1, 1, 2, 3)))),
            "exact": self._piece,
            "regex": self._pattern,
        }
        for mode, make_query in asked.items():
            queries = [make_query() for _ in range(QUERIES)]
            first = [self._timed(query, mode, FIRST) for query in queries]
            show(f"{mode}: first answer, median, 95th percentile", spread([took for took, _ in first]))
            show("  of these whole", f"{sum(whole for _, whole in first)} of {QUERIES}")
            whole = [self._timed(query, mode, WHOLE) for query in queries]
            show("  whole answer", spread([took for took, _ in whole]))
            if shutil.which("rg"):
                theirs = [self._ripgrep(query, mode) for query in queries[: QUERIES // 4]]
                show("  ripgrep on the same folder", spread(theirs))

    def change(self) -> None:
        """How soon a changed file is found."""
        took = []
        path = self.folder / "changed-by-the-bench.txt"
        try:
            for number in range(CHANGES):
                word = f"changedword{number}x{os.getpid()}"
                began = time.monotonic()
                path.write_text(word)
                poll(lambda word=word: self.backend.search(word, mode="exact")["total"], "the change")  # type: ignore[misc]
                took.append((time.monotonic() - began) * 1000)
        finally:
            path.unlink()
        show("a changed file is found after", spread(took))

    def idle(self) -> None:
        """What it costs to do nothing, once everything that follows a change is done."""
        poll(lambda: len(self._family()) == 1, "the worker ends")
        (pid,) = self._family()
        self._until_settled(pid)
        before = cpu(pid)
        time.sleep(IDLE_SECONDS)
        share = (cpu(pid) - before) / IDLE_SECONDS * 100
        show("idle", f"{memory(pid) / 1e6:.0f} MB, {share:.2f} % of a core")

    def _until_settled(self, pid: int) -> None:
        """Wait until the overview has looked at the whole folder, and for a rest of some seconds."""
        calm = 0
        for _ in range(SETTLED_MAX):
            before = cpu(pid)
            time.sleep(1)
            # Marks in many files are looked for in rounds, with pauses that are no rest.
            is_done = self.backend.client.get("/api/overview").json()["state"] == "fresh"
            calm = calm + 1 if is_done and cpu(pid) - before < SETTLED_SHARE else 0
            if calm == SETTLED_SECONDS:
                return
        show("  not at rest within", f"{SETTLED_MAX} s")

    def _family(self) -> list[int]:
        return [self.backend.pid, *children(self.backend.pid)]

    def _timed(self, query: str, mode: str, patience: int) -> tuple[float, bool]:
        """Milliseconds, and whether the answer is whole."""
        asked = {"q": query, "mode": mode, "patience": patience} | PAGE
        began = time.perf_counter()
        answer = self.backend.client.get("/api/search", params=asked)
        took = (time.perf_counter() - began) * 1000
        if answer.status_code != 200:
            show(f"  {mode} {query!r}", answer.json()["code"])
            return took, False
        return took, not answer.json()["unfinished"]

    def _ripgrep(self, query: str, mode: str) -> float:
        options = {"words": ["-wF"], "exact": ["-F"], "regex": []}[mode]
        text = query.split()[0] if mode == "words" else query
        command = ["rg", "--files-with-matches", "--ignore-case", *options, "-e", text, str(self.folder)]
        began = time.perf_counter()
        subprocess.run(command, capture_output=True, check=False)
        return (time.perf_counter() - began) * 1000

    def _lines(self) -> Iterator[str]:
        while True:
            text = self.chance.choice(self.paths).read_bytes().decode("utf-8", "replace")
            lines = [line.strip() for line in text.split("\n") if 20 < len(line.strip()) < 120]
            if lines:
                yield self.chance.choice(lines)

    def _words(self, count: int) -> list[str]:
        words = next(found for line in self._lines() if len(found := _WORD.findall(line)) >= count)
        return self.chance.sample(words, count)

    def _piece(self) -> str:
        line = next(self._lines())
        at = self.chance.randrange(len(line) - 15)
        return line[at : at + self.chance.choice((6, 10, 14))].strip() or line

    def _pattern(self) -> str:
        (word,) = self._words(1)
        return self.chance.choice(
            (r"\b{}\w*\(", r"{}\s*=\s*\w+", r"(?:fn|func|def|function) \w*{}", r"^\s*{}\b")
        ).format(word)


def children(pid: int) -> list[int]:
    """Processes that a process of ours has started."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def memory(pid: int) -> int:
    """Resident bytes; 0 when it has ended."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


def cpu(pid: int) -> float:
    """Seconds of processor time; 0 when it has ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def cpu_of_all(pid: int) -> float:
    """Seconds of processor time of a process and of its children, those that have ended included."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    ended = (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")
    return cpu(pid) + ended + sum(cpu(child) for child in children(pid))


def spread(values: list[float]) -> str:
    """Median and 95th percentile of milliseconds."""
    ordered = sorted(values)
    return f"{ordered[len(ordered) // 2]:.0f} ms, {ordered[int(len(ordered) * 0.95)]:.0f} ms"


def show(name: str, value: str) -> None:
    """One line of the result."""
    print(f"  {name.ljust(60)} {value}", flush=True)


def main(folder: Path, own: Path | None) -> None:
    """Make the folder if it is not there, and measure."""
    if own is None and not folder.exists():
        partial = folder.with_name(f"{folder.name}.partial")
        shutil.rmtree(partial, ignore_errors=True)
        make(partial)
        partial.rename(folder)
    figures = Figures(own or folder)
    try:
        figures.fill()
        figures.ask()
        figures.change()
        figures.idle()
    finally:
        figures.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None)
