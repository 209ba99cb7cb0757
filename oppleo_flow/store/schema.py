"""Bring a ledger file to the schema of this version, or say why that cannot be."""

import json
import sqlite3
from pathlib import Path
from typing import Any

from oppleo_flow.child import run_module
from oppleo_flow.errors import StoreError
from oppleo_flow.store.revision import HEAD, REVISIONS

MIGRATION_TIMEOUT_S = 600.0


def prepare(connection: sqlite3.Connection, path: Path) -> None:
    """Create the tables of an empty file; migrate those of an older version in a child process.

    Raises:
        StoreError: The file is not a ledger, of a newer version, or cannot be written.
    """
    found = revision(connection, path)
    if found is None:
        # Not at the top: it needs SQLAlchemy, and is called once in a ledger's life.
        from oppleo_flow.store.creation import create_tables  # noqa: PLC0415

        create_tables(path)
    elif found != HEAD:
        migrate(path)
    check(connection, path)


def migrate(path: Path) -> dict[str, Any]:
    """Bring a ledger to this version, in a child process; return what was done.

    Raises:
        StoreError: It cannot be done; the ledger is as it was.
    """
    told = run_module("oppleo_flow.store.migrate", [str(path)], timeout_s=MIGRATION_TIMEOUT_S)
    return dict(json.loads(told))


def check(connection: sqlite3.Connection, path: Path) -> None:
    """Raise `StoreError` unless the file is a ledger of this version."""
    if revision(connection, path) != HEAD:
        raise StoreError(
            f"{path}: is a ledger of an older version; start `oppleo-flow run` once, "
            "which brings it up to date"
        )


def revision(connection: sqlite3.Connection, path: Path) -> str | None:
    """Return the revision of the tables, "" before the first; None for an empty file.

    Raises:
        StoreError: The file is no ledger, or one of a newer version.
    """
    names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    tables = {name for (name,) in names}
    if not tables:
        return None
    if "alembic_version" not in tables:
        raise StoreError(f"{path}: is a database, but not a ledger; name another file")
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    found = "" if row is None else str(row[0])
    if found and found not in REVISIONS:
        raise StoreError(
            f"{path}: is a ledger of a newer version, got revision {found!r}; "
            "install that version of oppleo-flow"
        )
    return found
