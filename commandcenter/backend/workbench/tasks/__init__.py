"""Tasks: a board of three columns, each task with Markdown, labels, a date and links to files."""
