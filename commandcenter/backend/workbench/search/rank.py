"""Which files come first when all else is equal: those that a person wrote, near the top, not tests, not large."""

from __future__ import annotations

_DEPTH = 0.03
_DEPTH_MAX = 10
_ASIDE = frozenset(b"test tests testdata fixtures __tests__ spec vendor third_party examples".split())
_GENERATED = (b".lock", b".map", b".min.js", b".min.css", b"-lock.json", b".svg", b".snap", b".csv", b".po")


_LARGE = ((300_000, 0.3), (100_000, 0.2))
"""From so many bytes on a file is more likely data, or made by a program."""


def rank_of(path: bytes, size: int) -> float:
    """Between 0 and 1."""
    *folders, name = path.lower().split(b"/")
    rank = 1.0 - _DEPTH * min(len(folders), _DEPTH_MAX)
    if not _ASIDE.isdisjoint(folders) or name.startswith(b"test_") or b".test." in name:
        rank -= 0.2
    if name.endswith(_GENERATED) or b".generated." in name:
        rank -= 0.4
    rank -= next((less for least, less in _LARGE if size >= least), 0.0)
    return round(max(0.0, rank), 3)
