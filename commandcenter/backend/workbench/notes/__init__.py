"""Notes: Markdown kept in Postgres, searchable, never overwritten unseen."""
