"""Which files come first when all else is equal: those that a person wrote, near the top, not tests, not generated."""

from __future__ import annotations

_DEPTH = 0.03
_DEPTH_MAX = 10
_ASIDE = frozenset(b"test tests testdata fixtures __tests__ spec vendor third_party examples".split())
_GENERATED = (b".lock", b".map", b".min.js", b".min.css", b"-lock.json", b".svg", b".snap", b".csv", b".po")


def rank_of(path: bytes) -> float:
    """Between 0 and 1."""
    *folders, name = path.lower().split(b"/")
    rank = 1.0 - _DEPTH * min(len(folders), _DEPTH_MAX)
    if not _ASIDE.isdisjoint(folders) or name.startswith(b"test_") or b".test." in name:
        rank -= 0.2
    if name.endswith(_GENERATED) or b".generated." in name:
        rank -= 0.4
    return round(rank, 3)
