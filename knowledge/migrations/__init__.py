"""Alembic migrations of the database; applied at start by `knowledge.database`."""
