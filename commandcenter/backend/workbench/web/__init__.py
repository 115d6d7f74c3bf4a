"""The API as one application: guard, error mapping, documentation."""
