"""Bring a ledger file to the schema of this version, or say why that cannot be."""

from pathlib import Path

from sqlalchemy import Column, Connection, Engine, MetaData, String, Table, inspect, select

from oppleo_flow.errors import StoreError
from oppleo_flow.store.child import run_module
from oppleo_flow.store.database import in_words
from oppleo_flow.store.revision import HEAD, REVISIONS
from oppleo_flow.store.tables import METADATA

MIGRATION_TIMEOUT_S = 600.0

# Alembic's own table, as it makes it; apart, because it is none of the ledger's.
_ALEMBIC_VERSION = Table(
    "alembic_version", MetaData(), Column("version_num", String(32), primary_key=True)
)
_ALEMBIC_VERSION.primary_key.name = "alembic_version_pkc"


def prepare(engine: Engine, path: Path) -> None:
    """Create the tables of an empty file; migrate those of an older version in a child process.

    Raises:
        StoreError: The file is not a ledger, of a newer version, or cannot be written.
    """
    with in_words(str(path)), engine.begin() as connection:
        revision = _revision(connection, path)
    if revision is None:
        _create(engine, path)
    elif revision != HEAD:
        run_module("oppleo_flow.store.migrate", [str(path)], timeout_s=MIGRATION_TIMEOUT_S)
    check(engine, path)


def _create(engine: Engine, path: Path) -> None:
    """Make all tables as the migrations would, in a small part of the time."""
    with in_words(str(path)), engine.execution_options(write=True).begin() as connection:
        # Another process may have been quicker.
        if _revision(connection, path) is None:
            METADATA.create_all(connection)
            _ALEMBIC_VERSION.create(connection)
            connection.execute(_ALEMBIC_VERSION.insert().values(version_num=HEAD))


def check(engine: Engine, path: Path) -> None:
    """Raise `StoreError` unless the file is a ledger of this version."""
    with in_words(str(path)), engine.begin() as connection:
        revision = _revision(connection, path)
    if revision != HEAD:
        raise StoreError(
            f"{path}: is a ledger of an older version; start `oppleo-flow run` once, "
            "which brings it up to date"
        )


def _revision(connection: Connection, path: Path) -> str | None:
    """Return the revision of the tables, "" before the first; None for an empty file."""
    tables = set(inspect(connection).get_table_names())
    if not tables:
        return None
    if _ALEMBIC_VERSION.name not in tables:
        raise StoreError(f"{path}: is a database, but not a ledger; name another file")
    revision = connection.scalar(select(_ALEMBIC_VERSION.c.version_num)) or ""
    if revision and revision not in REVISIONS:
        raise StoreError(
            f"{path}: is a ledger of a newer version, got revision {revision!r}; "
            "install that version of oppleo-flow"
        )
    return revision
