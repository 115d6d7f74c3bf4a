"""The tables of tasks and of their versions."""

from __future__ import annotations

from sqlalchemy import Column, Date, DateTime, Double, FetchedValue, Integer, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, TSVECTOR

from workbench.database.engine import metadata

TASKS = Table(
    "tasks",
    metadata,
    Column("id", Uuid, FetchedValue(), primary_key=True),
    Column("title", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("lane", Text, nullable=False),
    Column("position", Double, nullable=False),
    Column("labels", ARRAY(Text), nullable=False),
    Column("due", Date),
    Column("version", Integer, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("done_at", DateTime(timezone=True)),
    Column("search", TSVECTOR, nullable=False),
)
HISTORY = Table(
    "task_history",
    metadata,
    Column("task_id", Uuid, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("title", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("lane", Text, nullable=False),
    Column("labels", ARRAY(Text), nullable=False),
    Column("due", Date),
)
"""`lane` is the column of the board; a table has columns of its own."""
