"""Searching through the API, on a folder that tests share because they only ask."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.conftest import make_database
from tests.services import Backend, Postgres, Redis
from workbench.search.grams import LONG, codes_of

FILES = {
    "src/server.py": "import http\n\n\ndef get_config(path):\n    return parse(path)\n\n\nclass HTTPServer:\n ...\n",
    "src/client.ts": "// talks to the server\r\nexport function getConfig() {}\r\nconst retries = 12345678;\r\n",
    "docs/guide.md": "# Über die Straße\n\nDas 🚀 Config-Format: größer, kleiner.\nΟΔΟΣ\n",
    "docs/deep/notes.txt": "one two\nthree\ntwo three one\nalpha beta\n",
    "tests/test_server.py": "from src import server\n\n\ndef test_get_config():\n    assert server.get_config('x')\n",
    "long.min.js": "var a=1;" * 3000 + "needleInHaystack();" + "var b=2;" * 3000 + "\n",
    "empty.txt": "",
    "alike.txt": "ckyzk\n",
    "many.txt": "".join(f"manyfold {number}\n" for number in range(60)),
    "deep/many.txt": "manyfold 0\n",
    "[id]/many.txt": "manyfold 0\n",
    "marks.txt": "{}[]()\n100% _sure_ \\d 'quoted'\n",
}


@pytest.fixture(scope="module")
def folder(postgres: Postgres, redis: Redis, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backend]:
    root = tmp_path_factory.mktemp("searched")
    for name, content in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content.encode())
    (root / "latin.txt").write_bytes("caf\xe9 latin\n".encode("latin-1"))
    (root / "wide.txt").write_bytes("wide utfsixteen text\n".encode("utf-16"))
    one = Backend(root, make_database(postgres), redis.url)
    one.index(lambda status: status["files"] == len(FILES) + 2)
    yield one
    one.close()


def only(found: dict[str, Any]) -> dict[str, Any]:
    assert len(found["files"]) == 1, found
    file: dict[str, Any] = found["files"][0]
    return file


def marked(match: dict[str, Any]) -> list[str]:
    """What is marked in a line, sliced as JavaScript slices."""
    wide = match["text"].encode("utf-16-le")
    return [wide[2 * start : 2 * end].decode("utf-16-le") for start, end in match["ranges"]]


def test_words_are_found_in_any_order_and_inside_identifiers(folder: Backend) -> None:
    assert folder.paths("config") == ["docs/guide.md", "src/server.py", "tests/test_server.py"]
    assert folder.paths("config get") == ["src/server.py", "tests/test_server.py"]
    assert folder.paths("CONFIG Parse") == ["src/server.py"]
    assert folder.paths("config absent") == []
    assert folder.paths("conf ") == []


def test_the_last_word_may_be_unfinished(folder: Backend) -> None:
    assert folder.paths("retr") == ["src/client.ts"]
    assert folder.paths("import htt") == ["src/server.py"]
    assert folder.paths("htt import") == []


def test_words_with_marks_between_them_stand_together(folder: Backend) -> None:
    assert folder.paths("get_config") == ["src/server.py", "tests/test_server.py"]
    assert folder.paths("two_three") == []
    assert folder.paths("12345678") == ["src/client.ts"]
    assert folder.paths("1234567") == ["src/client.ts"]
    assert folder.paths("2345678") == []


def test_case_can_be_asked_for(folder: Backend) -> None:
    assert folder.paths("Config", case=True) == ["docs/guide.md"]
    assert folder.paths("getconfig", mode="exact") == ["src/client.ts"]
    assert folder.paths("getconfig", mode="exact", case=True) == []
    assert folder.paths("getConfig", mode="exact", case=True) == ["src/client.ts"]


def test_exact_text_is_found_inside_words_and_over_marks(folder: Backend) -> None:
    assert folder.paths("onfi", mode="exact") == [
        "docs/guide.md", "src/client.ts", "src/server.py", "tests/test_server.py",
    ]  # fmt: skip
    assert folder.paths("et_config(", mode="exact") == ["src/server.py", "tests/test_server.py"]
    assert folder.paths("two three one", mode="exact") == ["docs/deep/notes.txt"]
    assert folder.paths("one\nthree", mode="exact") == []
    assert folder.paths("two\nthree", mode="exact") == ["docs/deep/notes.txt"]
    assert folder.paths("()", mode="exact", path="*.[tp]*") == ["marks.txt", "src/client.ts", "tests/test_server.py"]
    for marks in ("100% _", "\\d", "'quoted'", "{}[", "% _sure_ \\"):
        assert folder.paths(marks, mode="exact") == ["marks.txt"], marks


def test_other_alphabets_and_encodings(folder: Backend) -> None:
    assert folder.paths("ÜBER") == ["docs/guide.md"]
    assert folder.paths("größer") == ["docs/guide.md"]
    assert folder.paths("οδος") == ["docs/guide.md"]
    assert folder.paths("🚀", mode="exact") == ["docs/guide.md"]
    assert folder.paths("latin") == ["latin.txt"]
    assert folder.paths("utfsixteen") == ["wide.txt"]


def test_patterns(folder: Backend) -> None:
    assert folder.paths(r"def \w+_config\(", mode="regex") == ["src/server.py", "tests/test_server.py"]
    assert folder.paths(r"^class HTTP(Server|Client):$", mode="regex") == ["src/server.py"]
    assert folder.paths(r"^two", mode="regex") == ["docs/deep/notes.txt"]
    assert folder.paths(r"HTTP|three", mode="regex", case=True) == ["docs/deep/notes.txt", "src/server.py"]
    assert folder.paths(r"one[^x]three", mode="regex") == []
    assert folder.paths(r"\pL+-Format", mode="regex") == ["docs/guide.md"]


def test_a_pattern_that_would_run_for_ages_elsewhere_answers(folder: Backend) -> None:
    assert folder.paths("(a+)+$b", mode="regex") == []
    assert folder.paths("(.*)*(.*)*(.*)*needle(.*)*x$", mode="regex") == []


@pytest.mark.parametrize(
    ("pattern", "position"), [("a(b", None), ("[z-a]", 1), ("x(?<=y)", 1), ("*a", 0), ("ab\\1", 2), ("a{2,1}", 1)]
)
def test_a_wrong_pattern_is_named_with_its_place(folder: Backend, pattern: str, position: int | None) -> None:
    answer = folder.client.get("/api/search", params={"q": pattern, "mode": "regex"})
    assert (answer.status_code, answer.json()["code"]) == (422, "search_pattern_invalid")
    if position is not None:
        assert answer.json()["detail"]["position"] == position, answer.json()
        assert f"character {position + 1}" in answer.json()["message"]


def test_lines_come_with_place_marks_and_context(folder: Backend) -> None:
    match = only(folder.search("parse", path="src"))["matches"][0]
    assert (match["line"], match["column"], match["text"]) == (5, 12, "    return parse(path)")
    assert marked(match) == ["parse"]
    assert (match["before"], match["after"]) == (["", "def get_config(path):"], ["", ""])
    assert not match["cut_start"]
    assert not match["cut_end"]
    first = only(folder.search("talks"))["matches"][0]
    assert (first["before"], first["after"]) == (
        [],
        ["export function getConfig() {}", "const retries = 12345678;"],
    )


def test_positions_are_those_of_javascript(folder: Backend) -> None:
    match = only(folder.search("format kleiner"))["matches"][0]
    assert marked(match) == ["Format", "kleiner"]
    assert match["column"] == len("Das xx Config-") + 1


def test_of_many_lines_those_with_most_words_are_shown(folder: Backend) -> None:
    matches = only(folder.search("one two three"))["matches"]
    assert [match["line"] for match in matches] == [1, 2, 3]
    assert marked(matches[2]) == ["two", "three", "one"]


@pytest.mark.parametrize(("q", "mode"), [("manyfold", "words"), ("anyfold", "exact"), (r"many\w+ \d", "regex")])
def test_a_search_that_is_narrowed_to_one_file_shows_all_its_lines(folder: Backend, q: str, mode: str) -> None:
    first = next(file for file in folder.search(q, mode=mode)["files"] if file["path"] == "many.txt")
    assert first["more_matches"] > 0
    alone = only(folder.search(q, mode=mode, path="/many.txt"))
    assert [match["line"] for match in alone["matches"]] == list(range(1, 61))
    assert alone["more_matches"] == 0


def test_a_long_line_is_cut_round_the_match(folder: Backend) -> None:
    match = only(folder.search("needleInHaystack"))["matches"][0]
    assert marked(match) == ["needleInHaystack"]
    assert match["cut_start"]
    assert match["cut_end"]
    assert len(match["text"]) < 500
    assert match["column"] == 8 * 3000 + 1


def test_path_and_language_narrow(folder: Backend) -> None:
    assert folder.paths("config", path="*.py") == ["src/server.py", "tests/test_server.py"]
    assert folder.paths("config", path="src/*") == ["src/server.py"]
    assert folder.paths("config", path="tests/") == ["tests/test_server.py"]
    assert folder.paths("one", path="docs/**/*.txt") == ["docs/deep/notes.txt"]
    assert folder.paths("config", path="serv") == ["src/server.py", "tests/test_server.py"]
    assert folder.paths("config", path="[t-z]*.py") == ["tests/test_server.py"]
    assert folder.paths("config", language="Python") == ["src/server.py", "tests/test_server.py"]
    assert folder.paths("onfig", mode="exact", language="TypeScript") == ["src/client.ts"]
    assert folder.paths("manyfold", path="many.txt") == ["[id]/many.txt", "deep/many.txt", "many.txt"]
    assert folder.paths("manyfold", path="/many.txt") == ["many.txt"]
    assert folder.paths("manyfold", path="/deep") == ["deep/many.txt"]
    assert folder.paths("manyfold", path="/dee") == []
    assert folder.paths("manyfold", path="[id]/many.txt") == ["[id]/many.txt"]
    assert folder.paths("manyfold", path="/[id]/many.txt") == ["[id]/many.txt"]
    for odd in ("[", "**", "/", "\\", "a[b", "%", "(", "*" * 200):
        folder.search("config", path=odd)


def test_without_words_files_are_listed_by_path(folder: Backend) -> None:
    found = folder.search("", path="docs/")
    assert [file["path"] for file in found["files"]] == ["docs/deep/notes.txt", "docs/guide.md"]
    assert (found["total"], found["total_is_exact"], found["truncated"]) == (2, True, False)
    assert found["files"][0]["matches"] == []


def test_pages_cover_everything_once(folder: Backend) -> None:
    for parameters in ({"q": "", "mode": "words"}, {"q": "e", "mode": "exact"}, {"q": "config", "mode": "words"}):
        whole = folder.client.get("/api/search", params=parameters).json()
        paths = [file["path"] for file in whole["files"]]
        pages = []
        for offset in range(0, len(paths) + 2, 2):
            page = folder.client.get("/api/search", params=parameters | {"limit": 2, "offset": offset}).json()
            pages += [file["path"] for file in page["files"]]
            assert page["truncated"] == (offset + 2 < len(paths))
        assert sorted(pages) == sorted(paths)


def test_an_answer_that_is_not_whole_says_so_and_patience_makes_it_whole(folder: Backend) -> None:
    whole = folder.search("e", mode="regex", patience=5000)
    assert (whole["unfinished"], whole["total_is_exact"]) == (False, True)
    assert whole["looked_into"] == whole["candidates"]
    hasty = folder.search("e", mode="regex", patience=1)
    if hasty["unfinished"]:
        assert hasty["looked_into"] < hasty["candidates"]
        assert not hasty["total_is_exact"]
        assert hasty["truncated"]
    else:
        assert hasty["total"] == whole["total"]
    assert {file["path"] for file in hasty["files"]} <= {file["path"] for file in whole["files"]}
    for wrong in (0, 5001):
        answer = folder.client.get("/api/search", params={"q": "e", "patience": wrong})
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


@pytest.mark.parametrize("mode", ["exact", "regex"])
def test_of_a_short_text_no_file_is_looked_into_that_only_looks_alike_to_the_index(folder: Backend, mode: str) -> None:
    assert codes_of(b"pbkdf", LONG) == codes_of(b"ckyzk", LONG)
    assert folder.paths("ckyzk", mode=mode) == ["alike.txt"]
    assert folder.search("pbkdf", mode=mode)["candidates"] == 0


def test_a_full_page_is_not_unfinished(folder: Backend) -> None:
    page = folder.search("e", mode="regex", limit=2)
    assert len(page["files"]) == 2
    assert (page["truncated"], page["unfinished"]) == (True, False)


@pytest.mark.parametrize("mode", ["words", "exact", "regex"])
@pytest.mark.parametrize(
    "q", ["'", "& | !", ":*", "a:b'c", "%", "_", "  ", "\t", "\N{GRINNING FACE}", "-", "a\0b", "ſ", "İ"]
)
def test_no_text_is_an_error(folder: Backend, q: str, mode: str) -> None:
    answer = folder.client.get("/api/search", params={"q": q, "mode": mode})
    assert answer.status_code in (200, 422), answer.text
    assert answer.status_code == 200 or mode == "regex"


def test_files_by_letters_of_their_path(folder: Backend) -> None:
    def finder(q: str) -> list[dict[str, Any]]:
        files: list[dict[str, Any]] = folder.client.get("/api/search/files", params={"q": q}).json()["files"]
        return files

    best = finder("serv")[0]
    assert (best["path"], best["ranges"]) == ("src/server.py", [[4, 8]])
    assert [file["path"] for file in finder("dgm")] == ["docs/guide.md"]
    assert [file["path"] for file in finder("docs txt")] == ["docs/deep/notes.txt"]
    assert finder("zzz") == []
    assert len(finder("")) == len(FILES) + 2
    for odd in ("%", "_", "\\", "'"):
        assert all(odd in file["path"] for file in finder(odd))


def test_a_file_is_named_by_the_id_that_opens_it(folder: Backend) -> None:
    found = only(folder.search("parse", path="src"))
    assert folder.client.get("/api/file", params={"id": found["id"]}).json()["path"] == "src/server.py"
