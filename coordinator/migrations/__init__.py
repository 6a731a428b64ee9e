"""Alembic migrations of the coordinator's and the dealer's database."""
