"""The shipped flow in a simulated house: hours in virtual time, on the port twins."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from oppleo_flow.payloads import MeterReading, MeterUnknown
from oppleo_flow.store import open_ledger
from oppleo_flow.testing.house import House

FLOW = Path(__file__).parents[2] / "flows" / "charge-point.yaml"
NOON = datetime(2026, 1, 15, 11, 0, tzinfo=UTC)
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
END = datetime(2026, 2, 1, tzinfo=UTC)
HOUR = 3600.0


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with House(FLOW.read_text(), tmp_path, NOON) as made:
        yield made


def on(house: House) -> bool:
    return bool(house.level("evse", "state").on)


def pin_5_is_high(house: House) -> bool:
    return house.world.read_pin(5)


def sessions(house: House):
    with open_ledger(house.location, "house", read_only=True) as ledger:
        return ledger.sessions.between(BEGIN, END)


def test_the_switch_stays_closed_through_a_quiet_hour(house):
    house.swipe("family")
    assert on(house)
    house.run_for(HOUR)
    assert on(house)
    assert not pin_5_is_high(house)


def test_a_charged_hour_is_in_the_ledger_to_the_watt_hour(house):
    house.swipe("family")
    house.world.plug_in(charge_percent=10)
    house.run_for(HOUR)
    assert house.level("session", "status").phase == "charging"
    before = house.level("meter", "reading")
    house.swipe("family")
    assert not on(house)
    assert pin_5_is_high(house)
    house.run_for(10)
    (session,) = sessions(house)
    assert session.energy_wh == session.meter_end_wh - session.meter_start_wh
    assert session.meter_end_wh >= before.energy_import_wh > session.meter_start_wh == 1_234_567
    assert 10_500 < session.energy_wh < 11_100  # an hour at 11 kW, less the EVSE's own delays


def test_a_silent_meter_is_unknown_and_opens_the_switch_after_ninety_seconds(house):
    house.swipe("family")
    house.world.silence_meter(True)
    house.run_for(60)
    assert isinstance(house.level("meter", "reading"), MeterUnknown)
    assert on(house)
    house.run_for(60)
    assert not on(house)
    assert house.look("evse").made_safe == (
        "stale: its input is stale for 90 s: meter: unit 1: no answer reading input register "
        "0x0000; check that the meter has power, that its wires A and B are tight, and that its "
        "address, speed and parity are those of the flow (from the factory: unit 1, 9600 8N1)"
    )
    house.world.silence_meter(False)
    house.run_for(30)
    assert isinstance(house.level("meter", "reading"), MeterReading)
    assert on(house)


def test_a_session_that_begins_while_the_meter_is_silent_is_latched_late(house):
    house.world.silence_meter(True)
    house.run_for(70)
    house.swipe("family")
    assert house.level("session", "status").energy_wh is None
    house.world.silence_meter(False)
    house.run_for(30)
    house.swipe("family")
    house.run_for(10)
    (session,) = sessions(house)
    assert (session.meter_start_quality, session.energy_wh) == ("late", 0)


def test_only_the_card_that_began_a_session_ends_it(house):
    house.swipe("family")
    house.swipe("office")
    assert on(house)
    house.swipe("family")
    assert not on(house)


def test_nobody_charges_on_a_session_whose_car_has_left(house):
    """Oppleo D9: a session is not ended when the car leaves, and the next one charges on it."""
    house.swipe("family")
    house.world.plug_in(charge_percent=10)
    house.run_for(600)
    house.world.plug_out()
    house.run_for(10)
    assert not on(house)
    house.world.plug_in(charge_percent=10)
    house.run_for(600)
    assert house.open_session() is None
    assert not on(house)


def test_a_session_survives_a_restart(tmp_path):
    def home() -> House:
        return House(FLOW.read_text(), tmp_path, NOON)

    with home() as first:
        first.swipe("family")
        began = first.level("session", "status").session_id
    assert pin_5_is_high(first)
    with home() as second:
        assert second.level("session", "status").session_id == began
        second.run_for(5)  # it was off for half a minute then
        assert on(second)


def test_the_same_day_comes_out_the_same_to_the_byte(tmp_path):
    def day(name: str) -> str:
        (tmp_path / name).mkdir()
        with House(FLOW.read_text(), tmp_path / name, NOON) as house:
            live: Callable[[float], None] = house.run_for
            house.swipe("family")
            house.world.plug_in(charge_percent=30)
            live(2 * HOUR)
            house.swipe("family")
            live(HOUR)
            return repr((house.runtime.snapshot(), sessions(house)))

    assert day("one") == day("other")
