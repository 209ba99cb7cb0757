"""One open database of a ledger: connections, transactions, and failures put into words."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, QueuePool, Table, create_engine, event
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import DBAPIError

from oppleo_flow.errors import StoreError
from oppleo_flow.store.location import Written
from oppleo_flow.store.sqlite_file import connect, reason

_NUMBER_BYTES = 8


class Database:
    """One open database; `place` is what messages call it, `charge_point` whose rows it shows.

    One that is not `lasting` leaves it to the system when what is written reaches the disk.
    """

    def __init__(
        self, engine: Engine, place: str, charge_point: str, *, lasting: bool = True
    ) -> None:
        self.engine = engine
        self.place = place
        self.charge_point = charge_point
        self.lasting = lasting

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Give a connection on which several queries see the same moment."""
        with in_words(self.place), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def write(self, *, durable: bool = True) -> Iterator[Connection]:
        """Give a connection in a transaction that is committed at the end.

        A durable one is on the disk when this returns; another one may be lost with the power,
        but never in part.
        """
        level = "OFF" if not self.lasting else "FULL" if durable else "NORMAL"
        engine = self.engine.execution_options(write=True, synchronous=level)
        with in_words(self.place), engine.begin() as connection:
            yield connection

    def close(self) -> None:
        """Let go of the file."""
        self.engine.dispose()


@contextmanager
def in_words(place: str) -> Iterator[None]:
    """Turn what the database raises into a `StoreError` that a user understands."""
    try:
        yield
    except DBAPIError as error:
        raise StoreError(f"{place}: {reason(error.orig)}") from error


def sqlite_engine(path: Path, *, read_only: bool = False, written: Written | None = None) -> Engine:
    """Return an engine on an SQLite file; nothing is opened yet.  `written` is kept up to date."""

    def open_file() -> sqlite3.Connection:
        return connect(path, read_only=read_only)

    engine = create_engine("sqlite+pysqlite://", creator=open_file, poolclass=QueuePool)
    event.listen(engine, "begin", _begin)
    if written is not None:
        _count(engine, written)
    return engine


def _count(engine: Engine, written: Written) -> None:
    """Count what is committed by writers, and the bytes of the values that they write."""

    def committed(connection: Connection) -> None:
        written.commits += bool(connection.get_execution_options().get("write"))

    def executes(connection: Connection, *call: Any) -> None:
        if connection.get_execution_options().get("write"):
            written.value_bytes += _size(call[2])

    event.listen(engine, "commit", committed)
    event.listen(engine, "before_cursor_execute", executes)


def _size(values: Any) -> int:
    """Return about how many bytes the values of a statement, or of many, take up."""
    match values:
        case str() | bytes():
            return len(values)
        case dict():
            return sum(map(_size, values.values()))
        case list() | tuple():
            return sum(map(_size, values))
    return 0 if values is None else _NUMBER_BYTES


def _begin(connection: Connection) -> None:
    """Begin a transaction; a writer takes its lock now, not when it first writes."""
    options = connection.get_execution_options()
    if not options.get("write"):
        connection.exec_driver_sql("BEGIN")
        return
    connection.exec_driver_sql(f"PRAGMA synchronous={options.get('synchronous', 'FULL')}")
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def insert_new(connection: Connection, table: Table, key: str | None = None) -> Any:
    """Return an INSERT that leaves a row alone that is there already.

    With a `key` that is one with the same key; what else keeps a row out is an error.
    """
    keys = None if key is None else [key]
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table).on_conflict_do_nothing(index_elements=keys)
    # Not at the top: it costs start-up time, and the site's own store never needs it.
    from sqlalchemy.dialects import postgresql  # noqa: PLC0415

    return postgresql.insert(table).on_conflict_do_nothing(index_elements=keys)
