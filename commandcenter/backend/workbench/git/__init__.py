"""git: what the repository knows about the folder and its files, asked without ever changing or running anything."""
