"""Tasks and links through the API."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.services import Backend, id_of, refused
from tests.stream import following


def create(backend: Backend, title: str, **more: Any) -> dict[str, Any]:
    answer = backend.client.post("/api/tasks", json={"title": title} | more)
    assert answer.status_code == 201, answer.text
    task: dict[str, Any] = answer.json()
    return task


def edit(backend: Backend, task: dict[str, Any], **changes: Any) -> httpx.Response:
    kept = {name: task[name] for name in ("title", "body", "labels", "due", "version")}
    return backend.client.put(f"/api/tasks/{task['id']}", json=kept | changes)


def move(backend: Backend, task: dict[str, Any], column: str, before: dict[str, Any] | None = None) -> httpx.Response:
    to = {"column": column, "before": before and before["id"], "version": task["version"]}
    return backend.client.post(f"/api/tasks/{task['id']}/move", json=to)


def board(backend: Backend, **params: Any) -> dict[str, list[str]]:
    """Titles by column."""
    columns: dict[str, list[str]] = {"todo": [], "doing": [], "done": []}
    for task in backend.client.get("/api/tasks", params=params).json()["tasks"]:
        columns[task["column"]].append(task["title"])
    return columns


def test_a_task_lives(backend: Backend) -> None:
    task = create(backend, "Plan 🚀", body="*soon*", labels=["ui", "späte Sache"], due="2027-02-28")
    assert (task["column"], task["version"], task["done_at"], task["due"]) == ("todo", 1, None, "2027-02-28")
    changed = edit(backend, task, title="Plan", due=None).json()
    assert (changed["title"], changed["due"], changed["version"]) == ("Plan", None, 2)
    done = move(backend, changed, "done").json()
    assert (done["column"], done["version"]) == ("done", 3)
    assert done["done_at"] >= task["created_at"]
    again = move(backend, done, "doing").json()
    assert again["done_at"] is None
    assert backend.client.get(f"/api/tasks/{task['id']}").json() == again
    history = backend.client.get(f"/api/tasks/{task['id']}/history").json()
    assert [(one["version"], one["title"], one["column"]) for one in history] == [
        (4, "Plan", "doing"), (3, "Plan", "done"), (2, "Plan", "todo"), (1, "Plan 🚀", "todo"),
    ]  # fmt: skip
    assert history[3]["labels"] == ["ui", "späte Sache"]
    assert backend.client.delete(f"/api/tasks/{task['id']}", params={"version": 4}).status_code == 204
    assert refused(backend.client.get(f"/api/tasks/{task['id']}")) == (404, "task_not_found")
    assert refused(backend.client.get(f"/api/tasks/{task['id']}/history")) == (404, "task_not_found")


def test_changes_of_one_version_exclude_each_other(backend: Backend) -> None:
    task = create(backend, "contested")
    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(lambda n: edit(backend, task, title=f"{n}") if n % 2 else move(backend, task, "done"), range(8))
        )
    won = [answer.json() for answer in answers if answer.status_code == 200]
    lost = [answer.json() for answer in answers if answer.status_code == 409]
    assert (len(won), len(lost)) == (1, 7)
    assert all(one["code"] == "task_changed" and one["detail"] == won[0] for one in lost)
    stale = backend.client.delete(f"/api/tasks/{task['id']}", params={"version": 1})
    assert refused(stale) == (409, "task_changed")


def test_tasks_go_where_they_are_put(backend: Backend) -> None:
    a, b, c = (create(backend, title) for title in "abc")
    assert board(backend)["todo"] == ["a", "b", "c"]
    assert create(backend, "x", before=b["id"])["column"] == "todo"
    c = move(backend, c, "todo", before=a).json()
    assert board(backend)["todo"] == ["c", "a", "x", "b"]
    c = move(backend, c, "todo", before=c | {"id": b["id"]}).json()
    assert board(backend)["todo"] == ["a", "x", "c", "b"]
    b = move(backend, b, "done").json()
    a = move(backend, a, "done", before=b).json()
    assert board(backend) == {"todo": ["x", "c"], "doing": [], "done": ["a", "b"]}
    assert refused(move(backend, c, "todo", before=a)) == (409, "neighbour_moved")
    assert refused(move(backend, c, "todo", before=c)) == (422, "invalid_request")
    assert refused(move(backend, c, "todo", before={"id": str(uuid4())})) == (409, "neighbour_moved")
    assert refused(backend.client.post("/api/tasks", json={"title": "y", "before": a["id"]})) == (
        409,
        "neighbour_moved",
    )


def test_a_thousand_moves_keep_the_order_that_was_asked_for(backend: Backend) -> None:
    """Always between the same two neighbours there would soon be no number left, were the column not numbered anew."""
    tasks = {title: create(backend, title) for title in "abcde"}
    expected = list("abcde")
    moves = [("e" if n % 2 else "d", "b") for n in range(120)]
    chance = random.Random(7)  # noqa: S311 -- the same moves in every run
    moves += [tuple(chance.sample("abcde", 2)) for _ in range(120)]  # type: ignore[misc]
    for title, before in moves:
        if expected[expected.index(before) - 1] == title:
            continue
        tasks[title] = move(backend, tasks[title], "todo", tasks[before]).json()
        expected.remove(title)
        expected.insert(expected.index(before), title)
        assert board(backend)["todo"] == expected


def test_moves_at_once_leave_every_task_once(backend: Backend) -> None:
    tasks = [create(backend, f"{n}") for n in range(16)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda task: move(backend, task, "doing"), tasks))
    assert {answer.status_code for answer in answers} == {200}
    positions = [answer.json()["position"] for answer in answers]
    assert len(set(positions)) == 16
    assert sorted(board(backend)["doing"], key=int) == [f"{n}" for n in range(16)]


def test_tasks_are_found_by_words_and_labels(backend: Backend) -> None:
    create(backend, "deployment", labels=["ops"])
    create(backend, "other", body="about Deployments", labels=["ops", "ünï"])
    create(backend, "nothing")
    assert board(backend, q="deploy")["todo"] == ["deployment", "other"]
    assert board(backend, label="ünï")["todo"] == ["other"]
    assert board(backend, q="other", label="ops")["todo"] == ["other"]
    assert board(backend, label="op")["todo"] == []
    assert backend.client.get("/api/tasks", params={"q": "nothing"}).json()["labels"] == ["ops", "ünï"]


@pytest.mark.parametrize("words", ["'", "& | !", ":*", "\\", "a:b'c", "((", '"', "--", "%", "\x00", "-"])
def test_no_search_text_is_an_error(standing: Backend, words: str) -> None:
    assert standing.client.get("/api/tasks", params={"q": words}).status_code == 200
    assert standing.client.get("/api/tasks", params={"label": words}).status_code == 200


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"title": " "},
        {"title": "x", "column": "later"},
        {"title": "x", "labels": ["a", "a"]},
        {"title": "x", "labels": [" a"]},
        {"title": "x", "labels": [""]},
        {"title": "x", "labels": ["a\nb"]},
        {"title": "x", "labels": [f"{n}" for n in range(21)]},
        {"title": "x", "due": "2027-02-30"},
        {"title": "x", "body": "\0"},
        {"title": "x", "links": [{"id": "Li4"}]},
        {"title": "x", "links": [{"id": ""}]},
        {"title": "x", "links": [{"id": "YQ", "line": 0}]},
    ],
)
def test_bad_content_is_refused_with_words(standing: Backend, content: dict[str, Any]) -> None:
    assert refused(standing.client.post("/api/tasks", json=content)) == (422, "invalid_request")


def test_notes_and_tasks_are_found_by_the_files_they_link_to(backend: Backend) -> None:
    odd, deep = id_of(b"odd \xff\n.py"), id_of("d/" * 2_000 + "file")
    task = create(backend, "fix it", links=[{"id": odd, "line": 7}, {"id": deep}, {"id": odd, "line": 3}])
    assert task["links"][0] == {"id": odd, "path": "odd \ufffd\n.py", "line": 7}
    note = backend.client.post("/api/notes", json={"title": "why", "links": [{"id": odd}]}).json()

    def linked(file: str) -> dict[str, Any]:
        found: dict[str, Any] = backend.client.get("/api/links", params={"id": file}).json()
        return found

    todo = {"id": task["id"], "title": "fix it", "column": "todo"}
    assert linked(odd) == {
        "notes": [{"id": note["id"], "title": "why", "line": None}],
        "tasks": [todo | {"line": 7}, todo | {"line": 3}],
    }
    assert linked(deep)["tasks"] == [todo | {"line": None}]
    assert linked(id_of("elsewhere")) == {"notes": [], "tasks": []}
    kept = edit(backend, task, title="fix").json()
    assert kept["links"] == task["links"]
    assert edit(backend, kept, links=[{"id": deep, "line": 1}]).json()["links"] == [task["links"][1] | {"line": 1}]
    backend.client.delete(f"/api/notes/{note['id']}", params={"version": 1})
    assert linked(odd) == {"notes": [], "tasks": []}


def test_changes_reach_every_page(backend: Backend) -> None:
    with following(backend) as page:
        task = create(backend, "seen")
        page.until("task.created", id=task["id"], version=1)
        task = edit(backend, task, title="seen again").json()
        page.until("task.updated", id=task["id"], version=2)
        move(backend, task, "done")
        page.until("task.moved", id=task["id"], version=3)
        backend.client.delete(f"/api/tasks/{task['id']}", params={"version": 3})
        page.until("task.deleted", id=task["id"], title=task["title"])
