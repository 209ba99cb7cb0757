"""A ledger that can be read and takes nothing, as on a disk that is full."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

_NAME = "full_disk"
_CHANGES = ("INSERT", "UPDATE", "DELETE")


def fill(ledger: Path) -> None:
    """Let SQLite refuse every change of every table, on all connections."""
    with _opened(ledger) as connection:
        for table, change in _refused(connection):
            connection.execute(
                f'CREATE TRIGGER "{_NAME}_{change}_{table}" BEFORE {change} ON "{table}" '
                "BEGIN SELECT raise(ABORT, 'the disk is full'); END"
            )


def make_room(ledger: Path) -> None:
    """Let the ledger take changes again."""
    with _opened(ledger) as connection:
        for table, change in _refused(connection):
            connection.execute(f'DROP TRIGGER "{_NAME}_{change}_{table}"')


@contextmanager
def _opened(ledger: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(ledger)) as connection, connection:
        yield connection


def _refused(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    """Return each table with each way to change it; what reaches it by a trigger is not counted."""
    query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    tables = [name for (name,) in connection.execute(query)]
    return [(table, change) for table in tables for change in _CHANGES]
