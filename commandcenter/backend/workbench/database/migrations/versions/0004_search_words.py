"""Words of files in a narrow table of their own, and segments whose files have several bits.

A common word is in half of all files. To count and to order them, one row of each is read: of `index_files` that was
most of the table, of `index_words` it is a tenth. Only its index looks at `words`, so they are kept out of the row.
"""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"

STATEMENTS = (
    # The index is made anew: what it holds has another form.
    "TRUNCATE index_files, index_contents, index_segments, index_grams, index_state",
    "ALTER TABLE index_files DROP COLUMN words, DROP COLUMN names",
    """CREATE UNLOGGED TABLE index_words (
        id integer PRIMARY KEY,
        rank real NOT NULL,
        names tsvector NOT NULL,
        words tsvector NOT NULL
    ) WITH (toast_tuple_target = 128)""",
    "ALTER TABLE index_words ALTER words SET STORAGE EXTERNAL, ALTER names SET STORAGE MAIN",
    "ALTER TABLE index_words ALTER words SET STATISTICS 0, ALTER names SET STATISTICS 0",
    # Changes gather in a list before they are sorted into the tree: that makes filling the index several times cheaper.
    "CREATE INDEX index_words_words ON index_words USING gin (words) WITH (gin_pending_list_limit = 16384)",
    "ALTER TABLE index_segments RENAME files TO owners",
    "ALTER TABLE index_segments ADD files integer NOT NULL",
    # Filling an empty index must not wake a vacuum for every fifth that is added; who fills it asks for statistics.
    """ALTER TABLE index_words SET (autovacuum_vacuum_insert_threshold = -1,
        toast.autovacuum_vacuum_insert_threshold = -1, autovacuum_analyze_threshold = 2000000000)""",
)


def upgrade() -> None:
    """Make the table, and an empty index."""
    for statement in STATEMENTS:
        op.execute(statement)
