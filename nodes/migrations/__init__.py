"""Alembic migrations of a node's database, run when it is opened."""
