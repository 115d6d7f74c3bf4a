"""Values of any type as a page can show them: bounded, and never less exact than they look."""

from __future__ import annotations

import math
from typing import Any

from workbench.peek.models import Cell

TEXT_CUT = 2_000
EXACT_MAX = 2**53
NATIVE = frozenset({"bool", "int2", "int4", "int8", "float4", "float8", "oid"})
"""Types that come as they are; every other as its text."""


def quoted(name: str) -> str:
    """A name as SQL takes it."""
    return '"' + name.replace('"', '""') + '"'


def expression(column: str, type_name: str) -> str:
    """What to select for a column, so that a value larger than is shown never leaves Postgres."""
    return column if type_name in NATIVE else f"left({column}::text, {TEXT_CUT + 1})"


def cell(value: Any) -> Cell:
    """A value as JSON has it."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if abs(value) <= EXACT_MAX else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    text = value if isinstance(value, str) else str(value)
    return text if len(text) <= TEXT_CUT else text[:TEXT_CUT] + "…"


def weight(row: list[Cell]) -> int:
    """About how many bytes a row takes on the wire."""
    return sum(len(value) if isinstance(value, str) else 8 for value in row)
