"""Bring a PostgreSQL database to the schema of this version, or say why that cannot be."""

import json
from dataclasses import asdict

from sqlalchemy import Connection, text

from oppleo_flow.child import run_module
from oppleo_flow.errors import StoreError
from oppleo_flow.store.postgres.address import PostgresAddress
from oppleo_flow.store.postgres.errors import CopyError
from oppleo_flow.store.revision import HEAD, REVISIONS
from oppleo_flow.store.schema import MIGRATION_TIMEOUT_S


def is_current(connection: Connection, address: PostgresAddress) -> bool:
    """Return whether the tables are those of this version; an older one, or none, is not.

    Raises:
        CopyError: They are of a newer version, or not ours.
    """
    return _revision(connection, address) == HEAD


def migrate(address: PostgresAddress) -> None:
    """Make our tables in a database that has none, or migrate older ones, in a child process.

    Raises:
        CopyError: They cannot be made; what is there is as it was.
    """
    try:
        run_module(
            "oppleo_flow.store.postgres.migrate",
            [],
            timeout_s=MIGRATION_TIMEOUT_S,
            given=json.dumps(asdict(address)),
        )
    except StoreError as error:
        code, _, words = str(error).partition(" ")
        raise CopyError(code, words) from error


def _revision(connection: Connection, address: PostgresAddress) -> str | None:
    """Return the revision of the tables; None where there are none."""
    named = {"schema": address.schema}
    found = connection.execute(
        text("SELECT table_name FROM information_schema.tables WHERE table_schema = :schema"), named
    )
    tables = set(found.scalars())
    if not tables:
        return None
    if not {"alembic_version", "arrivals"} <= tables:  # no other program has both
        raise CopyError(
            "not-ours",
            f"{address.place}: schema {address.schema!r} has tables of something else; "
            "name another schema",
        )
    revision = connection.scalar(text("SELECT version_num FROM alembic_version"))
    if revision is not None and revision not in REVISIONS:
        raise CopyError(
            "newer-version",
            f"{address.place}: is of a newer version, got revision {revision!r}; "
            "install that version of oppleo-flow here",
        )
    return None if revision is None else str(revision)
