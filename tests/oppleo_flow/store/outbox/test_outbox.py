import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from alembic import command

from oppleo_flow.payloads import MeterReading, SessionEnded, SessionStarted
from oppleo_flow.store import open_ledger
from oppleo_flow.store.database import sqlite_engine
from oppleo_flow.store.migrate import alembic_config, upgrade
from oppleo_flow.store.tables import METADATA
from oppleo_flow.store.tables.outbox import KEPT_HERE, READINGS, SENT

NOON = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def reading(second: int) -> MeterReading:
    return MeterReading.sample(time=NOON + second * SECOND)


def send_all(outbox, most=1000) -> list:
    batches = []
    while (batch := outbox.next_batch(most)) is not None:
        batches.append(batch)
        outbox.arrived(NOON)
    return batches


@pytest.fixture
def outbox(ledger, location):
    ledger.outbox.open()
    send_all(ledger.outbox)
    return ledger.outbox


def test_every_table_says_whether_its_rows_are_sent():
    """A new table is named in `tables/outbox.py`: one that is forgotten would stay at the site."""
    assert {*SENT, *KEPT_HERE, READINGS} == {*METADATA.tables}
    assert not {*SENT, READINGS} & KEPT_HERE


def test_nobody_who_takes_from_it_nothing_kept(ledger, location):
    ledger.sessions.record(SessionStarted.sample())
    with closing(sqlite3.connect(location.path)) as file:
        assert file.execute("SELECT count(*) FROM outbox").fetchone() == (0,)


def test_what_is_written_is_sent_in_the_order_of_writing(ledger, outbox, location):
    ledger.sessions.record(SessionStarted.sample())
    ledger.readings.record([reading(1), reading(2)])
    ledger.sessions.record(SessionEnded.sample())
    (batch,) = send_all(outbox)
    assert [(change.table, change.row.get("closed_at")) for change in batch.changes] == [
        ("session_started", None),
        ("session_ended", None),
        ("session_started", "2026-01-15 14:00:00.000000"),
    ]
    assert [row[2] for row in batch.readings] == [
        "2026-01-15 12:00:01.000000",
        "2026-01-15 12:00:02.000000",
    ]


def test_all_that_was_there_before_is_sent_first(ledger, location):
    ledger.sessions.record(SessionStarted.sample())
    ledger.readings.record([reading(second) for second in range(7)])
    ledger.outbox.open()
    ledger.readings.record([reading(9)])
    batches = send_all(ledger.outbox, most=4)
    assert [len(batch) for batch in batches] == [4, 4, 3]
    times = {row[2][17:19] for batch in batches for row in batch.readings}
    assert sorted(times) == ["00", "01", "02", "03", "04", "05", "06", "09"]


def test_a_batch_that_did_not_arrive_goes_again(ledger, outbox, location):
    ledger.readings.record([reading(1)])
    lost = outbox.next_batch(10)
    again = outbox.next_batch(10)
    assert again.readings == lost.readings
    assert outbox.marks.under_way == again.mark != lost.mark


def test_how_much_is_behind_is_known(ledger, outbox, location):
    assert (outbox.behind().rows, outbox.behind().sent_at) == (0, NOON)
    ledger.readings.record([reading(1), reading(2)])
    assert outbox.behind().rows == 2


def test_the_oldest_reading_that_waits_is_known_to_who_makes_room(ledger, outbox, location):
    assert outbox.oldest_reading() is None
    ledger.readings.record([reading(9), reading(1)])
    assert outbox.oldest_reading() == NOON + SECOND


def test_what_a_table_edited_by_hand_holds_can_be_written_all_the_same(outbox, location):
    with closing(sqlite3.connect(location.path)) as file:
        file.execute("INSERT INTO drivers (charge_point, name) VALUES ('cp', x'00ff')")
        file.execute("INSERT INTO drivers (charge_point, name) VALUES ('cp', 0.1)")
        file.commit()
    (batch,) = send_all(outbox)
    assert [change.row["name"] for change in batch.changes] == ["00FF", "0.1"]


def test_a_key_that_is_changed_by_hand_takes_the_old_row_along(ledger, outbox, location):
    ledger.accounts.add("driver", "Ann")
    with closing(sqlite3.connect(location.path)) as file:
        file.execute("UPDATE drivers SET name = 'Anne'")
        file.commit()
    (batch,) = send_all(outbox)
    assert [(change.gone, change.row["name"]) for change in batch.changes] == [
        (False, "Ann"),
        (True, "Ann"),
        (False, "Anne"),
    ]


def test_an_outbox_that_nobody_takes_from_any_more_is_emptied(ledger, outbox, location):
    ledger.accounts.add("driver", "Ann")
    outbox.forget_unless_taken()
    assert outbox.marks.last is not None
    outbox.release()
    outbox.forget_unless_taken()
    ledger.accounts.add("driver", "Bob")
    with closing(sqlite3.connect(location.path)) as file:
        assert file.execute("SELECT count(*) FROM outbox").fetchone() == (0,)
        triggers = "SELECT count(*) FROM sqlite_master WHERE type = 'trigger'"
        assert file.execute(triggers).fetchone() == (0,)


def test_a_migration_leaves_nothing_out(ledger, outbox, location):
    ledger.accounts.add("driver", "Ann")
    engine = sqlite_engine(location.path)
    command.downgrade(alembic_config(engine), "0012")
    upgrade(engine, "ledger")
    engine.dispose()
    ledger.accounts.add("driver", "Bob")
    (batch,) = send_all(outbox)
    names = [change.row["name"] for change in batch.changes if change.table == "drivers"]
    assert names == ["Ann", "Ann", "Bob"]  # as it was written, and as the migration left it


def test_what_waits_is_there_after_a_restart(ledger, outbox, location):
    ledger.accounts.add("driver", "Ann")
    with open_ledger(location, "cp") as later:
        later.outbox.open()
        later.accounts.add("driver", "Bob")
        (batch,) = send_all(later.outbox)
    names = [json.loads(json.dumps(change.row))["name"] for change in batch.changes]
    assert names == ["Ann", "Bob"]
