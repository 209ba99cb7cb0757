"""Rows 11 and 13: readings written to the ledger, and a graph over a year of them.

The peer of one reading a commit is SQLAlchemy Core with nothing around it: one INSERT in one
transaction, in a file that is set as the ledger's.  Ours rolls them up as well.  Neither waits for
the disk at a commit, as the ledger does not for a reading; with that wait both would be the same.
"""

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import insert

from oppleo_flow.payloads import MeterReading
from oppleo_flow.store import Ledger, StoreLocation, open_ledger
from oppleo_flow.store.database import sqlite_engine
from oppleo_flow.store.tables import readings
from tests.benchmarks.comparison import Budget, Figure, in_turns

SINGLE = 1000
BATCHES, BATCH = 10, 10_000
YEAR_DAYS, DAY_READINGS = 365, 8640
_SINCE = datetime(2025, 1, 1, tzinfo=UTC)
_STEP = timedelta(seconds=10)
_US = 1e6


def written(repetitions: int) -> Iterator[Figure]:
    """Row 11, of SQLite."""
    ours, core = in_turns(_one_a_commit, _one_a_commit_by_core, repetitions)
    yield Figure(
        "a reading, one a commit", "µs", tuple(ours), tuple(core), budget=Budget(times=0.5)
    )
    batched = tuple(_batched() for _ in range(repetitions))
    yield Figure(
        "a reading of a batch; the budget is 50,000 a second",
        "µs",
        batched,
        budget=Budget(most=_US / 50_000),
    )


def graphs(repetitions: int) -> Iterator[Figure]:
    """Row 13."""
    with _ledger() as ledger:
        for first in range(0, YEAR_DAYS * DAY_READINGS, BATCH):
            ledger.readings.record(_readings(first, BATCH))
        year = (_SINCE, _SINCE + timedelta(days=YEAR_DAYS))
        day = (_SINCE + timedelta(days=100), _SINCE + timedelta(days=101))
        budget = Budget(most=100)
        for name, window, points in (
            (f"a graph over {YEAR_DAYS * DAY_READINGS:,} readings of a year", year, 2000),
            ("a graph over a day", day, 2000),
            ("every reading of a day", day, DAY_READINGS + 1),
        ):
            times = tuple(
                _ms(lambda: ledger.readings.graph("meter", *window, points=points))  # noqa: B023
                for _ in range(repetitions)
            )
            yield Figure(name, "ms", times, budget=budget)


def _one_a_commit() -> float:
    with _ledger() as ledger:
        ledger.readings.record(_readings(0, 1))
        each = _readings(1, SINGLE)
        return _us_each(SINGLE, lambda: [ledger.readings.record([one]) for one in each])


def _one_a_commit_by_core() -> float:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        path = Path(folder) / "ledger.sqlite"
        open_ledger(StoreLocation(path), "bench").close()
        engine = sqlite_engine(path).execution_options(write=True, synchronous="NORMAL")
        rows = [_row(one) for one in _readings(0, SINGLE + 1)]

        def write(row: dict[str, object]) -> None:
            with engine.begin() as connection:
                connection.execute(insert(readings).values(row))

        write(rows[0])
        try:
            return _us_each(SINGLE, lambda: [write(row) for row in rows[1:]])
        finally:
            engine.dispose()


def _batched() -> float:
    with _ledger() as ledger:
        batches = [_readings(BATCH * number, BATCH) for number in range(BATCHES)]
        return _us_each(
            BATCH * BATCHES, lambda: [ledger.readings.record(batch) for batch in batches]
        )


def _readings(first: int, count: int) -> list[MeterReading]:
    return [
        MeterReading.sample(
            time=_SINCE + number * _STEP,
            energy_import_wh=30 * number,
            power_w=10_800.0 + number % 7,
        )
        for number in range(first, first + count)
    ]


def _row(reading: MeterReading) -> dict[str, object]:
    measured = {
        f"{name}_l{phase}_{unit}": value
        for name, unit, values in (
            ("power", "w", reading.power_phases_w),
            ("voltage", "v", reading.voltage_phases_v),
            ("current", "a", reading.current_phases_a),
        )
        for phase, value in enumerate(values, start=1)
    }
    return {
        "charge_point": "bench",
        "meter": reading.meter,
        "time": reading.time,
        "energy_import_wh": reading.energy_import_wh,
        "power_w": reading.power_w,
        "frequency_hz": reading.frequency_hz,
        "serial": reading.serial,
        **measured,
    }


@contextmanager
def _ledger() -> Iterator[Ledger]:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        location = StoreLocation(Path(folder) / "ledger.sqlite")
        with open_ledger(location, "bench") as ledger:
            yield ledger


def _us_each(count: int, work: Callable[[], object]) -> float:
    return _ms(work) * 1000 / count


def _ms(work: Callable[[], object]) -> float:
    began_s = time.perf_counter()
    work()
    return (time.perf_counter() - began_s) * 1000
