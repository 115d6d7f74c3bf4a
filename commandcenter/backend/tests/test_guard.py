"""Who may call: token, origin, Host header; and the shape of refusals."""

from __future__ import annotations

import pytest

from tests.conftest import Launch
from tests.services import ORIGIN, TOKEN, Backend


@pytest.mark.parametrize("path", ["/api/notes", "/api/events", "/api/overview", "/api/project", "/api/absent"])
@pytest.mark.parametrize(
    ("header", "code"),
    [("", "token_missing"), ("Basic abc", "token_missing"), ("Bearer", "token_missing"), ("Bearer x", "token_wrong")],
)
def test_every_api_path_needs_the_token(standing: Backend, path: str, header: str, code: str) -> None:
    answer = standing.client.get(path, headers={"Authorization": header})
    assert (answer.status_code, answer.json()["code"]) == (401, code)
    assert answer.headers["www-authenticate"] == "Bearer"
    assert set(answer.json()) == {"code", "message", "detail"}


@pytest.mark.parametrize("path", ["/health", "/api/notes", "/docs", "/openapi.json"])
@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:80", "", "[::2]:80"])
def test_a_foreign_host_is_refused(standing: Backend, path: str, host: str) -> None:
    answer = standing.client.get(path, headers={"Host": host})
    assert answer.status_code in (400, 421), answer.text
    if host:
        assert answer.json()["code"] == "host_refused"


@pytest.mark.parametrize("host", ["127.0.0.1:1", "localhost", "[::1]:80", "LOCALHOST:3000"])
def test_loopback_names_are_accepted(standing: Backend, host: str) -> None:
    assert standing.client.get("/api/project", headers={"Host": host}).status_code == 200


def test_names_from_the_environment_are_accepted(launch: Launch) -> None:
    one = launch(WORKBENCH_ALLOWED_HOSTS="backend, Workbench.internal")
    one.until_ready()
    for host in ("backend:8000", "workbench.internal"):
        assert one.client.get("/api/project", headers={"Host": host}).status_code == 200


def test_only_the_frontends_origin_may_read(standing: Backend) -> None:
    own = standing.client.get("/api/project", headers={"Origin": ORIGIN})
    assert own.status_code == 200
    assert own.headers["access-control-allow-origin"] == ORIGIN
    foreign = standing.client.get("/api/project", headers={"Origin": "http://127.0.0.1:4000"})
    assert (foreign.status_code, foreign.json()["code"]) == (403, "origin_refused")
    assert "access-control-allow-origin" not in foreign.headers


def test_the_page_can_read_a_refusal(standing: Backend) -> None:
    answer = standing.client.get("/api/project", headers={"Origin": ORIGIN, "Authorization": "Bearer x"})
    assert answer.status_code == 401
    assert answer.headers["access-control-allow-origin"] == ORIGIN


@pytest.mark.parametrize(("origin", "status"), [(ORIGIN, 200), ("http://evil.example", 400)])
def test_preflight(standing: Backend, origin: str, status: int) -> None:
    asked = {
        "Origin": origin,
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": "authorization,content-type,last-event-id",
        "Authorization": "",
    }
    answer = standing.client.options("/api/notes/x", headers=asked)
    assert answer.status_code == status
    assert (answer.headers.get("access-control-allow-origin") == origin) == (status == 200)


def test_every_route_of_the_description_needs_the_token(standing: Backend) -> None:
    asked = 0
    for path, operations in standing.client.get("/openapi.json").json()["paths"].items():
        for method in operations:
            answer = standing.client.request(
                method, path.replace("{", "").replace("}", ""), headers={"Authorization": ""}
            )
            if path.startswith("/api/"):
                assert (answer.status_code, answer.json()["code"]) == (401, "token_missing"), (method, path)
                asked += 1
    assert asked > 30


@pytest.mark.parametrize(
    ("path", "most"), [("/api/file", 5), ("/api/notes/import", 32), ("/api/notes", 2), ("/api/tasks", 2)]
)
def test_a_body_is_bounded_as_its_route_needs(standing: Backend, path: str, most: int) -> None:
    for content in (b" " * (most * 1024 * 1024 + 1), iter([b" " * 1024 * 1024] * (most + 1))):
        answer = standing.client.post(path, content=content, headers={"Content-Type": "application/json"})
        assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
    fits = standing.client.post(path, content=b" " * (most * 1024 * 1024))
    assert (fits.status_code, fits.json()["code"]) == (422, "invalid_request")


def test_failures_of_the_framework_have_the_same_shape(standing: Backend) -> None:
    absent = standing.client.get("/api/absent")
    assert (absent.status_code, absent.json()["code"]) == (404, "not_found")
    wrong = standing.client.patch("/api/notes")
    assert (wrong.status_code, wrong.json()["code"]) == (405, "method_not_allowed")
    unreadable = standing.client.get("/api/notes/not-a-uuid")
    assert (unreadable.status_code, unreadable.json()["code"]) == (422, "invalid_request")


def test_the_project_tells_no_secret(standing: Backend) -> None:
    answer = standing.client.get("/api/project")
    assert answer.json()["name"] == "Test project"
    assert TOKEN not in answer.text
