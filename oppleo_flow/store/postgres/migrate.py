"""Migrate a PostgreSQL database: `python -m oppleo_flow.store.postgres.migrate`, given its address.

All of it is one transaction, under a lock: of several charge points that begin at the same moment
one migrates, and a process that is killed leaves the tables as they were.  The address comes by
stdin: it has a password in it.
"""

import json
import sys
from dataclasses import replace

from sqlalchemy import Connection, event
from sqlalchemy.exc import DBAPIError

from oppleo_flow.store.migrate import run_migrations
from oppleo_flow.store.postgres.address import PostgresAddress
from oppleo_flow.store.postgres.engine import postgres_engine
from oppleo_flow.store.postgres.errors import CopyError, copy_error
from oppleo_flow.store.postgres.readers import let_readers_read

_LOCK = 0x0FF1_E0F1_0A9C_4157
"""Any number, as long as nobody else takes the same one for something else."""
_PATIENCE_S = 300.0


def upgrade(address: PostgresAddress) -> None:
    """Make the schema, run every migration that it has not had yet, and let readers read.

    Raises:
        CopyError: It cannot be done; the database is as it was.
    """
    engine = postgres_engine(replace(address, timeout_s=max(address.timeout_s, _PATIENCE_S)))

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
        connection.exec_driver_sql(f'CREATE SCHEMA IF NOT EXISTS "{address.schema}"')

    try:
        run_migrations(engine)
        with engine.begin() as connection:
            let_readers_read(connection, address.schema)
    except DBAPIError as error:
        raise copy_error(address.place, error.orig) from error
    finally:
        engine.dispose()


def main() -> int:
    """Migrate the database whose address stdin has; return the exit code."""
    try:
        upgrade(PostgresAddress(**json.load(sys.stdin)))
    except CopyError as error:
        sys.stderr.write(f"{error.code} {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
