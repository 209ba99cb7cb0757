"""What goes wrong with sessions and tokens in Oppleo, tried on the shipped flow.

Each test names the defect.  More of them stand with the rules: D16 with corrections and statements,
D3 with the histories at random.
"""

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

import oppleo_flow
from oppleo_flow.charging.month import Month
from oppleo_flow.charging.period import Period
from oppleo_flow.charging.statement import Heading, make_statement
from oppleo_flow.errors import StoreError
from oppleo_flow.store import StoreLocation, open_ledger
from oppleo_flow.testing.house import House

FLOW = (Path(oppleo_flow.__file__).parents[1] / "flows" / "charge-point.yaml").read_text()
NOON = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)


@pytest.fixture
def house(tmp_path):
    with House(FLOW, tmp_path, NOON) as made:
        yield made


def sessions(house):
    with house.open_ledger() as ledger:
        return ledger.sessions.latest(20)


def charge(house, seconds=1800, percent=20):
    house.world.plug_in(charge_percent=percent)
    house.swipe("family")
    house.run_for(seconds)


def break_ledger(house, table, new):
    with closing(sqlite3.connect(house.location.path, isolation_level=None)) as connection:
        connection.execute(f"ALTER TABLE {table} RENAME TO {new}")


def test_a_read_that_fails_is_never_a_zero(house):
    """D1, D2: a failed read counts as 0, and the next session is billed the whole register."""
    house.world.silence_meter(True)
    house.run_for(70)
    charge(house, 60)
    (session,) = sessions(house)
    assert session.meter_start_wh is None
    house.world.silence_meter(False)
    house.run_for(600)
    house.swipe("family")
    house.run_for(30)
    (session,) = sessions(house)
    assert session.meter_start_wh > 1_000_000
    assert 0 < session.energy_wh < 3_000


def test_energy_is_whole_watt_hours_and_money_is_exact(house):
    """D4: energy is rounded to 0.1 kWh at the source, and money is a binary fraction."""
    house.set_price(Decimal("0.31415"))
    charge(house)
    house.swipe("family")
    house.run_for(30)
    (session,) = sessions(house)
    assert session.energy_wh % 100
    assert session.energy_wh == session.meter_end_wh - session.meter_start_wh
    exact = session.energy_wh * Decimal("0.31415") / 1000
    assert session.amount == exact.quantize(Decimal("0.01"))


def test_a_session_that_has_just_begun_is_not_split(tmp_path):
    """D5: the first plug-in after a swipe leaves an empty session, then one by itself."""
    variables = {"auto_session": "on", "on_unplug": "keep"}
    with House(FLOW, tmp_path, NOON, variables=variables) as house:
        house.swipe("family")
        house.run_for(3 * 3600)
        house.world.plug_in(charge_percent=20)
        house.run_for(600)
        (session,) = sessions(house)
        assert session.is_open


def test_a_pause_in_the_peak_hours_splits_no_session(tmp_path):
    """D5, second half: after each off-peak pause a car gets another session."""
    early = datetime(2026, 1, 15, 4, 0, tzinfo=UTC)  # 05:00 in Amsterdam
    variables = {
        **{"auto_session": "on", "on_unplug": "keep", "offpeak_only": "on"},
        **{"meter_every": "30s"},
    }
    with House(FLOW, tmp_path, early, variables=variables) as house:
        charge(house, 3 * 3600, percent=10)
        paused_wh = house.register_at(house.now())
        house.run_for(15.5 * 3600)
        (session,) = sessions(house)
        assert session.is_open
        assert session.meter_start_wh + 20_000 < paused_wh < house.register_at(house.now()) - 4_000


def test_a_car_that_charges_without_a_session_harms_nothing(tmp_path):
    """§3.5: without an open session the rule of the auto-session fails twenty times a second."""
    variables = {"auto_session": "on", "on_unplug": "keep"}
    with House(FLOW, tmp_path, NOON, variables=variables) as house:
        house.world.plug_in(charge_percent=20)
        house.swipe("family")
        house.run_for(60)
        house.world.break_part("contactor", True)
        house.swipe("family")
        house.world.plug_out()
        house.world.plug_in(charge_percent=20)
        house.run_for(300)
        assert [fault.code for fault in house.faults() if fault.node == "session"] == []
        house.world.break_part("contactor", False)
        house.run_for(60)
        house.swipe("office")
        assert [one.label for one in sessions(house) if one.is_open] == ["office"]


def test_no_record_is_deleted_when_a_car_comes_back(tmp_path):
    """D6: condensing deletes a record, outside of any transaction."""
    variables = {"auto_session": "on", "on_unplug": "keep"}
    with House(FLOW, tmp_path, NOON, variables=variables) as house:
        charge(house)
        first = sessions(house)[0].session_id
        house.world.plug_out()
        house.run_for(2 * 3600)
        house.world.plug_in(charge_percent=20)
        house.run_for(60)
        open_now, before = sessions(house)
        assert (before.session_id, before.reason) == (first, "auto")
        assert (open_now.trigger, open_now.meter_start_wh) == ("auto", before.meter_end_wh)


def test_a_card_that_is_held_to_the_reader_toggles_nothing(house):
    """D10: without a card-removed rule a held card starts and ends sessions every second."""
    house.world.swipe("family", hold_s=60)
    house.run_for(90)
    (session,) = sessions(house)
    assert session.is_open


def test_sessions_are_kept_in_utc_whatever_the_local_clock_does(tmp_path):
    """D11: naive local times; in autumn an hour comes twice."""
    night = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)  # 02:30 in Amsterdam, for the first time
    with House(FLOW, tmp_path, night) as house:
        charge(house, 3600)
        house.swipe("family")
        house.run_for(30)
        (session,) = sessions(house)
        assert session.started_at.tzinfo is UTC
        assert 3600 <= (session.ended_at - session.started_at).total_seconds() < 3700


@pytest.mark.parametrize(("day", "charges"), [(15, True), (14, False)])
def test_a_card_is_valid_all_of_its_last_day(tmp_path, day, charges):
    """D12: valid_until leaves its own day out."""
    with House(FLOW, tmp_path, datetime(2026, 1, 15, 22, 0, tzinfo=UTC)) as house:
        with open_ledger(house.location, "house") as ledger:
            (token,) = [one for one in ledger.tokens.all() if one.label == "family"]
            ledger.tokens.change(replace(token, valid_until=date(2026, 1, day)))
        house.swipe("family")
        assert bool(sessions(house)) is charges


def test_a_statement_is_made_of_the_ledger_and_names_the_meter_that_counted(house):
    """D15: made in the browser of the rows that show there, for a meter that is always the same."""
    charge(house)
    house.swipe("family")
    house.run_for(30)
    (session,) = sessions(house)
    month, zone = Month(2026, 1), ZoneInfo("Europe/Amsterdam")
    with house.open_ledger() as ledger:
        lines = ledger.sessions.between(*month.bounds(zone))
        heading = Heading("house", Period.of_month(month), zone, "EUR", NOON)
        made = [make_statement(heading, lines) for _ in range(2)]
    assert made[0] == made[1]
    assert made[0].lines == (session,)
    (meter,) = made[0].meters
    assert meter.serial == house.level("meter", "reading").serial


def test_a_charge_point_of_another_name_does_not_take_the_ledger(house):
    """D13: renaming the charger loses measurements, and fails halfway."""
    with pytest.raises(StoreError, match="is the ledger of charge point 'house'"):
        open_ledger(StoreLocation(house.location.path), "another")


def test_a_ledger_that_fails_for_a_while_stops_no_card_for_good(house):
    """R1, R2: a hiccup of the database kills the thread that reads cards, until a restart."""
    break_ledger(house, "tokens", "elsewhere")
    house.swipe("family")
    assert sessions(house) == []
    break_ledger(house, "elsewhere", "tokens")
    house.run_for(5)
    house.swipe("family")
    assert [one.is_open for one in sessions(house)] == [True]


def test_a_session_goes_on_and_is_kept_while_the_ledger_cannot_be_written(house):
    """R3: no buffer: without its database nothing is charged, and what happens is lost."""
    charge(house)
    break_ledger(house, "session_ended", "elsewhere")
    house.swipe("family")
    house.run_for(60)
    assert house.level("evse", "state").on is False
    break_ledger(house, "elsewhere", "session_ended")
    house.run_for(120)
    (session,) = sessions(house)
    assert (session.is_open, session.reason) == (False, "card")
    assert session.energy_wh > 5_000


def test_a_new_ledger_lets_nobody_charge(tmp_path):
    """S2: the token of the author is known and enabled in every installation."""
    with open_ledger(StoreLocation(tmp_path / "ledger.sqlite"), "mine") as ledger:
        assert ledger.tokens.all() == []
