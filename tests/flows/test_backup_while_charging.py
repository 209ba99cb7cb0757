"""A backup that is made while a car charges, with readings arriving: what it holds is a prefix."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from oppleo_flow.store import StoreLocation, open_ledger
from oppleo_flow.store.backup.reading import unpack
from oppleo_flow.testing.house import House

FLOWS = Path(__file__).parents[2] / "flows"
NOON = datetime(2026, 1, 15, 11, 0, tzinfo=UTC)
BACKUP = """\
  hourly:
    type: schedule
    every: 65m                # in virtual time readings are written an hour at a time

  backup:
    type: backup
    from: hourly
"""
APPENDED = ("session_started", "session_latched", "session_ended", "readings", "slices")


def flow_with_backup() -> str:
    text, tests, _ = (FLOWS / "charge-point.yaml").read_text().partition("\ntests:")
    assert tests
    return f"{text.rstrip()}\n\n{BACKUP}"


def rows(ledger: Path, table: str) -> list[tuple]:
    """Return the rows of a table, without whether a session is closed: that is no part of it."""
    with closing(sqlite3.connect(ledger)) as db:
        columns = [name for _, name, *_ in db.execute(f"PRAGMA table_info({table})")]
        kept = ", ".join(name for name in columns if name != "closed_at")
        return db.execute(f"SELECT {kept} FROM {table}").fetchall()


@pytest.fixture(scope="module")
def day(tmp_path_factory) -> tuple[Path, list[Path]]:
    """Return the ledger at the end, and what each backup unpacks to, in order."""
    folder = tmp_path_factory.mktemp("house")
    with House(flow_with_backup(), folder, NOON) as house:
        house.run_for(600)
        house.swipe("family")
        house.world.plug_in(charge_percent=10)
        house.run_for(2.5 * 3600)
        house.swipe("family")
        house.run_for(3600)
        assert house.look("backup").faults == ()
    unpacked = []
    for file in sorted((folder / "backups").iterdir()):
        unpacked.append(folder / f"unpacked-{len(unpacked)}")
        unpack(file, "", unpacked[-1])
    return folder / "ledger.sqlite", unpacked


def test_each_holds_the_first_rows_of_the_final_ledger_and_more_than_the_one_before(day):
    final, backups = day
    assert len(backups) == 3
    for table in APPENDED:
        last = rows(final, table)
        held = [rows(folder / "ledger.sqlite", table) for folder in backups]
        assert all(set(one) <= set(last) for one in held), table
        assert [len(one) for one in held] == sorted(len(one) for one in held)
    readings = [len(rows(folder / "ledger.sqlite", "readings")) for folder in backups]
    assert len(set(readings)) == len(readings)


def test_no_reading_is_missing_before_the_last_that_it_holds(day):
    final, backups = day
    for folder in backups:
        held = {row[:3] for row in rows(folder / "ledger.sqlite", "readings")}
        last = max(row for row in held)
        assert held == {row[:3] for row in rows(final, "readings") if row[:3] <= last}


def test_the_session_that_was_under_way_is_open_in_the_backup_and_the_flow_goes_on_with_it(
    day, tmp_path
):
    _, backups = day
    with open_ledger(StoreLocation(backups[1] / "ledger.sqlite"), "house") as ledger:
        session = ledger.sessions.open()
    assert (session.label, session.ended_at) == ("family", None)
    for name in ("ledger.sqlite", "state.sqlite"):
        (backups[1] / name).rename(tmp_path / name)

    text, _, _ = (FLOWS / "charge-point.yaml").read_text().partition("\ntests:")
    house = House(text, tmp_path, NOON + timedelta(hours=3))
    house.world.plug_in(charge_percent=45)
    with house:
        house.run_for(60)
        assert house.level("session", "status").label == "family"
        house.swipe("family")
        house.run_for(60)
        assert house.open_session() is None
