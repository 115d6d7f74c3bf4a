"""The index's tables, and the conditions under which a file is looked at."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import REAL, Column, Integer, LargeBinary, Table, Text, and_, cast, literal, or_, type_coerce
from sqlalchemy.dialects.postgresql import TSQUERY, TSVECTOR

from workbench.database.engine import metadata

FILES = Table(
    "index_files",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("path", LargeBinary, nullable=False),
    Column("shown", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("modified", Integer, nullable=False),
    Column("rank", REAL, nullable=False),
)
WORDS = Table(
    "index_words",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("rank", REAL, nullable=False),
    Column("names", TSVECTOR, nullable=False),
    Column("words", TSVECTOR, nullable=False),
)
CONTENTS = Table(
    "index_contents",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("content", LargeBinary, nullable=False),
)
_GLOB = re.compile(r"\*\*/|/\*\*$|\*\*|\*|\?|\[!?[^\]/]+\]")


def has_lexemes(column: Any, lexemes: str) -> Any:
    """Whether a `tsvector` fits a text search query."""
    return column.bool_op("@@")(cast(literal(lexemes, Text), TSQUERY))


def of_files(path: str, language: str) -> list[Any]:
    """Conditions on where a file is and what it is."""
    conditions: list[Any] = []
    if language:
        conditions.append(FILES.c.language == language)
    if path:
        conditions.append(in_path(path))
    return conditions


def in_path(path: str) -> Any:
    """Whether a file's path fits: a glob as in `.gitignore`; or, without any wildcard, a part of the path, or after a
    `/` in front the path itself or a folder in which it lies."""
    plain = path.removeprefix("./").removeprefix("/")
    itself = FILES.c.shown == plain
    if _GLOB.search(path):
        fits = type_coerce(FILES.c.shown.regexp_match(glob_expression(path), flags="i"), FILES.c.shown.type)
        # `pages/[id].tsx` is a glob that fits everything but the file of this name.
        return or_(itself, fits) if "[" in plain else fits
    part = FILES.c.shown.icontains(plain, autoescape=True)
    if not path.startswith("/"):
        return part
    return and_(part, or_(itself, FILES.c.shown.startswith(f"{plain.rstrip('/')}/", autoescape=True)))


def glob_expression(glob: str) -> str:
    """A glob as a regular expression that PostgreSQL and Python read alike."""
    anchored = "/" in glob.rstrip("/")
    pattern = glob.removeprefix("./").removeprefix("/")
    pattern += "**" if pattern.endswith("/") else ""
    parts, at = ["^" if anchored else "(?:^|/)"], 0
    for wild in _GLOB.finditer(pattern):
        parts += [_plain(pattern[at : wild.start()]), _wild(wild.group())]
        at = wild.end()
    return "".join(parts) + _plain(pattern[at:]) + "$"


def _wild(wild: str) -> str:
    if wild == "**/":
        return "(?:.*/)?"
    if wild == "/**":
        return "/.*"
    if wild.startswith("["):
        inner = wild[1:-1]
        negated = inner.startswith("!")
        return f"[{'^' if negated else ''}{_in_class(inner[negated:])}]"
    return {"**": ".*", "*": "[^/]*", "?": "[^/]"}[wild]


def _plain(text: str) -> str:
    return "".join(one if one.isalnum() or one in "_/" or ord(one) > 127 else f"\\{one}" for one in text)


def _in_class(text: str) -> str:
    return "".join(f"\\{one}" if one in "\\^[" else one for one in text)
