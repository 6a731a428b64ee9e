"""Run migrations on the connection that `coordinator.store.engine` hands in."""

from __future__ import annotations

from alembic import context

from coordinator.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=False,
)
context.run_migrations()
