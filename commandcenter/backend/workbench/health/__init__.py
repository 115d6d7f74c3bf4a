"""Health: whether Postgres and Redis really answer now, and whether the API is ready to be used."""
