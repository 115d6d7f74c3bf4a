"""What the overview tells of the repository and of lines left to do, and the events when a repository moves."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Launch
from tests.services import Backend, id_of, poll
from tests.stream import following
from tests.test_git import commit
from tests.test_overview import git

# In two pieces, because the project's own files must not contain such marks.
TO_DO, FIX_ME, X = "TO" + "DO", "FIX" + "ME", "XX" + "X"


def test_every_kind_of_difference_from_the_last_commit(launch: Launch, workspace: Path) -> None:
    git(workspace, "init", "--quiet")
    text = "".join(f"{number}\n" for number in range(20))
    names = ("changed", "deleted", "former", "type", "staged", "both")
    commit(workspace, "first", {name: text + name for name in names})
    (workspace / "changed").write_text("x")
    (workspace / "deleted").unlink()
    git(workspace, "mv", "former", "renamed\n🚀")
    (workspace / "type").unlink()
    (workspace / "type").symlink_to("changed")
    (workspace / os.fsdecode(b"new \xff")).write_text("x")
    git(workspace, "add", os.fsdecode(b"new \xff"))
    (workspace / "folder").mkdir()
    (workspace / "folder/inside").write_text("x")
    seen = launch().overview()["git"]
    assert {one["path"]: one["status"] for one in seen["dirty"]} == {
        "changed": "modified", "deleted": "deleted", "renamed\n🚀": "renamed", "type": "type_changed",
        "new \ufffd": "added", "folder": "untracked",
    }  # fmt: skip
    assert next(one["id"] for one in seen["dirty"] if one["status"] == "added") == id_of(b"new \xff")
    assert seen["dirty_total"] == 6


def test_a_conflict_is_said_so(launch: Launch, workspace: Path) -> None:
    git(workspace, "init", "--quiet")
    commit(workspace, "first", {"file": "one\n"})
    git(workspace, "checkout", "--quiet", "-b", "other")
    commit(workspace, "second", {"file": "two\n"})
    git(workspace, "checkout", "--quiet", "main")
    commit(workspace, "third", {"file": "three\n"})
    with pytest.raises(Exception, match="merge"):
        git(workspace, "merge", "--quiet", "other")
    assert [one["status"] for one in launch().overview()["git"]["dirty"]] == ["conflicted"]


def test_contributors_are_counted_and_more_than_200_dirty_files_too(launch: Launch, workspace: Path) -> None:
    git(workspace, "init", "--quiet")
    commit(workspace, "first", {f"{number}": "x" for number in range(300)})
    for number in range(2):
        git(workspace, "commit", "--quiet", "--allow-empty", "--author", "Bö <b@x>", "--message", f"{number}")
    for number in range(300):
        (workspace / f"{number}").write_text("y")
    seen = launch().overview()["git"]
    assert seen["contributors"] == [{"name": "Bö", "commits": 2}, {"name": "Ada", "commits": 1}]
    assert (len(seen["dirty"]), seen["dirty_total"]) == (200, 300)


def test_a_folder_inside_a_repository_tells_of_itself_alone(launch: Launch, workspace: Path) -> None:
    git(workspace, "init", "--quiet")
    commit(workspace, "first", {"sub/file": "x", "file": "x"})
    for name in ("sub/file", "file", "sub/new"):
        (workspace / name).write_text("y")
    seen = launch(WORKSPACE_DIR=str(workspace / "sub")).overview()["git"]
    assert [(one["path"], one["id"]) for one in seen["dirty"]] == [("file", id_of("file")), ("new", id_of("new"))]


def todos(backend: Backend, total: int) -> dict[str, Any]:
    seen: dict[str, Any] = backend.overview(lambda one: one["todos"] is not None and one["todos"]["total"] == total)
    found: dict[str, Any] = seen["todos"]
    return found


def test_marked_lines_are_found_where_they_are(launch: Launch, workspace: Path) -> None:
    (workspace / "b.py").write_text(f"x = 1\n# {TO_DO}: ünd 🚀\n\n    # {FIX_ME}(ada) twice {TO_DO}: once\n")
    (workspace / "a.md").write_text(f"- {X} last line\r\n<!-- HACK -->\r\n{TO_DO}")
    (workspace / "none.py").write_text(f"{TO_DO}S = 'my{TO_DO}'\nx{X}\nsha512-ab/{X}+c\n{TO_DO}_LIST\n")
    (workspace / "binary.py").write_bytes(b"\0 " + TO_DO.encode() + b": x")
    (workspace / "picture.png").write_text(f"{TO_DO}: x")
    (workspace / "large.txt").write_text(f"{TO_DO}: x" + " " * 600_000)
    (workspace / ".gitignore").write_text("ignored\n")
    (workspace / "ignored").write_text(f"{TO_DO}: x")
    one = launch()
    found = todos(one, 5)
    assert [(item["path"], item["line"], item["kind"], item["text"]) for item in found["items"]] == [
        ("a.md", 1, X, f"{X} last line"),
        ("a.md", 2, "HACK", "HACK"),
        ("a.md", 3, TO_DO, TO_DO),
        ("b.py", 2, TO_DO, f"{TO_DO}: ünd 🚀"),
        ("b.py", 4, FIX_ME, f"{FIX_ME}(ada) twice {TO_DO}: once"),
    ]
    assert found["complete"]
    (workspace / "a.md").write_text("done\n")
    assert [item["path"] for item in todos(one, 2)["items"]] == ["b.py", "b.py"]
    (workspace / "b.py").rename(workspace / "c.py")
    poll(lambda: [item["path"] for item in todos(one, 2)["items"]] == ["c.py", "c.py"], "the new name")
    (workspace / "c.py").unlink()
    assert todos(one, 0)["items"] == []


def test_of_very_many_marked_lines_the_first_are_shown(launch: Launch, workspace: Path) -> None:
    for number in range(60):
        (workspace / f"{number:02}.py").write_text(f"# {TO_DO}: x\n" * 150)
    found = todos(launch(), 60 * 150)
    assert len(found["items"]) == 200
    assert {item["path"] for item in found["items"]} == {"00.py", "01.py"}


def test_commits_and_branches_are_told_as_they_happen(backend: Backend, workspace: Path) -> None:
    git(workspace, "init", "--quiet")
    backend.overview(lambda seen: seen["git"]["state"] == "empty")
    with following(backend) as page:
        first = commit(workspace, "first", {"file": "x"})
        page.until("commit.seen", sha=first, subject="first", author="Ada")
        second = commit(workspace, "sécond", {"file": "y"})
        page.until("commit.seen", sha=second, subject="sécond")
        git(workspace, "checkout", "--quiet", "-b", "other")
        page.until("branch.changed", **{"from": "main", "to": "other"})
        git(workspace, "checkout", "--quiet", "--detach", first)
        page.until("branch.changed", **{"from": "other", "to": first})
        git(workspace, "checkout", "--quiet", "main")
        page.until("branch.changed", **{"from": first, "to": "main"})
        git(workspace, "reset", "--quiet", "--hard", first)
        backend.overview(lambda seen: bool(seen["git"]["head"] == first))
        third = commit(workspace, "third", {"file": "z"})
        page.until("commit.seen", sha=third)
    told = [event["data"]["sha"] for event in page.events if event["type"] == "commit.seen"]
    assert told == [first, second, third], "each once, and none when the branch moved back"
