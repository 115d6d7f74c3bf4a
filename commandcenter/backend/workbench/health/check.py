"""Asks Postgres and Redis, both at once, each for at most one second. Free of the web framework, so that the first
answer does not wait for its import."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from time import perf_counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.workbench import Workbench

BOUND_SECONDS = 1.0


async def check_health(workbench: Workbench) -> tuple[int, dict[str, Any]]:
    """Status code and report, as `health.models.Health` describes it."""
    services = await _ask_all(workbench)
    workbench.note_services({name: bool(answer["ok"]) for name, answer in services.items()})
    report: dict[str, Any] = {"status": "ok", **services, "project": workbench.settings.project_id}
    wrong = [f"{name}: {answer['error']}" for name, answer in services.items() if not answer["ok"]]
    if workbench.api_error is not None:
        wrong.append(f"the API could not be loaded: {workbench.api_error}")
    if not wrong:
        return 200, report
    return 503, report | {"status": "unhealthy", "error": "; ".join(wrong)}


async def _ask_all(workbench: Workbench) -> dict[str, dict[str, Any]]:
    postgres, redis = await asyncio.gather(_ask(workbench.database.ping), _ask(workbench.broker.ping))
    return {"postgres": postgres, "redis": redis}


def check_ready(workbench: Workbench) -> tuple[int, dict[str, Any]]:
    """Status code and report, as `health.models.Readiness` describes it."""
    database = workbench.database
    report: dict[str, Any] = {"migrations": database.migrated_to, "expected": database.expected}
    error = database.migration_error or workbench.api_error
    if error is not None:
        return 503, report | {"status": "failed", "error": error}
    if not database.migrated.is_set():
        return 503, report | {"status": "starting"}
    return 200, report | {"status": "ready"}


async def _ask(ping: Callable[[], Awaitable[None]]) -> dict[str, Any]:
    began = perf_counter()
    error: str | None = None
    try:
        async with asyncio.timeout(BOUND_SECONDS):
            await ping()
    except TimeoutError:
        error = f"no answer within {BOUND_SECONDS:g} s"
    except Exception as cause:  # noqa: BLE001 -- whatever keeps a service from answering is the report itself
        error = f"{type(cause).__name__}"
    answer: dict[str, Any] = {"ok": error is None, "ms": round((perf_counter() - began) * 1000, 2)}
    return answer if error is None else answer | {"error": error}
