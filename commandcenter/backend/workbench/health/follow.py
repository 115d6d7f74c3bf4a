"""Tells on the event stream when Postgres or Redis is lost and when it is back: whoever asks them notes what they say,
and somebody asks every few seconds. What happens while Redis is away is told once it is back."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from workbench.health.check import check_health

if TYPE_CHECKING:
    from workbench.workbench import Workbench

PAUSE_SECONDS = 2.0


async def follow_services(workbench: Workbench) -> None:
    """Ask again and again, for as long as the program runs."""
    while True:
        await check_health(workbench)
        await asyncio.sleep(PAUSE_SECONDS)
