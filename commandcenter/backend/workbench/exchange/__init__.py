"""Notes and tasks as one Markdown text: out of the workbench and back into it, with nothing lost."""
