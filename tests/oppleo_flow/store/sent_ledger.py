"""A site's ledger whose rows go to PostgreSQL, and what arrived there."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, select

from oppleo_flow.clock import VirtualClock
from oppleo_flow.store import Ledger, StoreLocation, open_ledger
from oppleo_flow.store.outbox.sending import OutboxSender, Sent
from oppleo_flow.store.postgres.address import PostgresAddress, parameters_of
from oppleo_flow.store.postgres.copy import PostgresCopy
from oppleo_flow.store.postgres.engine import postgres_engine
from oppleo_flow.store.sqlite_file import connect
from oppleo_flow.store.tables import METADATA
from oppleo_flow.store.tables.outbox import ONLY, READINGS, SENT

NOON = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)


def address_of(url: str, **more: Any) -> PostgresAddress:
    """Return a database's address, as a connection of a flow would make it."""
    return replace(PostgresAddress(parameters_of(url), zone="Europe/Amsterdam"), **more)


@dataclass
class SentLedger:
    """A ledger, and what sends it."""

    ledger: Ledger
    path: Path
    address: PostgresAddress
    sender: OutboxSender

    def send_all(self, most: int = 1000) -> int:
        """Send until everything arrived; return how many rows that were."""
        rows = 0
        while True:
            sent: Sent = self.sender.send_next(most)
            rows += sent.rows
            if not sent.more:
                return rows

    def has_arrived(self) -> bool:
        """Return whether the database has the very rows of this charge point that the site has."""
        return rows_of_site(self.path) == rows_of_copy(self.address, self.ledger.charge_point)


@contextmanager
def sent_ledger(
    path: Path, address: PostgresAddress, charge_point: str = "cp", take_over: str | None = None
) -> Iterator[SentLedger]:
    """Give an open ledger in a file, and what sends it."""
    with open_ledger(StoreLocation(path), charge_point) as ledger:
        ledger.outbox.open()
        sender = OutboxSender(
            ledger.outbox,
            lambda: PostgresCopy(address, charge_point),
            VirtualClock(NOON),
            logging.getLogger("test"),
            take_over=take_over,
        )
        try:
            yield SentLedger(ledger, path, address, sender)
        finally:
            sender.close()


Rows = Mapping[str, list[tuple[Any, ...]]]


def rows_of_site(path: Path) -> Rows:
    """Return every row of a site's ledger that is to be sent."""
    engine = create_engine("sqlite+pysqlite://", creator=lambda: connect(path, read_only=True))
    try:
        return _rows(engine, None)
    finally:
        engine.dispose()


def rows_of_copy(address: PostgresAddress, charge_point: str) -> Rows:
    """Return every row that a database has of a charge point."""
    engine = postgres_engine(address)
    try:
        return _rows(engine, charge_point)
    finally:
        engine.dispose()


def _rows(engine: Any, charge_point: str | None) -> Rows:
    found = {}
    with engine.connect() as connection:
        for name in (*SENT, READINGS):
            table = METADATA.tables[name]
            query = select(table)
            if charge_point is not None:
                query = query.where(table.c.charge_point == charge_point)
            rows = [tuple(row) for row in connection.execute(query)]
            if name in ONLY:
                at = table.c.keys().index("slot_s")
                rows = [row for row in rows if row[at] == 900]
            found[name] = sorted(rows, key=repr)
    return found
