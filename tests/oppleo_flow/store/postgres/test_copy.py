import shutil
import sqlite3
from contextlib import closing
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from oppleo_flow.charging.tariff import PriceVersion
from oppleo_flow.payloads import (
    MeterReading,
    MeterUnknown,
    SessionEnded,
    SessionLatched,
    SessionStarted,
)
from oppleo_flow.store.postgres.engine import connect
from oppleo_flow.store.postgres.errors import CopyError
from tests.oppleo_flow.store.sent_ledger import NOON, address_of, rows_of_copy, sent_ledger

SECOND = timedelta(seconds=1)
OTHER = UUID("00000000-0000-4000-8000-00000000000f")


def reading(second: int, **more) -> MeterReading:
    return MeterReading.sample(time=NOON + second * SECOND, **more)


@pytest.fixture
def site(tmp_path, copy_url):
    with sent_ledger(tmp_path / "ledger.sqlite", address_of(copy_url)) as site:
        yield site


def a_session(ledger) -> None:
    ledger.sessions.record(SessionStarted.sample(meter_start_wh=None))
    ledger.sessions.record(SessionLatched.sample())
    ledger.readings.record([reading(1), MeterUnknown.sample(), reading(3, frequency_hz=None)])
    ledger.sessions.record(SessionEnded.sample())


def test_every_row_arrives(site):
    price = PriceVersion(OTHER, NOON - 90 * SECOND, Decimal("0.345678"), "EUR")
    site.ledger.prices.add(price)
    site.ledger.accounts.add("vehicle", "Ioniq", plate="AB-12-C")
    site.ledger.tokens.note_refused("04A1B2C3", "123", NOON)
    a_session(site.ledger)
    assert site.send_all() > 10
    assert site.has_arrived()
    assert rows_of_copy(site.address, "cp")["session_ended"]


def test_what_follows_arrives_too_and_nothing_goes_twice(site):
    site.send_all()
    a_session(site.ledger)
    assert site.send_all() == 7
    assert site.has_arrived()
    assert site.send_all() == 0


def test_rows_that_are_gone_at_the_site_are_gone_there(site):
    site.ledger.accounts.add("driver", "Ann")
    site.send_all()
    site.ledger.accounts.remove("driver", "Ann")
    site.send_all()
    assert rows_of_copy(site.address, "cp")["drivers"] == []


def test_a_quarter_hour_of_which_it_turned_out_late_that_nothing_is_known_is_gone_there(site):
    site.ledger.readings.record([reading(0), reading(900), reading(1800)])
    site.send_all()
    assert len(rows_of_copy(site.address, "cp")["reading_slots"]) == 2
    late = MeterUnknown("meter", NOON + 100 * SECOND, "no answer")
    site.ledger.readings.record([late])
    site.send_all()
    assert len(rows_of_copy(site.address, "cp")["reading_slots"]) == 1
    assert site.has_arrived()


def test_readings_that_the_site_has_no_room_for_any_more_stay_there(site):
    site.ledger.readings.record([reading(1), reading(2)])
    site.send_all()
    with closing(sqlite3.connect(site.path)) as file:
        file.execute("DELETE FROM readings")
        file.commit()
    site.send_all()
    assert len(rows_of_copy(site.address, "cp")["readings"]) == 2


def test_a_number_arrives_to_the_last_digit(site):
    exact = reading(1, power_w=0.1 + 0.2, voltage_phases_v=(230.10000000000002,))
    site.ledger.readings.record([exact])
    site.send_all()
    assert site.has_arrived()


def test_a_batch_that_arrived_although_nobody_said_so_does_not_go_again(site):
    """The connection went between the commit and its answer: the mark tells what became of it."""
    a_session(site.ledger)
    site.send_all(most=3)
    site.ledger.accounts.add("driver", "Ann")
    outbox, copy = site.ledger.outbox, site.sender._copy
    copy.write(outbox.next_batch(10), outbox.marks.ledger_id, NOON)
    site.sender.close()
    assert site.send_all() == 0
    assert site.has_arrived()


def test_a_batch_that_did_not_arrive_goes_again(site):
    site.send_all()
    a_session(site.ledger)
    site.ledger.outbox.next_batch(3)
    site.sender.close()
    assert site.send_all() == 7
    assert site.has_arrived()


def test_a_ledger_restored_from_a_backup_is_sent_again_and_what_it_lost_is_kept(site, tmp_path):
    site.send_all()
    site.ledger.sessions.record(SessionStarted.sample(session_id=OTHER))
    site.send_all()
    backup = tmp_path / "backup.sqlite"
    with closing(sqlite3.connect(site.path)) as now, closing(sqlite3.connect(backup)) as then:
        now.backup(then)
    site.ledger.accounts.add("driver", "Ann")
    site.ledger.sessions.record(SessionEnded.sample(session_id=OTHER))
    site.ledger.sessions.record(SessionStarted.sample(started_at=NOON + 9 * SECOND))
    site.send_all()
    site.sender.close()
    with sent_ledger(backup, site.address) as restored:
        third = SessionStarted.sample(session_id=UUID(int=3), started_at=NOON + 99 * SECOND)
        restored.ledger.sessions.record(third)
        restored.send_all()
        there = rows_of_copy(site.address, "cp")
        assert {row[0] for row in there["session_started"]} == {OTHER, UUID(int=3)}
        assert there["drivers"] == [("cp", "Ann", None, None)]
        assert restored.send_all() == 0
    (aside,) = aside_of(site)
    assert aside[1:3] == ("session_started", "is not of the site now")


def aside_of(site) -> list:
    with closing(connect(site.address)) as there, there.cursor() as cursor:
        query = "SELECT charge_point, table_name, reason, row FROM set_aside ORDER BY number"
        cursor.execute(query)
        return cursor.fetchall()


def test_a_value_of_the_wrong_kind_is_set_aside_and_holds_up_nothing(site):
    site.send_all()
    with closing(sqlite3.connect(site.path)) as file:
        into = "INSERT INTO vehicles (charge_point, name, plate)"
        file.execute(f"{into} VALUES ('cp', 'a' || char(0), 'x')")
        file.execute("INSERT INTO boots VALUES ('cp', 'b', 'yesterday', 'today')")
        file.execute("INSERT INTO session_settled VALUES ('x', 'cp', 'now', 1, 1)")
        file.execute(
            f"INSERT INTO session_settled VALUES ('{3:032}', 'cp', '{NOON}', {2**63 - 1}, 1)"
        )
        file.commit()
    site.ledger.readings.record([reading(1), reading(2), reading(3)])
    with closing(sqlite3.connect(site.path)) as file:
        file.execute("UPDATE readings SET energy_import_wh = 'much' WHERE time LIKE '%:02.%'")
        file.commit()
    site.send_all()
    assert [row[1:3] for row in aside_of(site)] == [
        ("vehicles", "name: text is needed, got 'a\\x00'"),
        ("boots", "began_at: a time such as 2026-01-15 12:00:00.000000 is needed, got 'yesterday'"),
        ("session_settled", "session_id: a UUID is needed, got 'x'"),
        ("readings", "has a value of another kind"),
    ]
    assert len(rows_of_copy(site.address, "cp")["readings"]) == 2


def test_another_ledger_of_the_same_name_is_refused_until_it_is_told_to_take_over(site, tmp_path):
    site.ledger.accounts.add("driver", "Ann")
    site.send_all()
    site.sender.close()
    ledger_id = site.ledger.outbox.marks.ledger_id
    with sent_ledger(tmp_path / "new.sqlite", site.address) as new:
        with pytest.raises(CopyError) as error:
            new.send_all()
        assert (error.value.code, str(error.value)) == (
            "other-ledger",
            f"{site.address.place}: charge point 'cp' was written by another ledger until "
            "2026-01-15T12:00:00+00:00; call one of them otherwise, or, if this one takes its "
            f"place, set take_over: {ledger_id}",
        )
    with sent_ledger(tmp_path / "new.sqlite", site.address, take_over=ledger_id) as new:
        new.ledger.accounts.add("driver", "Bob")
        new.send_all()
        new.sender.close()
        new.send_all()
    known = rows_of_copy(site.address, "cp")["drivers"]
    assert known == [("cp", "Ann", None, None), ("cp", "Bob", None, None)]


def test_two_runtimes_do_not_write_for_one_charge_point(site, tmp_path):
    site.send_all()
    shutil.copy(site.path, tmp_path / "copy.sqlite")
    with (
        sent_ledger(tmp_path / "copy.sqlite", site.address) as copy,
        pytest.raises(CopyError) as error,
    ):
        copy.send_all()
    assert (error.value.code, str(error.value)) == (
        "other-writer",
        f"{site.address.place}: somebody else is writing for charge point 'cp', or its own last "
        "session has not ended yet; only one may",
    )


def test_simulated_rows_do_not_get_among_real_ones(site, tmp_path, copy_url):
    site.send_all()
    simulated = address_of(copy_url, simulated=True)
    with (
        sent_ledger(tmp_path / "simulated.sqlite", simulated, "house") as house,
        pytest.raises(CopyError) as error,
    ):
        house.send_all()
    assert str(error.value) == (
        f"{site.address.place}: schema 'oppleo_flow' has real charge points, and this one is "
        "simulated; name another schema"
    )
    other = address_of(copy_url, simulated=True, schema="oppleo_flow_simulated")
    with sent_ledger(tmp_path / "simulated.sqlite", other, "house") as house:
        house.ledger.accounts.add("driver", "Ann")
        house.send_all()
        assert house.has_arrived()
    assert rows_of_copy(site.address, "house")["drivers"] == []


def test_two_charge_points_share_a_database(site, tmp_path):
    with sent_ledger(tmp_path / "south.sqlite", site.address, "south") as south:
        for ledger, name in ((site.ledger, "Ann"), (south.ledger, "Bob")):
            ledger.accounts.add("driver", name)
            ledger.readings.record([reading(1)])
        site.send_all()
        south.send_all()
        assert site.has_arrived()
        assert south.has_arrived()
