"""One open database of a ledger: connections, transactions, and failures put into words."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Engine,
    QueuePool,
    Select,
    Table,
    create_engine,
    event,
    except_,
    select,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import DBAPIError, StatementError

from oppleo_flow.errors import StoreError
from oppleo_flow.store.location import Written
from oppleo_flow.store.sqlite_file import connect, reason

_NUMBER_BYTES = 8
_SAMPLE = 50
KeyT = TypeVar("KeyT")


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
        """Give a connection on which several queries see the same moment.

        Raises:
            StoreError: It cannot be read, or a row has a value that no run has written.
        """
        with in_words(self.place), self.engine.begin() as connection:
            try:
                yield connection
            except (TypeError, ValueError, ArithmeticError) as error:
                raise StoreError(
                    f"{self.place}: a row cannot be read: {error}; `oppleo-flow db check` says why"
                ) from error

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
    """Turn what the database raises into a `StoreError` that a user understands.

    A value that cannot be written is an error of who wants it written.
    """
    try:
        yield
    except DBAPIError as error:
        raise StoreError(f"{place}: {reason(error.orig)}") from error
    except StatementError as error:
        raise error.orig or error from error


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
            written.value_bytes += _size_of_some(call[2])

    event.listen(engine, "commit", committed)
    event.listen(engine, "before_cursor_execute", executes)


def _size_of_some(values: Any) -> int:
    """Return about how many bytes the values of a statement take up, of many rows by a sample."""
    if not isinstance(values, list) or len(values) <= 2 * _SAMPLE:
        return _size(values)
    some = values[:: len(values) // _SAMPLE]
    return _size(some) * len(values) // len(some)


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


def unsought(column: ColumnElement[str]) -> ColumnElement[str]:
    """Return a column as an expression, by which no index is used.

    SQLite takes a charge point for something that few rows have; in a site's own file all do.
    """
    return column + ""


def absent(keys: Column[KeyT], among: Column[KeyT]) -> Select[tuple[KeyT]]:
    """Return a query for the keys of one table that are not among those of another.

    Both are gone through once, side by side, in the order that they have in their index: to look
    for each of many takes several times as long.
    """
    found = except_(select(keys), select(among)).order_by(keys.name).subquery()
    return select(found.c[keys.name])


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
