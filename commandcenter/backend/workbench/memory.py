"""Has freed memory given back to the system. With glibc's own settings every thread that ever ran keeps some for
itself, and a scan of a large folder leaves a quarter more behind than the workbench needs."""

from __future__ import annotations

import ctypes
import sys

_ARENA_MAX = -8
_TRIM_THRESHOLD = -1
TRIM_BYTES = 64 * 1024


def give_back_freed_memory() -> None:
    """One heap for all threads, trimmed early. Does nothing where the C library is another one."""
    if not sys.platform.startswith("linux"):
        return
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return
    mallopt(_ARENA_MAX, 1)
    mallopt(_TRIM_THRESHOLD, TRIM_BYTES)
