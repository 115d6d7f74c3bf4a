"""What git knows of a file: history, revisions, differences; in every state a repository can be in."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import Launch
from tests.services import Backend, id_of, refused
from tests.test_overview import digest, git


def commit(folder: Path, message: str, content: dict[str, str | bytes | None]) -> str:
    """Commit these contents; None removes a file."""
    for name, text in content.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if text is None:
            path.unlink()
        else:
            path.write_bytes(text.encode() if isinstance(text, str) else text)
    git(folder, "add", "--all", "--", ".")
    git(folder, "commit", "--quiet", "--message", message)
    return head(folder)


def head(folder: Path) -> str:
    return subprocess.run(
        ["git", "-C", str(folder), "rev-parse", "HEAD"], check=True, capture_output=True, text=True
    ).stdout.strip()


def history(backend: Backend, path: str | bytes, **params: Any) -> dict[str, Any]:
    answer = backend.client.get("/api/file/history", params={"id": id_of(path)} | params)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def diff(backend: Backend, path: str | bytes, **params: Any) -> httpx.Response:
    return backend.client.get("/api/file/diff", params={"id": id_of(path)} | params)


def at(backend: Backend, path: str | bytes, rev: str) -> httpx.Response:
    return backend.client.get("/api/file/at", params={"id": id_of(path), "rev": rev})


def lines(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [line["kind"] + line["text"] for hunk in answer.json()["hunks"] for line in hunk["lines"]]


ODD = b':(top) od\xffd\n"*.py'


def test_a_file_is_followed_through_its_history_and_its_names(backend: Backend, workspace: Path) -> None:
    git(workspace, "init", "--quiet")
    text = "".join(f"{number}\n" for number in range(20))
    first = commit(workspace, "first", {"old name": text})
    git(workspace, "mv", "old name", os.fsdecode(ODD))
    second = commit(workspace, "renamed", {})
    third = commit(workspace, "thïrd\n\nbody", {os.fsdecode(ODD): text.replace("7\n", "seven\n", 1)})
    commit(workspace, "elsewhere", {"other": "x"})
    found = history(backend, ODD)
    assert (found["state"], found["error"], found["more"]) == ("ok", None, False)
    assert [(one["sha"], one["subject"], one["id"]) for one in found["commits"]] == [
        (third, "thïrd", id_of(ODD)),
        (second, "renamed", id_of(ODD)),
        (first, "first", id_of("old name")),
    ]
    assert found["commits"][0]["author"] == "Ada"
    assert len(found["commits"][0]["email_hash"]) == 64
    assert at(backend, ODD, third).json()["text"] == text.replace("7\n", "seven\n", 1)
    assert at(backend, "old name", first).json()["text"] == text
    assert refused(at(backend, ODD, first)) == (404, "not_in_revision")
    changed = diff(backend, ODD, **{"from": f"{third}^", "to": third})
    assert [line for line in lines(changed) if line[0] != " "] == ["-7", "+seven"]
    hunk = changed.json()["hunks"][0]
    assert [hunk[name] for name in ("old_start", "old_lines", "new_start", "new_lines")] == [5, 7, 5, 7]
    over = diff(backend, ODD, **{"from": first, "to": third, "from_id": id_of("old name")})
    assert [line for line in lines(over) if line[0] != " "] == ["-7", "+seven"]


def test_history_comes_in_pages(backend: Backend, workspace: Path) -> None:
    git(workspace, "init", "--quiet")
    for number in range(5):
        commit(workspace, f"{number}", {"file": f"{number}"})
    subjects: list[str] = []
    before, more = "", True
    while more:
        page = history(backend, "file", limit=2, before=before)
        subjects += [one["subject"] for one in page["commits"]]
        before, more = page["commits"][-1]["sha"], page["more"]
    assert subjects == ["4", "3", "2", "1", "0"]
    answer = backend.client.get("/api/file/history", params={"id": id_of("file"), "before": "0" * 40})
    assert refused(answer) == (404, "revision_unknown")


def test_what_is_not_committed_is_compared_with_the_folder(backend: Backend, workspace: Path) -> None:
    git(workspace, "init", "--quiet")
    commit(workspace, "first", {"file": "one\ntwo\nthree\n", "gone": "x\n", "crlf": "a\r\nb\r\n", "binary": b"\0"})
    (workspace / "file").write_text("one\n2\nthree\nfour")
    (workspace / "gone").unlink()
    (workspace / "new").write_text("new\n")
    (workspace / "crlf").write_text("a\nb\n")
    (workspace / "binary").write_bytes(b"\0\0")
    answer = diff(backend, "file")
    assert lines(answer) == [" one", "-two", "+2", " three", "+four"]
    assert [(one["old"], one["new"]) for one in answer.json()["hunks"][0]["lines"]] == [
        (1, 1), (2, None), (None, 2), (3, 3), (None, 4),
    ]  # fmt: skip
    assert answer.json()["hunks"][0]["lines"][4]["no_newline"]
    gone, new, crlf, binary = (diff(backend, name).json() for name in ("gone", "new", "crlf", "binary"))
    assert (gone["from_missing"], gone["to_missing"], gone["hunks"][0]["lines"][0]["kind"]) == (False, True, "-")
    assert (new["from_missing"], new["to_missing"], new["hunks"][0]["lines"][0]["kind"]) == (True, False, "+")
    assert (crlf["newline_changed"], crlf["hunks"]) == (True, [])
    assert (binary["binary"], binary["hunks"]) == (True, [])
    unchanged = diff(backend, "file", **{"from": "HEAD", "to": "HEAD"}).json()
    assert (unchanged["hunks"], unchanged["from"], unchanged["to"]) == ([], "HEAD", "HEAD")
    root = diff(backend, "file", **{"from": "HEAD^", "to": "HEAD"}).json()
    assert (root["from_missing"], len(root["hunks"][0]["lines"])) == (True, 3)


def test_text_in_any_encoding_is_compared_as_text(backend: Backend, workspace: Path) -> None:
    git(workspace, "init", "--quiet")
    commit(workspace, "first", {"wide": "Grüße\r\n".encode("utf-16"), "latin": b"Gr\xfc\xdfe\n"})
    (workspace / "wide").write_bytes("Grüße\r\nzwei\r\n".encode("utf-16"))
    (workspace / "latin").write_bytes(b"Gru\xdf\n")
    assert lines(diff(backend, "wide")) == [" Grüße", "+zwei"]
    assert lines(diff(backend, "latin")) == ["-Grüße", "+Gruß"]
    assert at(backend, "wide", "HEAD").json()["encoding"] == "utf-16-le"


def test_long_differences_are_cut(backend: Backend, workspace: Path) -> None:
    git(workspace, "init", "--quiet")
    commit(workspace, "first", {"file": "a\n" * 30_000, "wide": "x" * 1_000_000, "large": "y" * 2_097_153})
    (workspace / "file").write_text("b\n" * 30_000)
    (workspace / "wide").write_text("z" * 1_000_000)
    (workspace / "large").write_text("small")
    long = diff(backend, "file").json()
    assert (long["truncated"], sum(len(hunk["lines"]) for hunk in long["hunks"])) == (True, 20_000)
    assert [len(line) for line in lines(diff(backend, "wide"))] == [2_001, 2_001]
    large = diff(backend, "large").json()
    assert (large["binary"], large["hunks"]) == (True, [])
    described = at(backend, "large", "HEAD").json()
    assert (described["kind"], described["size"], described["text"]) == ("too_large", 2_097_153, None)


@pytest.mark.parametrize(
    "rev", ["--help", "main", "HEAD~1", "HEAD:file", "a" * 65, "-1", "abc", "$(id)", "HEAD^{}", ""]
)
def test_only_hashes_name_revisions(standing: Backend, rev: str) -> None:
    for answer in (at(standing, "x", rev), diff(standing, "x", **{"from": rev}), diff(standing, "x", to=rev)):
        assert answer.status_code == 422
        assert answer.json()["code"] in ("revision_invalid", "invalid_request")


def test_an_unknown_revision_is_said_so(backend: Backend, workspace: Path) -> None:
    git(workspace, "init", "--quiet")
    commit(workspace, "first", {"file": "x"})
    assert refused(at(backend, "file", "0" * 40)) == (404, "revision_unknown")
    assert refused(diff(backend, "file", to="dead" * 10)) == (404, "revision_unknown")
    assert refused(at(backend, "absent", "HEAD")) == (404, "not_in_revision")
    blob = subprocess.run(
        ["git", "-C", str(workspace), "rev-parse", "HEAD:file"], check=True, capture_output=True, text=True
    ).stdout.strip()
    assert refused(at(backend, "file", blob)) == (404, "revision_unknown")


def test_states_without_history_have_words(backend: Backend, workspace: Path) -> None:
    (workspace / "file").write_text("x")

    def check(state: str) -> None:
        found = history(backend, "file")
        assert (found["state"], found["commits"]) == (state, [])
        assert found["error"]
        for answer in (at(backend, "file", "HEAD"), diff(backend, "file")):
            assert refused(answer) == (409, "no_history")
            assert answer.json()["detail"] == state

    check("none")
    git(workspace, "init", "--quiet")
    check("empty")
    commit(workspace, "first", {"file": "x"})
    assert history(backend, "file")["state"] == "ok"
    whole = (workspace / ".git/HEAD").read_bytes()
    (workspace / ".git/HEAD").write_bytes(b"nonsense")
    check("corrupt")
    (workspace / ".git/HEAD").write_bytes(whole)
    shutil.rmtree(workspace / ".git/objects")
    (workspace / ".git/objects").mkdir()
    check("corrupt")


def test_without_git_there_is_no_history_and_everything_else_works(
    launch: Launch, workspace: Path, tmp_path: Path
) -> None:
    git(workspace, "init", "--quiet")
    commit(workspace, "first", {"file": "x", ".gitignore": "*.log\n", "a.log": "x"})
    (tmp_path / "empty").mkdir()
    one = launch(PATH=str(tmp_path / "empty"))
    one.until_ready()
    assert history(one, "file")["state"] == "missing_git"
    assert "not installed" in history(one, "file")["error"]
    assert refused(at(one, "file", "HEAD")) == (409, "no_history")
    names = [entry["name"] for entry in one.client.get("/api/files").json()["entries"]]
    assert names == [".gitignore", "file"]


def test_worktrees_submodules_and_repositories_inside(launch: Launch, workspace: Path, tmp_path: Path) -> None:
    main = tmp_path / "main"
    main.mkdir()
    git(main, "init", "--quiet")
    commit(main, "of main", {"sub/file": "main\n", "sub/deep/file": "deep\n"})
    workspace.rmdir()
    git(main, "worktree", "add", "--quiet", str(workspace))
    inner = workspace / "inner"
    inner.mkdir()
    git(inner, "init", "--quiet")
    commit(inner, "of inner", {"file": "inner\n"})
    (workspace / "link").symlink_to("inner")
    one = launch()
    one.until_ready()
    assert [commit["subject"] for commit in history(one, "sub/file")["commits"]] == ["of main"]
    for path in ("inner/file", "link/file"):
        found = history(one, path)["commits"]
        assert [(commit["subject"], commit["path"]) for commit in found] == [("of inner", "inner/file")]
        assert at(one, path, "HEAD").json()["text"] == "inner\n"
    part = launch(WORKSPACE_DIR=str(main / "sub"))
    part.until_ready()
    found = history(part, "deep/file")["commits"][0]
    assert (found["subject"], found["path"], found["id"]) == ("of main", "deep/file", id_of("deep/file"))
    assert at(part, "deep/file", found["sha"]).json()["text"] == "deep\n"


def test_asking_runs_nothing_of_the_repositorys_and_changes_nothing(
    launch: Launch, workspace: Path, tmp_path: Path
) -> None:
    git(workspace, "init", "--quiet")
    commit(workspace, "first", {"file": "one\n"})
    trap = tmp_path / "trap"
    trap.write_text(f"#!/bin/sh\ntouch '{tmp_path}/sprung'\ncat\n")
    trap.chmod(0o755)
    (workspace / ".gitattributes").write_text("* filter=trap diff=trap\n")
    for key in ("filter.trap.clean", "filter.trap.smudge", "filter.trap.process", "diff.trap.textconv"):
        git(workspace, "config", key, str(trap))
    for key in ("diff.trap.command", "diff.external", "core.fsmonitor", "core.pager", "core.sshCommand", "gpg.program"):
        git(workspace, "config", key, str(trap))
    git(workspace, "config", "filter.trap.required", "true")
    git(workspace, "config", "core.hooksPath", str(tmp_path))
    git(workspace, "config", "log.showSignature", "true")
    (tmp_path / "sprung").unlink(missing_ok=True)
    (workspace / "file").write_text("two\n")
    before = digest(workspace)
    one = launch()
    snapshot = one.overview()
    assert snapshot["files"]["count"] == 2
    assert history(one, "file")["state"] == "ok"
    assert lines(diff(one, "file")) == ["-one", "+two"]
    assert at(one, "file", "HEAD").json()["text"] == "one\n"
    one.client.get("/api/files")
    assert not (tmp_path / "sprung").exists()
    assert digest(workspace) == before


def test_git_is_asked_about_nothing_outside(backend: Backend, workspace: Path, tmp_path: Path) -> None:
    git(workspace, "init", "--quiet")
    (tmp_path / "secret").write_text("secret")
    (workspace / "out").symlink_to("../secret")
    commit(workspace, "first", {})
    assert refused(diff(backend, "out")) == (403, "outside_workspace")
    assert refused(at(backend, "out", "HEAD")) == (403, "outside_workspace")
    answer = backend.client.get("/api/file/history", params={"id": id_of("out")})
    assert refused(answer) == (403, "outside_workspace")
    assert refused(diff(backend, ".git/config")) == (422, "not_a_file")
