"""Links of notes and tasks to files and lines."""
