"""Tells everyone who follows the event stream what became of a note or task. Its title is told with it: of one that is
deleted nothing else is left to be named by."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import Request

from workbench.notes.models import Note
from workbench.tasks.models import Task
from workbench.workbench import Workbench


def workbench_of(request: Request) -> Workbench:
    """The workbench that serves this request."""
    workbench: Workbench = request.app.state.workbench
    return workbench


def announce(request: Request, kind: str, now: Note | Task) -> None:
    """What it is now."""
    data: dict[str, Any] = {"id": str(now.id), "version": now.version, "title": now.title}
    if isinstance(now, Task):
        data["column"] = now.column
    workbench_of(request).broker.publish(kind, data)


def announce_deleted(request: Request, kind: str, one: UUID, version: int, title: str) -> None:
    """That it is no more."""
    workbench_of(request).broker.publish(kind, {"id": str(one), "version": version, "title": title})
