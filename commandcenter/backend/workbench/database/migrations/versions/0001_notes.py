"""Notes, with the text that searching looks into. `simple` keeps every word in every language as it is written.

Databases of the first workbench were made by numbered SQL files and say so in `workbench_migrations`: their table of
notes is the same, so it is adopted and that record ends.
"""

from __future__ import annotations

from alembic import op
from sqlalchemy import inspect, text

from workbench.database.migrate import MigrationRefused

revision = "0001"
down_revision = None

FORMER_CHECKSUM = "941afe6383b3c187b3cc2c8c3476cd042ef910d5ffea7261b58e817f6166e3b8"
"""SHA-256 of the SQL file that made the same table."""


def upgrade() -> None:
    """Make the table, or adopt it."""
    if "workbench_migrations" in inspect(op.get_bind()).get_table_names():
        _adopt()
        return
    op.execute("""
        CREATE TABLE notes (
            id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
            title text NOT NULL,
            body text NOT NULL,
            version integer NOT NULL DEFAULT 1,
            created_at timestamptz NOT NULL DEFAULT now(),
            updated_at timestamptz NOT NULL DEFAULT now(),
            search tsvector NOT NULL GENERATED ALWAYS AS (
                setweight(to_tsvector('simple', title), 'A') || setweight(to_tsvector('simple', body), 'B')
            ) STORED
        )""")
    op.execute("CREATE INDEX notes_search ON notes USING gin (search)")
    op.execute("CREATE INDEX notes_updated ON notes (updated_at DESC, id)")


def _adopt() -> None:
    former = op.get_bind().execute(text("SELECT number, checksum FROM workbench_migrations ORDER BY number")).all()
    if [tuple(row) for row in former] != [(1, FORMER_CHECKSUM)]:
        raise MigrationRefused(
            "the database was made by another workbench than those this one knows: restore a backup or reset"
        )
    op.execute("DROP TABLE workbench_migrations")
