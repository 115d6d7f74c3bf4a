"""Files: looking into the project's folder and saving into it, never outside of it."""
