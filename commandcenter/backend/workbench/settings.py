"""What the environment says about this workbench. Read once, at start; a bad value ends the program with words.

Holds secrets (addresses with passwords, the token): they are left out of `repr`, and nothing logs them.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "[::1]"})
WatchMode = Literal["events", "poll"]


class BadSettings(ValueError):
    """A variable of the environment is missing or cannot be used; the text names it, never its value."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The workbench's settings, checked."""

    workspace: str
    """Absolute path of the user's folder."""
    read_only: bool
    project_name: str
    project_id: str
    watch: WatchMode
    origins: frozenset[str]
    """Origins of pages that may call the API."""
    hosts: frozenset[str]
    """Names accepted in the Host header, lower case, without port."""
    database_url: str = field(repr=False)
    redis_url: str = field(repr=False)
    token: str = field(repr=False)

    def accepts_host(self, header: str) -> bool:
        """Whether a Host header names this workbench; its port does not matter."""
        host = header.strip().lower()
        name = host[: host.find("]") + 1] if host.startswith("[") else host.rsplit(":", 1)[0]
        return name in self.hosts

    @staticmethod
    def from_environment(environment: Mapping[str, str] = os.environ) -> Settings:
        """Read and check all variables. Raises `BadSettings`."""

        def need(name: str) -> str:
            value = environment.get(name, "")
            if not value:
                raise BadSettings(f"{name} is not set: the workbench is started by the Hub, which sets it")
            return value

        workspace = need("WORKSPACE_DIR")
        if not os.path.isabs(workspace):
            raise BadSettings("WORKSPACE_DIR must be an absolute path")
        watch = environment.get("WORKBENCH_WATCH") or "events"
        if watch not in ("events", "poll"):
            raise BadSettings("WORKBENCH_WATCH must be `events` or `poll`")
        read_only = environment.get("WORKSPACE_READ_ONLY") or "0"
        if read_only not in ("0", "1"):
            raise BadSettings("WORKSPACE_READ_ONLY must be 0 or 1")
        return Settings(
            workspace=workspace,
            read_only=read_only == "1",
            project_name=environment.get("PROJECT_NAME") or os.path.basename(workspace.rstrip("/\\")),
            project_id=need("CCHUB_PROJECT_ID"),
            watch="poll" if watch == "poll" else "events",
            origins=_listed(environment.get("FRONTEND_ORIGINS", "")),
            hosts=LOOPBACK_HOSTS | _listed(environment.get("WORKBENCH_ALLOWED_HOSTS", "").lower()),
            database_url=need("DATABASE_URL"),
            redis_url=need("REDIS_URL"),
            token=need("WORKBENCH_TOKEN"),
        )


def _listed(value: str) -> frozenset[str]:
    return frozenset(item.strip().rstrip("/") for item in value.split(",") if item.strip())
