"""The tables of a new ledger."""

from pathlib import Path

from sqlalchemy import Column, MetaData, String, Table, inspect

from oppleo_flow.store.database import in_words, sqlite_engine
from oppleo_flow.store.revision import HEAD
from oppleo_flow.store.tables import METADATA

# Alembic's own table, as it makes it; apart, because it is none of the ledger's.
_ALEMBIC_VERSION = Table(
    "alembic_version", MetaData(), Column("version_num", String(32), primary_key=True)
)
_ALEMBIC_VERSION.primary_key.name = "alembic_version_pkc"


def create_tables(path: Path) -> None:
    """Make all tables in an empty file, as the migrations would, in a small part of the time.

    Raises:
        StoreError: The file cannot be written.
    """
    engine = sqlite_engine(path)
    try:
        with in_words(str(path)), engine.execution_options(write=True).begin() as connection:
            # Another process may have been quicker.
            if not inspect(connection).get_table_names():
                METADATA.create_all(connection)
                _ALEMBIC_VERSION.create(connection)
                connection.execute(_ALEMBIC_VERSION.insert().values(version_num=HEAD))
    finally:
        engine.dispose()
