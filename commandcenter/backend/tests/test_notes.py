"""Notes through the API."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest

from tests.services import Backend


def create(backend: Backend, title: str, body: str = "") -> dict[str, Any]:
    answer = backend.client.post("/api/notes", json={"title": title, "body": body})
    assert answer.status_code == 201, answer.text
    note: dict[str, Any] = answer.json()
    return note


def edit(backend: Backend, note: dict[str, Any], **changes: Any) -> Any:
    content = {"title": note["title"], "body": note["body"], "version": note["version"]} | changes
    return backend.client.put(f"/api/notes/{note['id']}", json=content)


def test_a_note_lives(backend: Backend) -> None:
    note = create(backend, "Plan 🚀", "# Heading\n\nwith *Markdown*")
    assert note["version"] == 1
    changed = edit(backend, note, body="other").json()
    assert (changed["version"], changed["body"], changed["created_at"]) == (2, "other", note["created_at"])
    assert changed["updated_at"] > note["updated_at"]
    assert backend.client.get("/api/notes").json() == {"notes": [changed | {"headline": None}], "total": 1}
    assert backend.client.delete(f"/api/notes/{note['id']}", params={"version": 2}).status_code == 204
    gone = backend.client.get(f"/api/notes/{note['id']}")
    assert (gone.status_code, gone.json()["code"]) == (404, "note_not_found")


def test_what_is_made_leaves_no_warning_in_the_log(backend: Backend) -> None:
    create(backend, "a note")
    assert backend.client.post("/api/tasks", json={"title": "a task", "column": "todo"}).status_code == 201
    assert "Warning" not in backend.log


def test_of_many_edits_of_one_version_one_wins_and_none_is_lost_unseen(backend: Backend) -> None:
    note = create(backend, "contested")
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: edit(backend, note, body=f"body {n}"), range(8)))
    won = [answer.json() for answer in answers if answer.status_code == 200]
    lost = [answer.json() for answer in answers if answer.status_code == 409]
    assert (len(won), len(lost)) == (1, 7)
    assert all(one["code"] == "version_conflict" and one["detail"] == won[0] for one in lost)
    stale = backend.client.delete(f"/api/notes/{note['id']}", params={"version": 1})
    assert (stale.status_code, stale.json()["code"]) == (409, "version_conflict")


def test_search_finds_words_prefixes_and_phrases_title_first(backend: Backend) -> None:
    create(backend, "groceries", "apples and deployment of pears")
    create(backend, "Deployment", "Über den Wolken")
    create(backend, "other", "nothing")

    def titles(words: str) -> list[str]:
        return [note["title"] for note in backend.client.get("/api/notes", params={"q": words}).json()["notes"]]

    assert titles("deployment") == ["Deployment", "groceries"]
    assert titles("deploy") == ["Deployment", "groceries"]
    assert titles("über") == ["Deployment"]
    assert titles('"apples and"') == ["groceries"]
    assert titles("deployment -pears") == ["Deployment"]
    assert titles("absent") == []


def test_the_place_where_words_were_found_is_shown(backend: Backend) -> None:
    create(
        backend, "found", "before 🚀 " * 30 + "\x02 \x03 the Deployment <b> of 🚀 deployments & more" + " after" * 200
    )
    found = backend.client.get("/api/notes", params={"q": "deploy"}).json()["notes"][0]["headline"]
    units = found["text"].encode("utf-16-le")
    words = [units[2 * begin : 2 * end].decode("utf-16-le") for begin, end in found["ranges"]]
    assert words == ["Deployment", "deployments"]
    assert "of 🚀 deployments & more" in found["text"]
    assert "\x02" not in found["text"]


def test_pinned_notes_come_first(backend: Backend) -> None:
    old = create(backend, "old")
    create(backend, "new")
    assert edit(backend, old, pinned=True).json()["pinned"]
    create(backend, "newest")

    def titles() -> list[str]:
        return [note["title"] for note in backend.client.get("/api/notes").json()["notes"]]

    assert titles() == ["old", "newest", "new"]
    pinned = backend.client.get(f"/api/notes/{old['id']}").json()
    assert edit(backend, pinned).json()["pinned"], "an edit that says nothing of it keeps it"
    edit(backend, pinned | {"version": 3}, pinned=False)
    assert titles() == ["old", "newest", "new"]


def test_what_a_note_was_is_kept_and_restored(backend: Backend) -> None:
    note = create(backend, "first", "one")
    note = edit(backend, note, title="second", body="two").json()
    history = f"/api/notes/{note['id']}/history"
    versions = backend.client.get(history).json()
    assert [(one["version"], one["title"], one["body"]) for one in versions] == [
        (2, "second", "two"),
        (1, "first", "one"),
    ]
    assert [one["at"] for one in versions] == [note["updated_at"], note["created_at"]]
    restored = backend.client.post(f"/api/notes/{note['id']}/restore", json={"version": 1}).json()
    assert (restored["title"], restored["body"], restored["version"]) == ("first", "one", 3)
    assert len(backend.client.get(history, params={"limit": 2}).json()) == 2
    absent = backend.client.post(f"/api/notes/{note['id']}/restore", json={"version": 9})
    assert (absent.status_code, absent.json()["code"]) == (404, "version_not_found")
    nothing = backend.client.post(f"/api/notes/{uuid4()}/restore", json={"version": 1})
    assert (nothing.status_code, nothing.json()["code"]) == (404, "note_not_found")
    assert backend.client.get(f"/api/notes/{uuid4()}/history").json()["code"] == "note_not_found"


def test_no_more_versions_are_kept_than_are_said(backend: Backend) -> None:
    note = create(backend, "often saved")
    for _ in range(205):
        note = edit(backend, note).json()
    kept = backend.client.get(f"/api/notes/{note['id']}/history", params={"limit": 200}).json()
    assert [one["version"] for one in kept] == list(range(206, 6, -1))


@pytest.mark.parametrize("words", ["'", "& | !", ":*", "\\", "a:b'c", "((", '"', "--", "%", "\N{GRINNING FACE}"])
def test_no_search_text_is_an_error(standing: Backend, words: str) -> None:
    answer = standing.client.get("/api/notes", params={"q": words})
    assert answer.status_code == 200, answer.text


def test_pages_of_the_list_cover_everything_once(backend: Backend) -> None:
    made = {create(backend, f"note {n}")["id"] for n in range(5)}
    pages = [backend.client.get("/api/notes", params={"limit": 2, "offset": offset}).json() for offset in (0, 2, 4)]
    assert [page["total"] for page in pages] == [5, 5, 5]
    assert {note["id"] for page in pages for note in page["notes"]} == made


@pytest.mark.parametrize(
    "content",
    [
        b"{}",
        b'{"title": ""}',
        b'{"title": "  "}',
        b'{"title": "nul \\u0000"}',
        b'{"title": "half \\ud800"}',
        b"not json",
        b'{"title": "' + b"x" * 301 + b'"}',
    ],
)
def test_bad_content_is_refused_with_words(standing: Backend, content: bytes) -> None:
    answer = standing.client.post("/api/notes", content=content, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request"), answer.text
    assert answer.json()["message"]


def test_what_is_too_large_is_refused_and_the_largest_kept(backend: Backend) -> None:
    create(backend, "large", "word " * 40_000)
    many_words = "".join(f"{uuid4().hex} " for _ in range(6_000))
    answer = backend.client.post("/api/notes", json={"title": "many words", "body": many_words})
    assert answer.status_code in (201, 413), answer.text
    over = backend.client.post("/api/notes", content=b"x" * 3_000_000)
    assert (over.status_code, over.json()["code"]) == (413, "body_too_large")
    streamed = backend.client.post("/api/notes", content=iter([b" " * 1_000_000] * 4))
    assert (streamed.status_code, streamed.json()["code"]) == (413, "body_too_large")
