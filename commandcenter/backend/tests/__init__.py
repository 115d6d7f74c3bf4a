"""Tests of the workbench's backend: a real uvicorn, a real Postgres, a real Redis, real folders."""
