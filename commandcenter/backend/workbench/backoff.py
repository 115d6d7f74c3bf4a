"""How long to wait before the next attempt to reach a service: 10 ms, doubling up to 500 ms."""

from __future__ import annotations

from collections.abc import Iterator

FIRST_SECONDS = 0.01
LONGEST_SECONDS = 0.5


def backoff() -> Iterator[float]:
    """Endless waits in seconds."""
    wait = FIRST_SECONDS
    while True:
        yield wait
        wait = min(wait * 2, LONGEST_SECONDS)
