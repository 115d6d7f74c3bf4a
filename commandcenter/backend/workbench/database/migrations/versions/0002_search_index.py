"""The search index: every file, its words, its content, and the grams by which text inside words is found.

The index can be made again from the folder at any time, so its tables are unlogged: writing them costs no WAL, and
after a crash PostgreSQL empties all of them together, which the next run takes for an index that was never made.

- `index_files` has a row per file, also for those that cannot be searched, so that they are not read again. `words`
  holds its distinct words for whole-word search.
- `index_contents` has the text, compressed by the backend (not every PostgreSQL can lz4).
- `index_segments` and `index_grams` tell which files may have a text; see `workbench.search.grams`. A segment is never
  changed: it may name files that are gone.

Large values are kept as they come: they are compressed already, or written only.
"""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"

TABLES = (
    """CREATE UNLOGGED TABLE index_files (
        id integer PRIMARY KEY,
        path bytea NOT NULL UNIQUE,
        shown text NOT NULL,
        language text NOT NULL,
        size bigint NOT NULL,
        modified bigint NOT NULL,
        inode bigint NOT NULL,
        kind text NOT NULL,
        rank real NOT NULL,
        names tsvector NOT NULL,
        words tsvector NOT NULL
    )""",
    "CREATE UNLOGGED TABLE index_contents (id integer PRIMARY KEY, content bytea NOT NULL)",
    """CREATE UNLOGGED TABLE index_segments (
        id integer PRIMARY KEY,
        width integer NOT NULL,
        span integer NOT NULL,
        files bytea NOT NULL
    )""",
    """CREATE UNLOGGED TABLE index_grams (
        segment integer NOT NULL,
        page integer NOT NULL,
        content bytea NOT NULL,
        PRIMARY KEY (segment, page)
    )""",
    """CREATE UNLOGGED TABLE index_state (
        single boolean PRIMARY KEY DEFAULT true CHECK (single),
        form integer NOT NULL,
        ignored integer NOT NULL,
        finished_at timestamptz
    )""",
    "CREATE SEQUENCE index_ids AS integer CYCLE",
    "ALTER TABLE index_files ALTER words SET STORAGE EXTERNAL",
    "ALTER TABLE index_contents ALTER content SET STORAGE EXTERNAL",
    "ALTER TABLE index_segments ALTER files SET STORAGE EXTERNAL",
    "ALTER TABLE index_grams ALTER content SET STORAGE EXTERNAL",
    # Statistics of these cost seconds and tell the planner nothing that it would decide otherwise.
    "ALTER TABLE index_files ALTER words SET STATISTICS 0, ALTER names SET STATISTICS 0, ALTER path SET STATISTICS 0",
    "ALTER TABLE index_contents ALTER content SET STATISTICS 0",
    "ALTER TABLE index_grams ALTER content SET STATISTICS 0",
)
# Changes gather in a list before they are sorted into the tree: that makes filling the index several times cheaper.
INDEXES = (
    "CREATE INDEX index_files_words ON index_files USING gin (words) WITH (gin_pending_list_limit = 16384)",
    "CREATE INDEX index_files_shown ON index_files USING gin (shown gin_trgm_ops)",
)


def upgrade() -> None:
    """Make the tables, empty."""
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    for statement in TABLES + INDEXES:
        op.execute(statement)
    for table in ("index_files", "index_contents", "index_segments", "index_grams"):
        # Filling an empty index must not wake a vacuum for every fifth that is added; who fills it asks for statistics.
        op.execute(
            f"ALTER TABLE {table} SET (autovacuum_vacuum_insert_threshold = -1,"
            " toast.autovacuum_vacuum_insert_threshold = -1, autovacuum_analyze_threshold = 2000000000)"
        )
