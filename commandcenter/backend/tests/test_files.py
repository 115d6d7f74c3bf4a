"""Looking into the folder and reading files: every kind of name, content and link, and nothing outside of it."""

from __future__ import annotations

import base64
import os
import shutil
import socket
import stat
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import Launch
from tests.services import Backend, bound_by_modes, id_of, poll, refused
from tests.test_overview import digest, git, repository


def read(backend: Backend, path: str | bytes) -> httpx.Response:
    return backend.client.get("/api/file", params={"id": id_of(path)})


def entries(backend: Backend, path: str | bytes = b"", **params: Any) -> dict[str, dict[str, Any]]:
    answer = backend.client.get("/api/files", params={"id": id_of(path)} | params)
    assert answer.status_code == 200, answer.text
    return {entry["name"]: entry for entry in answer.json()["entries"]}


def test_a_folder_is_listed_folders_first(backend: Backend, workspace: Path) -> None:
    (workspace / "b").mkdir()
    (workspace / "A.py").write_text("x")
    (workspace / "a.unknown").write_text("four")
    listing = backend.client.get("/api/files").json()
    assert [(one["name"], one["kind"], one["size"], one["language"]) for one in listing["entries"]] == [
        ("b", "dir", None, None),
        ("A.py", "file", 1, "Python"),
        ("a.unknown", "file", 4, None),
    ]
    assert (listing["path"], listing["id"], listing["truncated"]) == ("", "", False)
    assert entries(backend, "b") == {}


def test_any_name_can_be_listed_and_read(backend: Backend, workspace: Path) -> None:
    names = [b"new\nline.py", "emoji 🚀".encode(), b"invalid \xff\xfe", b"-rf", b"quote'\"", b":(top)", b"*", b" "]
    names += [b"back\\slash", b"n" * 255]
    folder = os.fsencode(workspace) + b"/d\xffr"
    os.mkdir(folder)
    for name in names:
        Path(os.fsdecode(folder + b"/" + name)).write_bytes(name)
    found = backend.client.get("/api/files", params={"id": id_of(b"d\xffr")}).json()["entries"]
    assert len(found) == len(names)
    for entry in found:
        raw = backend.client.get("/api/file/raw", params={"id": entry["id"]})
        assert raw.content == base64.urlsafe_b64decode(entry["id"] + "==").rpartition(b"/")[2]
        assert raw.content in names
        assert backend.client.get("/api/file", params={"id": entry["id"]}).json()["name"] == entry["name"]
    assert "invalid \ufffd\ufffd" in {entry["name"] for entry in found}


@pytest.mark.parametrize("path", ["..", "../x", "a/../b", "/etc/passwd", "a//b", "./a", "a/", "a\0b", "x" * 4097])
def test_ids_lead_nowhere_but_into_the_folder(standing: Backend, path: str) -> None:
    for route in ("/api/files", "/api/file", "/api/file/raw"):
        answer = standing.client.get(route, params={"id": id_of(path)})
        assert answer.status_code == 422
        assert answer.json()["code"] in ("file_id_invalid", "invalid_request")
    saved = standing.client.put("/api/file", params={"id": id_of(path)}, json={"text": "", "version": ""})
    assert saved.status_code == 422
    made = standing.client.post("/api/file", json={"path": path, "text": ""})
    assert made.status_code == 422, made.text


@pytest.mark.parametrize("given", ["=", "a", "Li4", "%%%", "YQ==", "ü", "YR"])
def test_only_ids_as_the_api_writes_them_are_taken(standing: Backend, given: str) -> None:
    assert refused(standing.client.get("/api/file", params={"id": given})) == (422, "file_id_invalid")


def test_links_inside_are_followed_and_those_that_lead_out_are_not(
    backend: Backend, workspace: Path, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("secret")
    (workspace / "sub/deep").mkdir(parents=True)
    (workspace / "sub/file").write_text("inside")
    links = {
        "in": "sub/file",
        "absolute in": str(workspace / "sub/file"),
        "folder in": "sub",
        "up and in": "sub/deep/../file",
        "out": "../secret",
        "absolute out": str(tmp_path / "secret"),
        "folder out": "..",
        "out and in again": f"../{workspace.name}/sub/file",
        "broken": "nowhere",
        "self": "self",
        "ping": "pong",
        "pong": "ping",
        "proc": "/proc/self/root/etc/passwd",
    }
    for name, target in links.items():
        (workspace / name).symlink_to(target)
    found = entries(backend)
    assert {name for name in links if found[name]["outside"]} == {
        "out", "absolute out", "folder out", "out and in again", "proc",
    }  # fmt: skip
    assert {name: found[name]["target_kind"] for name in ("in", "folder in", "broken", "self", "out")} == {
        "in": "file", "folder in": "dir", "broken": None, "self": None, "out": None,
    }  # fmt: skip
    assert all(found[name]["error"] for name in ("broken", "self", "out"))
    for name in ("in", "absolute in", "folder in/file", "up and in", "folder in/deep/../file".replace("/deep/..", "")):
        assert read(backend, name).json()["text"] == "inside", name
    for name in ("out", "absolute out", "folder out/secret", "out and in again", "proc"):
        assert refused(read(backend, name)) == (403, "outside_workspace"), name
        raw = backend.client.get("/api/file/raw", params={"id": id_of(name)})
        assert refused(raw) == (403, "outside_workspace")
    assert refused(read(backend, "broken")) == (404, "file_gone")
    assert refused(read(backend, "self")) == (422, "link_loop")
    assert refused(read(backend, "ping")) == (422, "link_loop")
    assert entries(backend, "folder in").keys() == {"deep", "file"}
    answer = backend.client.get("/api/files", params={"id": id_of("folder out")})
    assert refused(answer) == (403, "outside_workspace")


def test_a_folder_swapped_for_a_link_never_shows_what_lies_outside(
    backend: Backend, workspace: Path, tmp_path: Path
) -> None:
    """One program swaps a folder and a link that leads out as fast as it can, while the page reads through it."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").write_text("SECRET")
    real, link = workspace / "real", workspace / "link"
    real.mkdir()
    (real / "file").write_text("harmless")
    link.symlink_to(outside)
    here, stop = workspace / "here", threading.Event()

    def swap() -> None:
        while not stop.is_set():
            for one in (real, link):
                os.rename(one, here)
                os.rename(here, one)

    thread = threading.Thread(target=swap)
    thread.start()
    try:
        seen = [read(backend, "here/file").json() for _ in range(300)]
    finally:
        stop.set()
        thread.join()
    assert {one.get("text") for one in seen} <= {"harmless", None}
    assert {one.get("code") for one in seen} <= {None, "file_gone", "outside_workspace"}


def test_pipes_sockets_and_devices_are_shown_and_never_opened(backend: Backend, workspace: Path) -> None:
    os.mkfifo(workspace / "pipe")
    with socket.socket(socket.AF_UNIX) as special:
        here = os.getcwd()
        os.chdir(workspace)
        special.bind("socket")
        os.chdir(here)
    names = ["pipe", "socket"]
    if os.geteuid() == 0:
        os.mknod(workspace / "device", stat.S_IFCHR | 0o666, os.makedev(1, 5))
        names.append("device")
    found = entries(backend)
    for name in names:
        assert found[name]["kind"] == "other"
        assert refused(read(backend, name)) == (422, "not_a_file")
        assert refused(backend.client.get("/api/file/raw", params={"id": id_of(name)})) == (422, "not_a_file")
    assert refused(read(backend, "")) == (422, "not_a_file")


def test_a_folder_is_no_file_and_a_file_no_folder(backend: Backend, workspace: Path) -> None:
    (workspace / "file").write_text("x")
    (workspace / "folder").mkdir()
    assert refused(read(backend, "folder")) == (422, "not_a_file")
    assert refused(backend.client.get("/api/files", params={"id": id_of("file")})) == (422, "not_a_folder")
    assert refused(read(backend, "file/below")) == (404, "file_gone")
    assert refused(read(backend, "absent/below")) == (404, "file_gone")


def test_a_2_gb_file_is_described_and_not_read(backend: Backend, workspace: Path) -> None:
    with (workspace / "huge.sql").open("wb") as file:
        file.truncate(2 * 1024**3)
    described = read(backend, "huge.sql").json()
    assert (described["kind"], described["text"], described["size"]) == ("too_large", None, 2 * 1024**3)
    assert not described["writable"]
    assert refused(backend.client.get("/api/file/raw", params={"id": id_of("huge.sql")})) == (413, "too_large")


def test_files_that_vanish_while_they_are_read(backend: Backend, workspace: Path) -> None:
    """Every answer is the whole file or says that it is gone; listings never fail."""
    one, stop = workspace / "one", threading.Event()

    def flicker() -> None:
        while not stop.is_set():
            one.write_text("whole")
            one.unlink()

    thread = threading.Thread(target=flicker)
    thread.start()
    try:
        seen = [read(backend, "one") for _ in range(200)]
        for _ in range(50):
            entries(backend)
    finally:
        stop.set()
        thread.join()
    assert {answer.status_code for answer in seen} <= {200, 404}
    assert {answer.json().get("code") for answer in seen if answer.status_code == 404} <= {"file_gone"}
    assert {answer.json().get("text") for answer in seen} <= {"whole", "", None}


@pytest.mark.parametrize(
    ("content", "encoding", "newline", "text"),
    [
        (b"", "utf-8", "lf", ""),
        ("Grüße 🚀\n".encode(), "utf-8", "lf", "Grüße 🚀\n"),
        (b"\xef\xbb\xbfmarked", "utf-8-sig", "lf", "marked"),
        ("Grüße\r\n".encode("utf-16"), "utf-16-le", "crlf", "Grüße\n"),
        (b"\xfe\xff" + "Grüße".encode("utf-16-be"), "utf-16-be", "lf", "Grüße"),
        (b"one\r\ntwo\r\n", "utf-8", "crlf", "one\ntwo\n"),
        (b"one\r\ntwo\n", "utf-8", "mixed", "one\r\ntwo\n"),
        (b"one\rtwo", "utf-8", "mixed", "one\rtwo"),
        (b"Gr\xfc\xdfe\n", "latin-1", "lf", "Grüße\n"),
    ],
)
def test_encodings_and_line_ends(
    backend: Backend, workspace: Path, content: bytes, encoding: str, newline: str, text: str
) -> None:
    (workspace / "file.txt").write_bytes(content)
    file = read(backend, "file.txt").json()
    assert (file["kind"], file["encoding"], file["newline"], file["text"]) == ("text", encoding, newline, text)
    assert file["encoding_guessed"] == (encoding == "latin-1")
    assert file["writable"]


@pytest.mark.parametrize(
    "content",
    [b"\x7fELF\0\0", b"a\0b", b"\xff\xfe\x00\xd8", b"\xff\xfea", bytes(range(1, 256)) * 4, b"\x89PNG\r\n\x1a\n\0"],
)
def test_what_is_no_text_is_binary(backend: Backend, workspace: Path, content: bytes) -> None:
    (workspace / "file").write_bytes(content)
    file = read(backend, "file").json()
    assert (file["kind"], file["text"], file["writable"]) == ("binary", None, False)
    assert file["read_only_reason"]


def test_raw_bytes_cannot_run_as_a_page(backend: Backend, workspace: Path) -> None:
    (workspace / "image.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>")
    (workspace / "photo.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (workspace / 'pa"ge;\n.html').write_text("<script>alert(1)</script>")
    kinds = {"image.svg": ("image/svg+xml", "inline"), "photo.png": ("image/png", "inline")}
    for name in ("image.svg", "photo.png", 'pa"ge;\n.html'):
        answer = backend.client.get("/api/file/raw", params={"id": id_of(name)})
        media, shown = kinds.get(name, ("application/octet-stream", "attachment"))
        assert answer.headers["content-type"] == media
        assert answer.headers["content-disposition"].startswith(shown + ";")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
        assert answer.content == (workspace / name).read_bytes()
    assert (read(backend, "image.svg").json()["kind"], read(backend, "photo.png").json()["kind"]) == ("image", "image")
    assert read(backend, "image.svg").json()["text"].startswith("<svg")


@pytest.mark.parametrize("with_git", [True, False])
def test_ignored_entries_are_left_out_unless_asked_for(backend: Backend, workspace: Path, with_git: bool) -> None:
    if with_git:
        git(workspace, "init", "--quiet")
    (workspace / ".gitignore").write_text("*.log\nbuilt/\n:(top)\n")
    (workspace / "sub/built").mkdir(parents=True)
    (workspace / "sub/.gitignore").write_text("!kept.log\n")
    (workspace / "node_modules").mkdir()
    for name in ("a.log", "sub/kept.log", "sub/b.log", ":(top)", "sub/built/c"):
        (workspace / name).write_text("x")
    assert entries(backend).keys() == {".gitignore", "sub"}
    assert entries(backend, "sub").keys() == {".gitignore", "kept.log"}
    everything = entries(backend, "sub", show_ignored=True)
    assert {name: one["ignored"] for name, one in everything.items()} == {
        ".gitignore": False, "kept.log": False, "b.log": True, "built": True,
    }  # fmt: skip
    assert entries(backend, "sub/built", show_ignored=True)["c"]["ignored"]


def test_a_folder_of_100000_files_is_listed_in_part(backend: Backend, workspace: Path) -> None:
    root = os.open(workspace, os.O_RDONLY)
    for number in range(100_000):
        os.close(os.open(f"{number:06}", os.O_CREAT | os.O_WRONLY, dir_fd=root))
    os.mkdir("zz", dir_fd=root)
    os.close(root)
    listing = backend.client.get("/api/files").json()
    assert (len(listing["entries"]), listing["truncated"]) == (5_000, True)
    assert [one["name"] for one in listing["entries"][:2]] == ["zz", "000000"]


def test_looking_changes_nothing(launch: Launch, workspace: Path) -> None:
    repository(workspace)
    (workspace / "main.py").touch()
    before = digest(workspace)
    one = launch()
    one.until_ready()
    entries(one)
    read(one, "main.py")
    one.client.get("/api/file/raw", params={"id": id_of("main.py")})
    assert digest(workspace) == before


def test_a_folder_that_went_away_is_said_so(backend: Backend, workspace: Path) -> None:
    shutil.rmtree(workspace)
    assert refused(backend.client.get("/api/files")) == (404, "file_gone")


def test_what_the_account_may_not_read_is_said_so(launch: Launch, workspace: Path) -> None:
    one = launch(under=bound_by_modes())
    (workspace / "closed").mkdir(mode=0o700)
    (workspace / "secret").write_text("x")
    for path in ("closed", "secret"):
        (workspace / path).chmod(0o000)
    one.until_ready()
    try:
        found = entries(one)
        assert found["closed"]["error"]
        assert refused(read(one, "secret")) == (403, "file_unreadable")
        assert refused(read(one, "closed/file")) == (403, "file_unreadable")
        answer = one.client.get("/api/files", params={"id": id_of("closed")})
        assert refused(answer) == (403, "file_unreadable")
        poll(lambda: one.client.get("/api/overview").json()["state"] == "fresh", "the overview is not disturbed")
    finally:
        (workspace / "closed").chmod(0o700)
