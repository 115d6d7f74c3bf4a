"""The threads in which searches look into files: few and always the same, so that memory is used again and many
searches at once do not starve everything else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
_THREADS = ThreadPoolExecutor(max_workers=2, thread_name_prefix="search")


async def in_search_thread(work: Callable[[], T]) -> T:
    """Run `work`, which has to be short: the program does not end before it."""
    return await asyncio.get_running_loop().run_in_executor(_THREADS, work)
