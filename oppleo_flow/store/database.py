"""One open database of a ledger: connections, transactions, and failures put into words."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Engine, QueuePool, Table, create_engine, event
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import DBAPIError

from oppleo_flow.errors import StoreError

BUSY_TIMEOUT_S = 5.0

# Primary result codes of https://www.sqlite.org/rescode.html; extended ones begin with them.
_IN_WORDS = {
    "SQLITE_FULL": "the disk is full; make room, then it goes on by itself",
    "SQLITE_READONLY": "cannot be written; give the user that runs oppleo-flow write access to "
    "the file and its folder",
    "SQLITE_CANTOPEN": "cannot be opened; check the file's folder and who may use it",
    "SQLITE_BUSY": f"another program has kept it locked for {BUSY_TIMEOUT_S:.0f} s; end that one",
    "SQLITE_NOTADB": "is not an SQLite database; move it away or name another file",
    "SQLITE_CORRUPT": "is damaged; restore it from a backup",
    "SQLITE_IOERR": "the disk cannot be read or written; check it",
}


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
        raise StoreError(f"{place}: {_reason(error.orig)}") from error


def _reason(error: BaseException | None) -> str:
    name = str(getattr(error, "sqlite_errorname", ""))
    for code, words in _IN_WORDS.items():
        if name.startswith(code):
            return words
    return str(error).strip() or type(error).__name__


def sqlite_engine(path: Path, *, read_only: bool = False) -> Engine:
    """Return an engine on an SQLite file; nothing is opened yet."""
    uri = f"file:{quote(str(path.absolute()))}?mode={'ro' if read_only else 'rwc'}"

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(
            uri,
            uri=True,
            timeout=BUSY_TIMEOUT_S,
            # Transactions are begun below: the module's own would begin too late, as readers.
            isolation_level=None,
            check_same_thread=False,
        )
        if not read_only:
            connection.execute("PRAGMA journal_mode=WAL")
        return connection

    engine = create_engine("sqlite+pysqlite://", creator=connect, poolclass=QueuePool)
    event.listen(engine, "begin", _begin)
    return engine


def _begin(connection: Connection) -> None:
    """Begin a transaction; a writer takes its lock now, not when it first writes."""
    options = connection.get_execution_options()
    if not options.get("write"):
        connection.exec_driver_sql("BEGIN")
        return
    connection.exec_driver_sql(f"PRAGMA synchronous={options.get('synchronous', 'FULL')}")
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def insert_new(connection: Connection, table: Table) -> Any:
    """Return an INSERT that leaves a row alone that is there already."""
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table).on_conflict_do_nothing()
    # Not at the top: it costs start-up time, and the site's own store never needs it.
    from sqlalchemy.dialects import postgresql  # noqa: PLC0415

    return postgresql.insert(table).on_conflict_do_nothing()
