"""An import that is ended in its middle: made again it comes to what a whole one does."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from oppleo_flow.errors import StoreError
from oppleo_flow.store import StoreLocation, open_ledger
from tests.oppleo_flow.oppleo_import.caveats import many_readings
from tests.oppleo_flow.oppleo_import.imports import Imported
from tests.oppleo_flow.oppleo_import.oppleo_database import CARD

TABLES = (
    *("readings", "meter_silences", "reading_slots", "meters", "price_versions", "slices"),
    *("tokens", "vehicles", "session_started", "session_ended", "session_settled"),
    *("session_odometer", "session_corrections", "users", "imported_rows"),
)


class Ended(BaseException):
    """What ends a process where it stands."""


@contextmanager
def each_commit(before: Any) -> Iterator[None]:
    """Call `before` ahead of each commit to a ledger."""

    def committing(connection: Any) -> None:
        if connection.dialect.name == "sqlite":
            before()

    event.listen(Engine, "commit", committing)
    try:
        yield
    finally:
        event.remove(Engine, "commit", committing)


def ended_at(commit: int) -> Any:
    """Return what ends an import ahead of one of its commits."""
    left = iter(range(commit))

    def end() -> None:
        if next(left, None) is None:
            raise Ended

    return end


def content(file: Path) -> dict[str, list[Any]]:
    with closing(sqlite3.connect(file)) as ledger:
        return {name: sorted(ledger.execute(f"SELECT * FROM {name}"), key=str) for name in TABLES}


def taken_over(oppleo: Any, file: Path) -> Imported:
    with open_ledger(StoreLocation(file), "garage") as ledger:
        return Imported(oppleo.url, ledger)


@pytest.fixture
def two_days(oppleo: Any) -> Any:
    oppleo.add_card(CARD, vehicle_make="Hyundai", license_plate="AB-123-C")
    oppleo.add_day("2023-05-01")
    oppleo.add_session(12_033.0, 12_050.0, start_time="2023-05-02 18:00:00", tariff=0.4, km=5)
    return oppleo


def test_whatever_it_had_written_the_next_one_makes_it_whole(two_days, tmp_path):
    commits: list[None] = []
    with each_commit(lambda: commits.append(None)):
        taken_over(two_days, tmp_path / "whole.sqlite")
    whole = content(tmp_path / "whole.sqlite")
    assert len(whole["session_ended"]) == 2
    for commit in range(0, len(commits), 3):
        file = tmp_path / f"{commit}.sqlite"
        with each_commit(ended_at(commit)), pytest.raises(Ended):
            taken_over(two_days, file)
        again = taken_over(two_days, file)
        assert again.report.sums.are_reconciled
        assert content(file) == whole, commit


def test_a_disk_that_fills_up_is_told_and_the_import_goes_on_when_there_is_room(two_days, tmp_path):
    many_readings(two_days, 20_000)
    file, whole = tmp_path / "ledger.sqlite", tmp_path / "whole.sqlite"
    taken_over(two_days, whole)

    def little_room(connection: sqlite3.Connection, record: object) -> None:
        connection.execute("PRAGMA max_page_count = 400")

    event.listen(Engine, "connect", little_room)
    try:
        with pytest.raises(StoreError, match="the disk is full; make room"):
            taken_over(two_days, file)
    finally:
        event.remove(Engine, "connect", little_room)
    with open_ledger(StoreLocation(file), "garage") as ledger:
        assert ledger.readings.meters() == ["meter"]  # it had begun
        assert ledger.sessions.latest(5) == []
    taken_over(two_days, file)
    assert content(file) == content(whole)
