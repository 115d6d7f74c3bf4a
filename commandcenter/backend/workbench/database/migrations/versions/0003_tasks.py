"""Tasks, links of notes and tasks to files, pinned notes, and the history of both.

A history keeps each version as it was written, the present one included. Paths in links are raw bytes; they may be
longer than what an index takes, so their hash is indexed.
"""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the tables; what there is of notes is the start of their history."""
    op.execute("ALTER TABLE notes ADD COLUMN pinned boolean NOT NULL DEFAULT false")
    op.execute("DROP INDEX notes_updated")
    op.execute("CREATE INDEX notes_shown ON notes (pinned DESC, updated_at DESC, id)")
    op.execute("""
        CREATE TABLE note_history (
            note_id uuid NOT NULL REFERENCES notes ON DELETE CASCADE,
            version integer NOT NULL,
            at timestamptz NOT NULL DEFAULT now(),
            title text NOT NULL,
            body text NOT NULL,
            PRIMARY KEY (note_id, version)
        )""")
    op.execute("""
        INSERT INTO note_history (note_id, version, at, title, body)
        SELECT id, version, updated_at, title, body FROM notes""")
    op.execute("""
        CREATE TABLE tasks (
            id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
            title text NOT NULL,
            body text NOT NULL,
            lane text NOT NULL CHECK (lane IN ('todo', 'doing', 'done')),
            position double precision NOT NULL,
            labels text[] NOT NULL DEFAULT '{}',
            due date,
            version integer NOT NULL DEFAULT 1,
            created_at timestamptz NOT NULL DEFAULT now(),
            updated_at timestamptz NOT NULL DEFAULT now(),
            done_at timestamptz,
            search tsvector NOT NULL GENERATED ALWAYS AS (
                setweight(to_tsvector('simple', title), 'A') || setweight(to_tsvector('simple', body), 'B')
            ) STORED
        )""")
    op.execute("CREATE INDEX tasks_search ON tasks USING gin (search)")
    op.execute("CREATE INDEX tasks_labels ON tasks USING gin (labels)")
    op.execute("CREATE INDEX tasks_shown ON tasks (lane, position, id)")
    op.execute("""
        CREATE TABLE task_history (
            task_id uuid NOT NULL REFERENCES tasks ON DELETE CASCADE,
            version integer NOT NULL,
            at timestamptz NOT NULL DEFAULT now(),
            title text NOT NULL,
            body text NOT NULL,
            lane text NOT NULL,
            labels text[] NOT NULL,
            due date,
            PRIMARY KEY (task_id, version)
        )""")
    op.execute("""
        CREATE TABLE links (
            note_id uuid REFERENCES notes ON DELETE CASCADE,
            task_id uuid REFERENCES tasks ON DELETE CASCADE,
            place integer NOT NULL,
            path bytea NOT NULL,
            line integer,
            CHECK ((note_id IS NULL) <> (task_id IS NULL))
        )""")
    op.execute("CREATE UNIQUE INDEX links_note ON links (note_id, place) WHERE note_id IS NOT NULL")
    op.execute("CREATE UNIQUE INDEX links_task ON links (task_id, place) WHERE task_id IS NOT NULL")
    op.execute("CREATE INDEX links_path ON links (sha256(path))")
