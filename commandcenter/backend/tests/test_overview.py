"""The overview of real folders: kinds of names, git, what is ignored, and that nothing is ever written."""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from tests.conftest import Launch
from tests.services import Backend, bound_by_modes, id_of, poll

GIT = ["git", "-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "init.defaultBranch=main"]


def git(folder: Path, *arguments: str) -> None:
    subprocess.run([*GIT, "-C", str(folder), *arguments], check=True, capture_output=True)


def digest(folder: Path) -> str:
    """Names, kinds, modes, times and content of everything below `folder`."""
    sum_ = hashlib.sha256()
    for path, folders, files in os.walk(os.fsencode(folder)):
        folders.sort()
        for name in sorted(folders + files):
            one = os.path.join(path, name)
            status = os.lstat(one)
            sum_.update(repr((one, status.st_mode, status.st_size, status.st_mtime_ns)).encode())
            if os.path.isfile(one) and not os.path.islink(one) and os.access(one, os.R_OK):
                with open(one, "rb") as file:
                    sum_.update(file.read())
    return sum_.hexdigest()


def repository(folder: Path) -> None:
    """A repository with a commit, an upstream one commit behind, and something of everything."""
    git(folder, "init", "--quiet")
    (folder / ".gitignore").write_text("*.log\nbuilt/\n")
    (folder / "main.py").write_text("print()\n")
    (folder / "README.md").write_text("# Hello <script>\n")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message", "first")
    git(folder, "branch", "base")
    (folder / "main.py").write_text("print(1)\n")
    git(folder, "commit", "--quiet", "--all", "--message", "second ünd")
    git(folder, "branch", "--set-upstream-to", "base")
    (folder / "main.py").write_text("print(2)\n")
    (folder / "new.rs").write_text("fn main() {}\n")
    (folder / "ignored.log").write_text("x")
    (folder / "built").mkdir()
    (folder / "built/big.bin").write_bytes(b"0" * 100_000)


def test_a_repository(launch: Launch, workspace: Path) -> None:
    repository(workspace)
    one = launch()
    snapshot = one.overview()
    files, state = snapshot["files"], snapshot["git"]
    assert files["count"] == 4
    assert {share["language"] for share in files["languages"]} == {"Python", "Rust", "Markdown", "Other"}
    assert {file["path"] for file in files["largest"]} == {".gitignore", "README.md", "main.py", "new.rs"}
    assert (state["branch"], state["upstream"], state["ahead"], state["behind"]) == ("main", "base", 1, 0)
    assert [(one["path"], one["status"]) for one in state["dirty"]] == [
        ("main.py", "modified"),
        ("new.rs", "untracked"),
    ]
    assert (state["dirty_total"], state["contributors"]) == (2, [{"name": "Ada", "commits": 2}])
    assert [commit["subject"] for commit in state["commits"]] == ["second ünd", "first"]
    assert snapshot["readme"] == {
        "path": "README.md",
        "id": id_of("README.md"),
        "text": "# Hello <script>\n",
        "truncated": False,
    }


def test_a_deleted_file_that_is_still_committed_has_not_vanished_while_being_read(
    launch: Launch, workspace: Path
) -> None:
    repository(workspace)
    (workspace / "README.md").unlink()
    snapshot = launch().overview()
    assert (snapshot["files"]["count"], snapshot["files"]["skipped"]["vanished"]) == (3, 0)
    assert ("README.md", "deleted") in [(one["path"], one["status"]) for one in snapshot["git"]["dirty"]]


def test_a_plain_folder_respects_nested_gitignore_files(launch: Launch, workspace: Path) -> None:
    (workspace / ".gitignore").write_text("*.log\n/top\n")
    (workspace / "sub").mkdir()
    (workspace / "sub/.gitignore").write_text("!kept.log\nlocal\n")
    (workspace / "node_modules").mkdir()
    for name in ("a.log", "top", "sub/kept.log", "sub/other.log", "sub/local", "sub/top", "node_modules/x.js"):
        (workspace / name).write_text("x")
    snapshot = launch().overview()
    paths = {file["path"] for file in snapshot["files"]["largest"]}
    assert paths == {".gitignore", "sub/.gitignore", "sub/kept.log", "sub/top"}
    assert snapshot["git"]["state"] == "none"


@pytest.mark.parametrize("with_git", [False, True])
def test_nasty_names_and_kinds_of_files(launch: Launch, workspace: Path, with_git: bool) -> None:
    if with_git:
        git(workspace, "init", "--quiet")
    root = os.fsencode(workspace)
    for name in (b"new\nline.py", "emoji 🚀.py".encode(), b"invalid \xff\xfe.py", b"-rf", b"quote'\".py"):
        with open(os.path.join(root, name), "wb") as file:
            file.write(b"x")
    (workspace / "loop").symlink_to(workspace)
    (workspace / "dangling").symlink_to("nowhere")
    os.mkfifo(workspace / "README.md")
    with socket.socket(socket.AF_UNIX) as special:
        here = os.getcwd()
        os.chdir(workspace)
        special.bind("socket")
        os.chdir(here)
    one = launch()
    snapshot = one.overview()
    files = snapshot["files"]
    assert files["count"] == 5
    for file in files["largest"]:
        assert one.client.get("/api/file", params={"id": file["id"]}).json()["path"] == file["path"]
    assert {"new\nline.py", "emoji 🚀.py", "invalid \ufffd\ufffd.py"} <= {file["path"] for file in files["largest"]}
    assert (files["skipped"]["invalid_names"], files["skipped"]["symlinks"]) == (1, 2)
    assert snapshot["readme"] is None


def test_an_unreadable_folder_is_counted(launch: Launch, workspace: Path) -> None:
    (workspace / "closed").mkdir(mode=0o000)
    (workspace / "open.py").write_text("x")
    files = launch(under=bound_by_modes()).overview()["files"]
    (workspace / "closed").chmod(0o755)
    assert (files["count"], files["skipped"]["unreadable_folders"]) == (1, 1)


def test_a_damaged_repository_is_walked_and_named(launch: Launch, workspace: Path) -> None:
    repository(workspace)
    (workspace / ".git/HEAD").write_text("nonsense")
    snapshot = launch().overview()
    assert snapshot["git"]["state"] == "corrupt"
    assert snapshot["git"]["error"]
    assert snapshot["files"]["count"] == 4


def test_an_empty_repository(launch: Launch, workspace: Path) -> None:
    git(workspace, "init", "--quiet")
    git_state = launch().overview()["git"]
    assert [git_state[name] for name in ("state", "branch", "head", "commits")] == ["empty", "main", None, []]


def test_a_folder_that_went_away_is_said_so_and_found_again(backend: Backend, workspace: Path) -> None:
    backend.overview()
    shutil.rmtree(workspace)
    backend.client.post("/api/overview/refresh")
    poll(lambda: backend.client.get("/api/overview").json()["state"] == "failed", "the failure is told")
    workspace.mkdir()
    (workspace / "again.py").write_text("x")
    backend.client.post("/api/overview/refresh")
    backend.overview(lambda snapshot: snapshot["files"]["count"] == 1)


@pytest.mark.parametrize("mode", ["events", "poll"])
def test_it_is_refreshed_when_files_change(launch: Launch, workspace: Path, mode: str) -> None:
    one = launch(WORKBENCH_WATCH=mode)
    one.overview()
    for number in range(2_000):
        (workspace / f"{number}.py").write_text("x")
    one.overview(lambda snapshot: snapshot["files"]["count"] == 2_000)


def test_the_users_folder_is_left_byte_for_byte(launch: Launch, workspace: Path) -> None:
    repository(workspace)
    (workspace / "main.py").touch()  # git would refresh its index now, were it allowed to
    before = digest(workspace)
    one = launch(WORKSPACE_READ_ONLY="1")
    first = one.overview()
    one.client.post("/api/overview/refresh")
    one.overview(lambda snapshot: bool(snapshot["at"] != first["at"]))
    assert one.client.get("/api/project").json()["read_only"]
    assert digest(workspace) == before


def test_programs_of_the_repository_are_never_run(launch: Launch, workspace: Path, tmp_path: Path) -> None:
    repository(workspace)
    trap = tmp_path / "trap"
    trap.write_text(f"#!/bin/sh\ntouch '{tmp_path}/sprung'\n")
    trap.chmod(0o755)
    git(workspace, "config", "core.fsmonitor", str(trap))
    git(workspace, "config", "core.hooksPath", str(tmp_path))
    assert launch().overview()["git"]["state"] == "ok"
    assert not (tmp_path / "sprung").exists()
