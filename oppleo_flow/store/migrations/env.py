"""What Alembic runs to migrate: on the engine that it is handed, in one transaction for all."""

from alembic import context
from sqlalchemy import Engine

from oppleo_flow.store.outbox.triggers import outbox_aside
from oppleo_flow.store.tables import METADATA


def run_migrations(engine: Engine) -> None:
    """Run the migrations on a connection of `engine`."""
    with engine.execution_options(write=True).connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=METADATA,
            # SQLite cannot change most of a table in place.
            render_as_batch=True,
            # It can do so within a transaction, though Alembic does not count on that.
            transactional_ddl=True,
        )
        with context.begin_transaction(), outbox_aside(connection):
            context.run_migrations()


run_migrations(context.config.attributes["engine"])
