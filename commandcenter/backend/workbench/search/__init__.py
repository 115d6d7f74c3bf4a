"""Search: everything in the folder by words, exact text, pattern, path and language, from an index in Postgres."""
