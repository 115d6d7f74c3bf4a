"""Overview: what the project folder is, kept fresh in the background."""
