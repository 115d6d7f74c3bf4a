"""Full-text search as notes and tasks use it: every word as it is written, in any language."""

from __future__ import annotations

from typing import Any

from asyncpg import ProgramLimitExceededError
from sqlalchemy import Text, case, cast, func, literal_column
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.elements import ColumnElement

SIMPLE: ColumnElement[str] = literal_column("'simple'")


def text_query(words: str) -> Any:
    """What the user typed, as a text search query. The last word may be unfinished: its lexeme is made a prefix."""
    query = func.websearch_to_tsquery(SIMPLE, words)
    prefixed = cast(cast(query, Text).concat(":*"), TSQUERY)
    return case((func.numnode(query) == 0, cast("", TSQUERY)), else_=prefixed)


def too_many_words(error: DBAPIError) -> Exception | None:
    """What Postgres says about a text with more words than can be indexed; None when the error is another."""
    cause = error.orig.__cause__ if error.orig else None
    return cause if isinstance(cause, ProgramLimitExceededError) else None
