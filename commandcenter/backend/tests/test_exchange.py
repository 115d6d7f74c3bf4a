"""Notes and tasks as Markdown: out, and back without loss."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.conftest import Launch, make_database
from tests.services import Backend, Postgres, id_of, refused
from workbench.exchange.markdown import Item, read, write
from workbench.exchange.models import IMPORT_MAX

LINES = st.sampled_from(
    [
        "",
        "\r",
        "text",
        "## heading",
        "<!-- cchub:end -->",
        "\\<!-- cchub:end -->",
        '<!-- cchub:note {"id": "x"} -->',
        '<!-- cchub:past {"of": "x"} -->',
        "\\",
    ]
)
BODIES = st.one_of(st.text(max_size=200), st.lists(LINES, max_size=8).map("\n".join))
TITLES = st.text(min_size=1, max_size=50)
VALUES = st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner, max_size=3))
RESTS = st.dictionaries(st.text(max_size=8).filter(lambda key: key != "title"), VALUES, max_size=4)
ITEMS = st.builds(Item, st.sampled_from(["note", "task"]), TITLES, BODIES, RESTS)


@settings(max_examples=500, deadline=None)
@given(st.lists(ITEMS, max_size=4))
@example([Item("note", "-->", "<!-- cchub:end -->\n", {"x": "--> <!-- "})])
def test_what_is_written_is_read_back(items: list[Item]) -> None:
    assert read(write(items)) == items


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(LINES, st.text(max_size=30), st.just("<!-- cchub:task {} -->")), max_size=12))
def test_no_text_stops_the_reading(lines: list[str]) -> None:
    for one in read("\n".join(lines)):
        assert one.title is not None if isinstance(one, Item) else one.why


@given(st.lists(st.dictionaries(st.text(max_size=8).filter(lambda key: key != "of"), VALUES, max_size=3), max_size=3))
def test_earlier_versions_are_read_back(past: list[dict[str, Any]]) -> None:
    items = [Item("note", "a", "b", {"id": "1"}), Item("task", "t", "", {"id": "2"}, past)]
    assert read(write(items)) == items


def exported(backend: Backend) -> str:
    answer = backend.client.get("/api/notes/export")
    assert answer.headers["content-type"].startswith("text/markdown")
    return answer.content.decode()


def take_in(backend: Backend, text: str) -> dict[str, Any]:
    answer = backend.client.post("/api/notes/import", json={"text": text})
    assert answer.status_code == 200, answer.text
    counted: dict[str, Any] = answer.json()
    return counted


def everything(backend: Backend) -> Any:
    """All that is exported, without the version, which starts anew."""
    notes = backend.client.get("/api/notes", params={"limit": 200}).json()["notes"]
    tasks = backend.client.get("/api/tasks").json()["tasks"]
    return json.loads(
        json.dumps([notes, tasks]), object_hook=lambda one: one | ({"version": 0} if "version" in one else {})
    )


def fill(backend: Backend) -> None:
    link = {"id": id_of(b"odd \xff.py"), "line": 3}
    notes: list[dict[str, Any]] = [
        {"title": "plain", "body": "## heading\n\ntext\n"},
        {
            "title": "two\nlines -->",
            "body": "<!-- cchub:end -->\r\n\\<!-- cchub:end -->",
            "pinned": True,
            "links": [link],
        },
        {"title": "  spaces  ", "body": "\n\n\n"},
        {"title": "separators", "body": "a\x0bb\x0cc\x1dd\x85e\u2028f\rg\r\nh"},
    ]
    for note in notes:
        assert backend.client.post("/api/notes", json=note).status_code == 201
    made = []
    for number, column in enumerate(("todo", "done", "todo", "doing")):
        task = {
            "title": f"task {number}",
            "column": column,
            "labels": ["ü b", "-->"],
            "due": "2027-01-31",
            "links": [link],
        }
        made.append(backend.client.post("/api/tasks", json=task | {"body": "- [ ] one\n"}).json())
    to = {"column": "todo", "before": made[0]["id"], "version": 1}
    assert backend.client.post(f"/api/tasks/{made[2]['id']}/move", json=to).status_code == 200
    kept = backend.client.get("/api/notes", params={"q": "separators"}).json()["notes"][0]
    for version, (title, body) in enumerate(
        [("-->\nearlier", "<!-- cchub:end -->\u2028\n"), (kept["title"], kept["body"])], 1
    ):
        edit = {"title": title, "body": body, "version": version}
        assert backend.client.put(f"/api/notes/{kept['id']}", json=edit).status_code == 200


def histories(backend: Backend) -> dict[str, Any]:
    """What every note and task was, without the numbers of the versions."""
    found = {}
    for kind in ("notes", "tasks"):
        for one in backend.client.get(f"/api/{kind}").json()[kind]:
            history = backend.client.get(f"/api/{kind}/{one['id']}/history", params={"limit": 200}).json()
            found[one["id"]] = [
                {name: value for name, value in version.items() if name != "version"} for version in history
            ]
    return found


def test_another_workbench_has_the_history_after_an_import(launch: Launch, postgres: Postgres) -> None:
    one, other = launch(), launch(postgres_url=make_database(postgres))
    for backend in (one, other):
        backend.until_ready()
    fill(one)
    text = exported(one)
    take_in(other, text)
    there = histories(other)
    assert there == histories(one)
    assert sorted(map(len, there.values())) == [1, 1, 1, 1, 1, 1, 2, 3]
    note = next(one for one, history in there.items() if len(history) == 3)
    restored = other.client.post(f"/api/notes/{note}/restore", json={"version": 2}).json()
    assert (restored["title"], restored["version"]) == ("-->\nearlier", 4)
    # What is here already keeps the history that it has.
    take_in(other, text)
    assert len(histories(other)[note]) == 5


def test_of_a_long_history_the_newest_versions_are_exported(launch: Launch, postgres: Postgres) -> None:
    one, other = launch(), launch(postgres_url=make_database(postgres))
    for backend in (one, other):
        backend.until_ready()
    note = one.client.post("/api/notes", json={"title": "1", "body": "x" * 200_000}).json()
    for version in range(1, 30):
        edit = {"title": f"{version + 1}", "body": "x" * 200_000, "version": version}
        assert one.client.put(f"/api/notes/{note['id']}", json=edit).status_code == 200
    text = exported(one)
    assert len(text) < IMPORT_MAX / 2
    assert take_in(other, text)["notes"] == 1
    titles = [version["title"] for version in histories(other)[note["id"]]]
    assert titles == [f"{30 - number}" for number in range(len(titles))]
    assert 5 < len(titles) < 30


def test_earlier_versions_that_cannot_be_read_are_named(backend: Backend) -> None:
    own = "0b0e3a52-5f0f-4a5c-8a2c-0d6f5f3f8a11"
    text = f"""## Kept
<!-- cchub:note {{"id": "{own}"}} -->
body
<!-- cchub:end -->
<!-- cchub:past {{"of": "{own}", "at": "2026-01-01T00:00:00Z", "title": "Before", "body": "b"}} -->
<!-- cchub:past {{"of": "{own}", "at" }} -->
<!-- cchub:past {{"of": "of a note that is not here"}} -->
"""
    done = take_in(backend, text)
    assert (done["notes"], done["skipped"], done["problems"]) == (1, 1, ["line 6: its comment is no JSON"])
    assert [version["title"] for version in histories(backend)[own]] == ["Kept", "Before"]


def test_another_workbench_has_it_all_after_an_import(launch: Launch, postgres: Postgres) -> None:
    one, other = launch(), launch(postgres_url=make_database(postgres))
    for backend in (one, other):
        backend.until_ready()
    fill(one)
    text = exported(one)
    assert take_in(other, text) == {"notes": 4, "tasks": 4, "skipped": 0, "problems": []}
    assert everything(other) == everything(one)
    assert exported(other) == text
    assert take_in(one, text) == {"notes": 0, "tasks": 0, "skipped": 8, "problems": []}


def test_what_was_edited_by_hand_becomes_a_new_version(backend: Backend) -> None:
    fill(backend)
    text = exported(backend).replace("## plain\n", "## renamed\n").replace("- [ ] one", "- [x] one", 1)
    text = text.replace("\n", "\r\n", 3) + "\nand a line of my own\n"
    assert take_in(backend, text) == {"notes": 1, "tasks": 1, "skipped": 6, "problems": []}
    renamed = next(n for n in backend.client.get("/api/notes").json()["notes"] if n["title"] == "renamed")
    history = backend.client.get(f"/api/notes/{renamed['id']}/history").json()
    assert [one["title"] for one in history] == ["renamed", "plain"]


def test_items_by_hand_are_new_and_bad_ones_are_named(backend: Backend) -> None:
    text = """## By hand
<!-- cchub:note {} -->
body
<!-- cchub:end -->
## On the board
<!-- cchub:task {"column": "doing", "labels": ["a"]} -->
<!-- cchub:end -->
## Bad column
<!-- cchub:task {"column": "never"} -->
<!-- cchub:end -->
<!-- cchub:note {"a": } -->
<!-- cchub:end -->
## Open
<!-- cchub:note {} -->
## Last
<!-- cchub:note {"unknown": 1} -->
<!-- cchub:end -->
"""
    done = take_in(backend, text)
    assert (done["notes"], done["tasks"], done["skipped"]) == (1, 1, 4)
    assert [problem[:12] for problem in done["problems"]] == [
        "task “Bad co",
        "line 11: its",
        "line 14: its",
        "note “Last”:",
    ]
    assert [note["body"] for note in backend.client.get("/api/notes").json()["notes"]] == ["body"]
    assert [task["title"] for task in backend.client.get("/api/tasks").json()["tasks"]] == ["On the board"]


def test_a_text_without_items_is_refused(backend: Backend) -> None:
    answer = backend.client.post("/api/notes/import", json={"text": "# Just a text\n"})
    assert refused(answer) == (422, "import_empty")
    assert refused(backend.client.post("/api/notes/import", content=b"x" * 33_554_433)) == (413, "body_too_large")


def test_an_import_that_fails_leaves_nothing(backend: Backend) -> None:
    # Each of these hyphened words of four bytes a letter is three in the index: more than it takes, in a body it takes.
    letter = [chr(0x20000 + number) for number in range(200)]
    pairs = [f"{one}{two}" for one in letter for two in letter]
    words = " ".join(f"{one}-{two}" for one, two in zip(pairs[:33_000], reversed(pairs), strict=False))
    good = "## good\n<!-- cchub:note {} -->\nbody\n<!-- cchub:end -->\n"
    bad = f"## many words\n<!-- cchub:note {{}} -->\n{words}\n<!-- cchub:end -->\n"
    answer = backend.client.post("/api/notes/import", json={"text": good + bad})
    assert refused(answer) == (413, "note_too_large")
    assert backend.client.get("/api/notes").json()["total"] == 0
