"""Row 11b: readings copied from the ledger into PostgreSQL, a real one that waits for its disk.

What is measured is all of it: read from the outbox, written there in batches as `postgres-writer`
has them, and let go of here.
"""

import logging
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from oppleo_flow.clock import SystemClock
from oppleo_flow.payloads import MeterReading
from oppleo_flow.store import Ledger, StoreLocation, open_ledger
from oppleo_flow.store.outbox.outbox import Outbox
from oppleo_flow.store.outbox.sending import OutboxSender
from oppleo_flow.store.postgres.address import PostgresAddress, parameters_of
from oppleo_flow.store.postgres.copy import PostgresCopy
from oppleo_flow.store.postgres.migrate import upgrade
from tests.benchmarks.comparison import Budget, Figure
from tests.postgres import PostgresServer, new_cluster

READINGS, BATCH = 60_000, 5_000
_SINCE = datetime(2026, 1, 1, tzinfo=UTC)
_US = 1e6


def copied(repetitions: int, count: int = READINGS) -> Iterator[Figure]:
    """Row 11, of PostgreSQL."""
    with new_cluster() as cluster, PostgresServer(cluster, fsync=True) as server:
        times = tuple(_us_each(server, count) for _ in range(repetitions))
    yield Figure(
        "a reading copied into PostgreSQL; the budget is 30,000 a second",
        "µs",
        times,
        budget=Budget(most=_US / 30_000),
    )


def _us_each(server: PostgresServer, count: int) -> float:
    with server.database() as name, tempfile.TemporaryDirectory(prefix="bench-") as folder:
        address = PostgresAddress(parameters_of(server.url(name)))
        upgrade(address)
        with open_ledger(StoreLocation(Path(folder) / "ledger.sqlite"), "bench") as ledger:
            sender = OutboxSender(
                _outbox_with(ledger, 0),
                lambda: PostgresCopy(address, "bench"),
                SystemClock(),
                logging.getLogger(__name__),
            )
            _send(sender)
            _outbox_with(ledger, count)
            began_s = time.perf_counter()
            _send(sender)
            took_s = time.perf_counter() - began_s
            sender.close()
    return took_s * _US / count


def _outbox_with(ledger: Ledger, count: int) -> Outbox:
    ledger.outbox.open()
    for first in range(0, count, BATCH):
        ledger.readings.record([_reading(number) for number in range(first, first + BATCH)])
    return ledger.outbox


def _reading(number: int) -> MeterReading:
    at = _SINCE + number * timedelta(seconds=10)
    return MeterReading.sample(time=at, energy_import_wh=30 * number, power_w=10_800.0 + number % 7)


def _send(sender: OutboxSender) -> None:
    while sender.send_next(BATCH).more:
        pass
