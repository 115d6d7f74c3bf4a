"""Peek: a look into the project's Postgres and Redis, without a way to change them."""
