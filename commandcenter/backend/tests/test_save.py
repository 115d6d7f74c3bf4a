"""Saving and creating files: whole or not at all, as the file was, and never over somebody else's change."""

from __future__ import annotations

import contextlib
import os
import signal
import stat
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import Launch
from tests.services import Backend, bound_by_modes, id_of, poll, refused
from tests.test_files import read
from workbench.errors import ApiError
from workbench.files import save as saving
from workbench.files.confine import Confinement, Place
from workbench.files.content import read_file
from workbench.files.models import FileEdit
from workbench.files.save import create_file, save_file


def save(backend: Backend, path: str | bytes, text: str, version: str | None = None, **more: Any) -> httpx.Response:
    """Save over the version that is there, or over `version`."""
    version = read(backend, path).json()["version"] if version is None else version
    content = {"text": text, "version": version} | more
    return backend.client.put("/api/file", params={"id": id_of(path)}, json=content)


def create(backend: Backend, path: str, text: str = "") -> httpx.Response:
    return backend.client.post("/api/file", json={"path": path, "text": text})


def test_a_file_is_saved_and_told_as_it_is_now(backend: Backend, workspace: Path) -> None:
    (workspace / "plan.md").write_text("old")
    saved = save(backend, "plan.md", "new 🚀\n")
    assert saved.status_code == 200
    assert saved.json() == read(backend, "plan.md").json()
    assert (workspace / "plan.md").read_text() == "new 🚀\n"
    assert os.listdir(workspace) == ["plan.md"]


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbfmarked\n",
        "Grüße\r\nzwei\r\n".encode("utf-16"),
        b"one\r\ntwo\r\n",
        b"one\r\ntwo\nthree\r",
        b"Gr\xfc\xdfe \x80\x9f\n",
        b"form\x0cfeed \xe2\x80\xa8 separator\n",
        b"",
    ],
)
def test_no_byte_changes_but_those_that_were_edited(backend: Backend, workspace: Path, content: bytes) -> None:
    path = workspace / "file"
    path.write_bytes(content)
    shown = read(backend, "file").json()
    assert save(backend, "file", shown["text"]).json()["version"] == shown["version"]
    assert path.read_bytes() == content
    assert save(backend, "file", shown["text"] + "x").status_code == 200
    assert path.read_bytes()[: len(content)] == content
    assert save(backend, "file", shown["text"]).status_code == 200
    assert path.read_bytes() == content


def test_line_ends_can_be_changed_on_purpose(backend: Backend, workspace: Path) -> None:
    (workspace / "file").write_bytes(b"one\r\ntwo\n")
    assert save(backend, "file", "one\r\ntwo\n", newline="lf").json()["newline"] == "lf"
    assert (workspace / "file").read_bytes() == b"one\ntwo\n"
    save(backend, "file", "one\ntwo\r\n", newline="crlf")
    assert (workspace / "file").read_bytes() == b"one\r\ntwo\r\n"


def test_text_that_the_encoding_lacks_is_refused(backend: Backend, workspace: Path) -> None:
    (workspace / "file").write_bytes(b"Gr\xfc\xdfe")
    assert refused(save(backend, "file", "10 €")) == (422, "encoding_impossible")
    assert (workspace / "file").read_bytes() == b"Gr\xfc\xdfe"


def test_another_programs_change_is_not_overwritten(backend: Backend, workspace: Path) -> None:
    (workspace / "file").write_text("one")
    version = read(backend, "file").json()["version"]
    (workspace / "file").write_text("two")
    answer = save(backend, "file", "mine", version)
    assert refused(answer) == (409, "file_changed")
    assert answer.json()["detail"] == {"version": read(backend, "file").json()["version"], "text": "two"}
    assert (workspace / "file").read_text() == "two"
    (workspace / "file").unlink()
    assert refused(save(backend, "file", "mine", version)) == (404, "file_gone")


def test_of_many_saves_of_one_version_one_wins(backend: Backend, workspace: Path) -> None:
    (workspace / "file").write_text("start")
    version = read(backend, "file").json()["version"]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: save(backend, "file", f"text {n}", version), range(8)))
    won = [answer.json()["text"] for answer in answers if answer.status_code == 200]
    assert (len(won), sum(refused(a) == (409, "file_changed") for a in answers if a.is_error)) == (1, 7)
    assert (workspace / "file").read_text() == won[0]
    assert os.listdir(workspace) == ["file"]


def test_a_reader_never_meets_half_a_file(backend: Backend, workspace: Path) -> None:
    path, stop, seen = workspace / "file", threading.Event(), set()
    texts = ["a" * 1_000_000, "b" * 900_000]
    path.write_text(texts[0])

    def look() -> None:
        while not stop.is_set():
            seen.add(path.read_text())

    thread = threading.Thread(target=look)
    thread.start()
    try:
        for turn in range(1, 11):
            assert save(backend, "file", texts[turn % 2]).status_code == 200
    finally:
        stop.set()
        thread.join()
    assert seen <= set(texts)


@pytest.mark.skipif(not hasattr(os, "O_TMPFILE"), reason="this system has no files without a name")
def test_a_backend_that_is_killed_in_a_save_leaves_nothing_half_done(launch: Launch, workspace: Path) -> None:
    texts = ["a" * 2_000_000, "b" * 1_900_000]
    (workspace / "file").write_text(texts[0])
    one = launch()
    one.until_ready()

    def go_on() -> None:
        with contextlib.suppress(httpx.TransportError):
            for turn in range(1, 1_000_000):
                save(one, "file", texts[turn % 2])
                create(one, f"new-{turn}", texts[0])

    def stopped_in_a_save() -> bool:
        one.send(signal.SIGSTOP)
        if any(is_written(f"/proc/{one.pid}/fd/{handle}") for handle in os.listdir(f"/proc/{one.pid}/fd")):
            return True
        one.send(signal.SIGCONT)
        return False

    def is_written(handle: str) -> bool:
        """Whether this is about to become a file of the folder, but is not one yet."""
        with contextlib.suppress(FileNotFoundError):
            name = os.readlink(handle).removeprefix(f"{workspace}/")
            return name.startswith(".file.") or (name.startswith("#") and os.stat(handle).st_nlink == 0)
        return False

    thread = threading.Thread(target=go_on)
    thread.start()
    try:
        poll(stopped_in_a_save, "a save is under way")
    finally:
        one.signal(signal.SIGKILL)
        thread.join()
    assert (workspace / "file").read_text() in texts
    made = set(os.listdir(workspace)) - {"file"}
    assert all(name.startswith("new-") and (workspace / name).read_text() == texts[0] for name in made), made


def test_it_is_the_same_where_files_cannot_be_without_a_name(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbench.files.save._UNNAMED", None)
    inside = Confinement(str(workspace))
    made = create_file(inside, b"docs/plan.md", "old", read_only=False)
    with pytest.raises(ApiError, match="already"):
        create_file(inside, b"docs/plan.md", "another", read_only=False)
    saved = save_file(inside, b"docs/plan.md", FileEdit(text="new", version=made.version), read_only=False)
    with pytest.raises(ApiError, match="changed meanwhile"):
        save_file(inside, b"docs/plan.md", FileEdit(text="mine", version=made.version), read_only=False)
    assert (saved.text, (workspace / "docs/plan.md").read_text()) == ("new", "new")
    assert os.listdir(workspace / "docs") == ["plan.md"]


@pytest.mark.parametrize("unnamed", [True, False])
def test_the_answer_is_what_was_saved_whoever_writes_right_after(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, unnamed: bool
) -> None:
    if not unnamed:
        monkeypatch.setattr("workbench.files.save._UNNAMED", None)
    made_durable = saving._make_durable

    def then_another_writes(place: Place) -> None:
        made_durable(place)
        (workspace / place.name.decode()).write_text("theirs")

    monkeypatch.setattr("workbench.files.save._make_durable", then_another_writes)
    inside = Confinement(str(workspace))
    made = create_file(inside, b"plan.md", "mine", read_only=False)
    assert (made.text, made.size, made.writable) == ("mine", 4, True)
    theirs = read_file(inside, b"plan.md", read_only=False)
    saved = save_file(inside, b"plan.md", FileEdit(text="mine again", version=theirs.version), read_only=False)
    assert (saved.text, saved.size, saved.writable) == ("mine again", 10, True)
    # A next save made from it does not cover what the other wrote.
    with pytest.raises(ApiError, match="changed meanwhile"):
        save_file(inside, b"plan.md", FileEdit(text="mine once more", version=saved.version), read_only=False)


def test_mode_and_owner_are_kept(backend: Backend, workspace: Path) -> None:
    path = workspace / "run.sh"
    path.write_text("#!/bin/sh\n")
    path.chmod(0o4751)
    if os.geteuid() == 0:
        os.chown(path, 1234, 4321)
        path.chmod(0o4751)
    before = path.stat()
    assert save(backend, "run.sh", "#!/bin/sh\necho\n").status_code == 200
    after = path.stat()
    assert stat.S_IMODE(after.st_mode) == 0o4751
    assert (after.st_uid, after.st_gid) == (before.st_uid, before.st_gid)


def test_a_link_inside_stays_a_link_and_one_that_leads_out_is_refused(
    backend: Backend, workspace: Path, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("secret")
    (workspace / "real").write_text("old")
    (workspace / "link").symlink_to("real")
    (workspace / "out").symlink_to("../secret")
    (workspace / "made").symlink_to("../made outside")
    (workspace / "folder").symlink_to("..")
    assert save(backend, "link", "new").status_code == 200
    assert ((workspace / "link").is_symlink(), (workspace / "real").read_text()) == (True, "new")
    assert refused(save(backend, "out", "x", "v")) == (403, "outside_workspace")
    for path in ("made", "out", "folder/made", "folder/deeper/made"):
        assert refused(create(backend, path)) == (403, "outside_workspace"), path
    assert (tmp_path / "secret").read_text() == "secret"
    assert {path.name for path in tmp_path.iterdir()} == {"secret", "workspace"}


def test_a_new_file_is_made_with_its_folders_and_never_over_another(backend: Backend, workspace: Path) -> None:
    made = create(backend, "notes/2026/pläne 🚀.md", "# Plans\n")
    assert made.status_code == 201
    assert (workspace / "notes/2026/pläne 🚀.md").read_text() == "# Plans\n"
    assert made.json()["writable"]
    assert read(backend, "notes/2026/pläne 🚀.md").json() == made.json()
    assert refused(create(backend, "notes/2026/pläne 🚀.md")) == (409, "exists")
    assert refused(create(backend, "notes")) == (409, "exists")
    assert refused(create(backend, "x" * 256))[0] == 422
    (workspace / "file").write_text("x")
    assert create(backend, "file/below").status_code in (404, 409)


@pytest.mark.parametrize("path", [".git/hooks/pre-commit", "sub/.git/config", ".GIT/config"])
def test_git_is_not_written(backend: Backend, workspace: Path, path: str) -> None:
    assert refused(create(backend, path, "x")) == (403, "read_only")
    assert not list(workspace.iterdir())
    (workspace / path).parent.mkdir(parents=True)
    (workspace / path).write_text("x")
    assert not read(backend, path).json()["writable"]
    assert refused(save(backend, path, "y")) == (403, "read_only")


def test_a_read_only_project_is_not_written(launch: Launch, workspace: Path) -> None:
    (workspace / "file").write_text("old")
    one = launch(WORKSPACE_READ_ONLY="1")
    one.until_ready()
    shown = read(one, "file").json()
    assert (shown["writable"], shown["read_only_reason"]) == (False, "The project is read-only.")
    assert refused(save(one, "file", "new")) == (403, "read_only")
    assert refused(create(one, "new")) == (403, "read_only")
    assert ((workspace / "file").read_text(), os.listdir(workspace)) == ("old", ["file"])


def test_what_the_account_may_not_write_is_said_so(launch: Launch, workspace: Path) -> None:
    (workspace / "closed").mkdir()
    (workspace / "closed/file").write_text("old")
    (workspace / "closed").chmod(0o555)
    (workspace / "protected").write_text("old")
    (workspace / "protected").chmod(0o444)
    one = launch(under=bound_by_modes())
    one.until_ready()
    try:
        for path in ("closed/file", "protected"):
            assert not read(one, path).json()["writable"]
            assert refused(save(one, path, "new")) == (403, "read_only")
        assert refused(create(one, "closed/new")) == (403, "read_only")
        assert refused(create(one, "closed/new/below")) == (403, "read_only")
        assert (workspace / "closed/file").read_text() == (workspace / "protected").read_text() == "old"
    finally:
        (workspace / "closed").chmod(0o755)


def test_what_the_system_forbids_is_said_so(launch: Launch, workspace: Path) -> None:
    """A file system that is mounted for reading only: EROFS instead of a missing permission."""
    if os.geteuid() != 0:
        pytest.skip("only root mounts: run the tests as root for this one")
    (workspace / "file").write_text("old")
    mounted = ("unshare", "--mount", "--propagation", "private", "sh", "-c")
    script = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"'
    if subprocess.run([*mounted, script, str(workspace), "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("this machine lets nobody mount")
    one = launch(under=(*mounted, script, str(workspace)))
    one.until_ready()
    assert refused(save(one, "file", "new")) == (403, "read_only")
    assert refused(create(one, "new")) == (403, "read_only")
    assert ((workspace / "file").read_text(), os.listdir(workspace)) == ("old", ["file"])


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """A disk of 1 MiB at `folder`."""
    arguments = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(arguments, capture_output=True, check=False).returncode != 0:
        pytest.skip("only root mounts: run the tests as root, where it may, for this one")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_full_disk_leaves_the_original_and_nothing_beside_it(launch: Launch, workspace: Path) -> None:
    with small_disk(workspace):
        (workspace / "file").write_text("old " * 100_000)
        one = launch()
        one.until_ready()
        assert refused(save(one, "file", "new " * 250_000)) == (507, "disk_full")
        assert refused(create(one, "new", "new " * 250_000)) == (507, "disk_full")
        assert (workspace / "file").read_text() == "old " * 100_000
        assert os.listdir(workspace) == ["file"]
        assert save(one, "file", "fits").status_code == 200
        one.close()


def test_what_is_too_large_is_refused_and_the_largest_saved(backend: Backend, workspace: Path) -> None:
    (workspace / "file").write_text("x")
    largest = '"\n' * (1024 * 1024)
    assert save(backend, "file", largest).status_code == 200
    assert (workspace / "file").read_text() == largest
    assert refused(save(backend, "file", largest + "x")) == (422, "invalid_request")
    assert refused(save(backend, "file", "ü" * 1_100_000)) == (413, "too_large")
    assert refused(save(backend, "file", "\n" * 1_100_000, newline="crlf")) == (413, "too_large")
    body = b"x" * (5 * 1024 * 1024 + 1)
    answer = backend.client.put("/api/file", params={"id": id_of("file")}, content=body)
    assert refused(answer) == (413, "body_too_large")
    assert (workspace / "file").read_text() == largest


@pytest.mark.parametrize("text", [r'"nul \u0000"', r'"half \ud800"', "1", "null"])
def test_text_that_no_file_could_hold_is_refused(standing: Backend, text: str) -> None:
    content = f'{{"text": {text}, "version": "x"}}'.encode()
    headers = {"Content-Type": "application/json"}
    answer = standing.client.put("/api/file", params={"id": id_of("x")}, content=content, headers=headers)
    assert refused(answer) == (422, "invalid_request")


def test_only_text_is_saved(backend: Backend, workspace: Path) -> None:
    (workspace / "binary").write_bytes(b"\0\1")
    (workspace / "folder").mkdir()
    os.mkfifo(workspace / "pipe")
    assert refused(save(backend, "binary", "x")) == (422, "not_text")
    assert refused(save(backend, "folder", "x", "v")) == (422, "not_a_file")
    assert refused(save(backend, "pipe", "x", "v")) == (422, "not_a_file")
