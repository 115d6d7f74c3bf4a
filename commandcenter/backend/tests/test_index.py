"""The index of real folders: what it leaves out, that it follows changes, and that it survives what services do."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from tests.conftest import Launch, make_database
from tests.services import Backend, Postgres, Redis, poll
from tests.stream import following
from tests.test_overview import digest, git


def write(folder: Path, **files: str) -> None:
    for name, content in files.items():
        (folder / f"{name}.txt").write_text(content)


def found(backend: Backend, q: str, *paths: str) -> None:
    """Wait until a search finds exactly these paths."""
    poll(lambda: backend.paths(q, mode="exact") == sorted(paths), f"{q!r} in {paths}")


def test_what_cannot_be_searched_is_counted(launch: Launch, workspace: Path) -> None:
    (workspace / "text.py").write_text("findable")
    (workspace / "data.bin").write_bytes(b"findable\0\1\2")
    (workspace / "large.txt").write_text("findable " * 200_000)
    (workspace / "hole.img").touch()
    os.truncate(workspace / "hole.img", 3 * 1024**3)
    (workspace / "link").symlink_to("text.py")
    (workspace / "loop").symlink_to(workspace)
    os.mkfifo(workspace / "pipe")
    status = launch().index()
    assert (status["files"], status["bytes"]) == (1, len("findable"))
    assert status["skipped"] == {"binary": 1, "large": 2, "unreadable": 0, "ignored": 0}
    assert status["languages"] == [{"name": "Python", "files": 1, "bytes": 8}]


def test_an_unreadable_file_is_counted(launch: Launch, workspace: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root reads everything: run the tests as another account for this one")
    write(workspace, open="findable", closed="findable")
    (workspace / "closed.txt").chmod(0)
    status = launch().index()
    assert (status["files"], status["skipped"]["unreadable"]) == (1, 1)


@pytest.mark.parametrize("with_git", [True, False])
def test_ignored_files_are_left_out_as_git_does(launch: Launch, workspace: Path, with_git: bool) -> None:
    ignored = [
        "a.log",
        "top.txt",
        "sub/local.txt",
        "built/x.txt",
        "sub/built/y.txt",
        "excluded.txt",
        "node_modules/z.js",
    ]
    kept = ["sub/kept.log", "sub/top.txt", "other.txt", "sub/deep/other.txt", "forced.log"]
    for path in ignored + kept:
        (workspace / path).parent.mkdir(parents=True, exist_ok=True)
        (workspace / path).write_text("findable")
    (workspace / ".gitignore").write_text("# rules\n*.log\n/top.txt\nbuilt/\nnode_modules\n")
    (workspace / "sub/.gitignore").write_text("!kept.log\nlocal.txt\n")
    if with_git:
        git(workspace, "init", "--quiet")
        (workspace / ".git/info/exclude").write_text("excluded.txt\n")
        git(workspace, "add", "--force", "forced.log")
    else:
        kept = [path for path in kept if path != "forced.log"] + ["excluded.txt"]
    one = launch()
    one.index()
    assert one.paths("findable") == sorted(kept)


def test_nasty_names_are_found_and_can_be_opened(launch: Launch, workspace: Path) -> None:
    names = [b"new\nline.py", "emoji 🚀.py".encode(), b"invalid \xff\xfe.py", b"-rf", b"quote'\".py", b"back\\slash"]
    for name in names:
        with open(os.path.join(os.fsencode(workspace), name), "wb") as file:
            file.write(b"findable")
    one = launch()
    one.index(lambda status: status["files"] == len(names))
    files = one.search("findable")["files"]
    assert {file["path"] for file in files} == {name.decode("utf-8", "replace") for name in names}
    for file in files:
        assert one.client.get("/api/file", params={"id": file["id"]}).json()["text"] == "findable"


@pytest.mark.parametrize("mode", ["events", "poll"])
def test_changes_can_be_found(launch: Launch, workspace: Path, mode: str) -> None:
    write(workspace, a="first", b="second")
    one = launch(WORKBENCH_WATCH=mode)
    one.index(lambda status: status["files"] == 2)
    write(workspace, a="changed", c="added")
    found(one, "changed", "a.txt")
    found(one, "added", "c.txt")
    found(one, "first")
    (workspace / "b.txt").unlink()
    found(one, "second")
    (workspace / "deep/er").mkdir(parents=True)
    (workspace / "deep/er/d.txt").write_text("deepest")
    found(one, "deepest", "deep/er/d.txt")
    (workspace / "deep/er/e.txt").write_text("later")
    found(one, "later", "deep/er/e.txt")
    (workspace / "deep").rename(workspace / "moved")
    found(one, "deepest", "moved/er/d.txt")
    (workspace / "moved/er/d.txt").write_text("still followed")
    found(one, "still followed", "moved/er/d.txt")
    shutil.rmtree(workspace / "moved")
    found(one, "still followed")


def test_new_rules_take_effect(launch: Launch, workspace: Path) -> None:
    write(workspace, a="findable", b="findable")
    one = launch()
    one.index(lambda status: status["files"] == 2)
    (workspace / ".gitignore").write_text("a.txt\n")
    found(one, "findable", "b.txt")
    (workspace / ".gitignore").write_text("")
    found(one, "findable", "a.txt", "b.txt")


def test_what_lies_behind_a_link_is_neither_searched_nor_watched(
    launch: Launch, workspace: Path, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    write(outside, secret="hidden away")
    (workspace / "link").symlink_to(outside)
    one = launch()
    one.index()
    with following(one) as page:
        write(outside, secret="hidden again")
        write(workspace, inside="seen")
        page.until("files.changed")
        found(one, "seen", "inside.txt")
        assert one.paths("hidden", mode="exact") == []
        told = [path["path"] for event in page.events for path in event["data"].get("paths", [])]
        assert not [path for path in told if path.startswith("link")]


def test_a_flood_of_changes_ends_in_the_right_index(launch: Launch, workspace: Path) -> None:
    one = launch()
    one.index()
    for number in range(4_000):
        folder = workspace / str(number % 50)
        folder.mkdir(exist_ok=True)
        (folder / f"{number}.txt").write_text(f"number n{number}n")
    for number in range(0, 4_000, 2):
        (workspace / str(number % 50) / f"{number}.txt").unlink()
    one.index(lambda status: status["files"] == 2_000)
    found(one, "n3999n", "49/3999.txt")
    found(one, "n3998n")


def test_taking_out_many_files_does_not_compare_each_with_every_other(workspace: Path, redis: Redis) -> None:
    gone, kept = 2_500, 100
    explained = {"shared_preload_libraries": "auto_explain", "auto_explain.log_analyze": "on"}
    explained |= {"auto_explain.log_min_duration": "0", "auto_explain.log_format": "json"}
    postgres = Postgres(**explained)
    (workspace / "gone").mkdir()
    for number in range(gone):
        (workspace / f"gone/{number}").write_text("findable")
    for number in range(kept):
        (workspace / f"{number}.txt").write_text("findable")
    one = Backend(workspace, make_database(postgres), redis.url)
    try:
        one.index(lambda status: status["files"] == gone + kept)
        shutil.rmtree(workspace / "gone")
        one.index(lambda status: status["files"] == kept)
        plans = re.findall(r"plan:\n((?:\t.*\n)+)", postgres.log)
        removals = [plan for plan in map(json.loads, plans) if "DELETE FROM index_files" in plan["Query Text"]]
        assert removals
        passed_over = sum(passed_over_by(plan["Plan"]) for plan in removals)
        assert passed_over < 20 * (gone + kept)
    finally:
        one.close()
        postgres.close()


def passed_over_by(node: dict[str, Any]) -> int:
    """Rows that a plan looked at in vain."""
    here = node.get("Rows Removed by Join Filter", 0) + node.get("Rows Removed by Filter", 0)
    return int(here * node["Actual Loops"]) + sum(passed_over_by(inner) for inner in node.get("Plans", []))


def test_a_restart_reads_only_what_changed(launch: Launch, workspace: Path) -> None:
    write(workspace, a="first", b="second")
    one = launch()
    one.index(lambda status: status["files"] == 2)
    one.close()
    write(workspace, b="third")
    two = launch(CCHUB_PROJECT_ID="restarted")
    two.until_healthy()
    with following(two, after="0-1") as page:
        done = page.until("index.finished", reason="start")
        assert (done["data"]["changed"], done["data"]["files"]) == (1, 2)
    found(two, "third", "b.txt")
    found(two, "first", "a.txt")


def test_a_rebuild_makes_it_anew(launch: Launch, workspace: Path) -> None:
    write(workspace, a="first", b="second")
    one = launch()
    one.index(lambda status: status["files"] == 2)
    with following(one) as page:
        assert one.client.post("/api/index/rebuild").status_code == 202
        assert page.until("index.finished", reason="rebuild")["data"]["changed"] == 2
    found(one, "first", "a.txt")


def test_a_crash_of_postgres_empties_the_index_and_it_is_made_again(workspace: Path, redis: Redis) -> None:
    write(workspace, a="first")
    postgres = Postgres()
    one = Backend(workspace, make_database(postgres), redis.url)
    try:
        one.index(lambda status: status["files"] == 1)
        postgres.crash()
        poll(lambda: one.client.get("/api/index").json()["state"] == "paused", "the index waits")
        write(workspace, b="while it was away")
        postgres.start()
        one.index(lambda status: status["files"] == 2)
        found(one, "first", "a.txt")
        found(one, "while it was away", "b.txt")
    finally:
        one.close()
        postgres.close()


def test_a_folder_that_went_away_is_said_so_and_found_again(launch: Launch, workspace: Path) -> None:
    write(workspace, a="first")
    one = launch()
    one.index(lambda status: status["files"] == 1)
    shutil.rmtree(workspace)
    poll(
        lambda: (
            one.client.get("/api/index").json()["files"] == 0
            or "cannot be read" in str(one.client.get("/api/index").json()["error"])
        ),
        "the loss is noticed",
    )
    workspace.mkdir()
    write(workspace, b="again")
    found(one, "again", "b.txt")


def test_without_git_and_read_only_nothing_of_the_folder_changes(launch: Launch, workspace: Path) -> None:
    git(workspace, "init", "--quiet")
    write(workspace, a="first")
    (workspace / ".gitignore").write_text("*.log\n")
    (workspace / "b.log").write_text("first")
    before = digest(workspace)
    one = launch(WORKSPACE_READ_ONLY="1", PATH="/nonexistent")
    one.index()
    found(one, "first", "a.txt")
    assert digest(workspace) == before


def test_an_index_of_another_form_is_made_anew(launch: Launch, workspace: Path, database: str) -> None:
    write(workspace, a="first")
    one = launch()
    one.index(lambda status: status["files"] == 1)
    one.close()

    async def tamper() -> None:
        connection = await asyncpg.connect(database, ssl=False)
        await connection.execute("UPDATE index_state SET form = 0")
        await connection.execute("UPDATE index_contents SET content = 'nonsense'")
        await connection.close()

    asyncio.run(tamper())
    two = launch()
    two.index()
    found(two, "first", "a.txt")


def test_a_restored_database_comes_without_the_index_and_it_is_made_again(
    launch: Launch, workspace: Path, postgres: Postgres, database: str, tmp_path: Path
) -> None:
    write(workspace, a="first")
    one = launch()
    one.index(lambda status: status["files"] == 1)
    note = one.client.post("/api/notes", json={"title": "kept"}).json()["id"]
    one.close()
    # As the Hub makes and restores its dumps.
    dump = str(tmp_path / "dump")
    postgres.run("pg_dump", "--no-unlogged-table-data", "-Fc", "-f", dump, "-d", database)
    contents = postgres.run("pg_restore", "--list", dump)
    assert " TABLE public index_files " in contents
    assert " TABLE DATA public notes " in contents
    assert " TABLE DATA public index_" not in contents
    restored = make_database(postgres)
    postgres.run("pg_restore", "-d", restored, "--no-owner", "--exit-on-error", "--single-transaction", dump)
    two = launch(postgres_url=restored)
    two.index(lambda status: status["files"] == 1)
    found(two, "first", "a.txt")
    write(workspace, b="second")
    found(two, "second", "b.txt")
    assert two.client.get(f"/api/notes/{note}").json()["title"] == "kept"


def test_the_run_ends_with_the_backend(launch: Launch, workspace: Path) -> None:
    for number in range(3_000):
        (workspace / f"{number}.txt").write_text(f"{number} " * 3_000)
    one = launch()

    def worker() -> int | None:
        assert one.child is not None
        children = Path(f"/proc/{one.child.pid}/task/{one.child.pid}/children").read_text().split()
        of_index = [int(pid) for pid in children if b"workbench.search.worker" in _command(pid)]
        return of_index[0] if of_index else None

    one.until_healthy()
    pid = poll(worker, "a worker")
    one.close()
    poll(lambda: b"workbench.search.worker" not in _command(str(pid)), "the worker is gone")


def _command(pid: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""
