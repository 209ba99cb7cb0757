"""One session with the PostgreSQL database that a site's ledger is written into."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import DBAPIError

from oppleo_flow.store.outbox.outbox import Batch, Marks
from oppleo_flow.store.postgres import schema
from oppleo_flow.store.postgres.address import PostgresAddress
from oppleo_flow.store.postgres.engine import postgres_engine
from oppleo_flow.store.postgres.errors import CopyError, copy_error
from oppleo_flow.store.postgres.tables import arrivals
from oppleo_flow.store.postgres.writing import write

_LOCK = text("SELECT pg_try_advisory_lock(hashtextextended(:name, 0))")
_MARGIN_S = 1.0


class PostgresCopy:
    """An open session; of a charge point only one writes at a time.

    Raises:
        CopyError: The database cannot be reached, or is not one for this ledger.
    """

    def __init__(self, address: PostgresAddress, charge_point: str) -> None:
        self._address = address
        self._charge_point = charge_point
        self._engine = postgres_engine(address)
        with self._in_words():
            self._connection = self._engine.connect()
        self._cut = _cut_of(self._connection)
        try:
            self._prepare()
        except CopyError:
            self.close()
            raise

    def _prepare(self) -> None:
        with self._in_words(), self._in_time(), self._connection.begin():
            self._lock()
            current = schema.is_current(self._connection, self._address)
        if not current:
            schema.migrate(self._address)

    def close(self) -> None:
        """Take leave of the server, if it is there."""
        self._connection.invalidate()
        self._connection.close()
        self._engine.dispose()

    def mark(self, marks: Marks, take_over: str | None) -> str | None:
        """Return the mark of the last batch that arrived; None before the first.

        Raises:
            CopyError: Another ledger writes for this charge point, or simulated rows would get
                among real ones.
        """
        with self._in_words(), self._in_time(), self._connection.begin():
            found = self._connection.execute(arrivals.select()).all()
        place, mine = self._address.place, self._address.simulated
        if any(row.simulated is not mine for row in found):
            there, here = ("real", "simulated") if mine else ("simulated", "real")
            raise CopyError(
                "not-ours",
                f"{place}: schema {self._address.schema!r} has {there} charge points, and this one "
                f"is {here}; name another schema",
            )
        own = next((row for row in found if row.charge_point == self._charge_point), None)
        if own is None:
            return None
        if own.ledger_id not in (marks.ledger_id, take_over):
            raise CopyError(
                "other-ledger",
                f"{place}: charge point {self._charge_point!r} was written by another ledger until "
                f"{own.arrived_at.isoformat(timespec='seconds')}; call one of them otherwise, or, "
                f"if this one takes its place, set take_over: {own.ledger_id}",
            )
        return str(own.mark) if own.ledger_id == marks.ledger_id else None

    def write(self, batch: Batch, ledger_id: str, now: datetime) -> int:
        """Write a batch in one transaction; return how many of its rows were set aside.

        Raises:
            CopyError: Whether it arrived is not known; the mark tells, in a new session.
        """
        row = {
            "charge_point": self._charge_point,
            "ledger_id": ledger_id,
            "mark": batch.mark,
            "time_zone": self._address.zone,
            "simulated": self._address.simulated,
            "arrived_at": now,
        }
        arrive = postgresql.insert(arrivals).values(row)
        changed = {name: value for name, value in row.items() if name != "charge_point"}
        with self._in_words(), self._in_time(), self._connection.begin():
            aside = write(self._connection, batch, self._charge_point, now)
            self._connection.execute(
                arrive.on_conflict_do_update(index_elements=["charge_point"], set_=changed)
            )
        return aside

    def _lock(self) -> None:
        name = {"name": f"oppleo_flow {self._address.schema} {self._charge_point}"}
        if not self._connection.scalar(_LOCK, name):
            raise CopyError(
                "other-writer",
                f"{self._address.place}: somebody else is writing for charge point "
                f"{self._charge_point!r}, or its own last session has not ended yet; only one may",
            )

    @contextmanager
    def _in_words(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            raise copy_error(self._address.place, error.orig) from error

    @contextmanager
    def _in_time(self) -> Iterator[None]:
        """End the connection if the server does not answer in time, not even with a failure."""
        timer = threading.Timer(self._address.timeout_s + _MARGIN_S, self._cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()


def _cut_of(connection: Connection) -> Callable[[], Any]:
    """Return what ends a connection from another thread: who waits on it gets an error."""
    driver = connection.connection.driver_connection

    def cut() -> None:
        if driver is not None and not driver.closed:
            line = socket.socket(fileno=socket.dup(driver.fileno()))
            with line:
                line.shutdown(socket.SHUT_RDWR)

    return cut
