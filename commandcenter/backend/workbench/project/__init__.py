"""Project: the name and settings of the project that this workbench serves."""
