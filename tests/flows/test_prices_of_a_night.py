"""The shipped flow, a night in which the price changes: what the ledger bills is what flowed."""

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest

from oppleo_flow.charging.calendar_rules import CalendarRules
from oppleo_flow.charging.record import SessionRecord
from oppleo_flow.charging.tariff import Component, PriceVersion, Tariff
from oppleo_flow.payloads import PeakOnce
from oppleo_flow.store import open_ledger
from oppleo_flow.testing.house import House

FLOW = (Path(__file__).parents[2] / "flows" / "charge-point.yaml").read_text()
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)
EDGE = datetime(2026, 1, 15, 22, 0, tzinfo=UTC)  # 23:00 in Amsterdam
DAL = CalendarRules.model_validate(
    {
        "timezone": "Europe/Amsterdam",
        "open": [
            {"days": "mon-fri", "from": "23:00", "to": "07:00"},
            {"days": "sat,sun", "from": "00:00", "to": "24:00"},
        ],
        "holidays": "nl-off-peak",
    }
)
DUAL = Tariff((Component("price", Decimal("0.40"), Decimal("0.30")),), calendar=DAL)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Callable[..., House]]:
    made: list[House] = []

    def begun(at: datetime, **variables: str) -> House:
        one = House(FLOW, tmp_path, at, variables={"meter_every": "10s", **variables})
        made.append(one)
        with open_ledger(one.location, "house") as ledger:
            ledger.prices.add(PriceVersion.of(UUID(int=1), at - 24 * HOUR, DUAL, "EUR"))
        one.__enter__()
        return one

    yield begun
    for one in made:
        one.__exit__(None, None, None)


def only(house: House) -> SessionRecord:
    with house.open_ledger() as ledger:
        (session,) = ledger.sessions.latest(10)
    return session


def test_a_session_over_the_edge_pays_each_price_for_what_flowed_at_it(house):
    """D14 of the original: it cannot bill a Dutch dual tariff."""
    on = house(EDGE - HOUR)
    on.world.plug_in(charge_percent=10)
    on.swipe("family")
    on.run_for(2 * HOUR.total_seconds())
    on.swipe("family")
    on.run_for(30)
    session = only(on)
    peak, off_peak = session.slices
    assert (peak.kind, off_peak.kind) == ("peak", "off-peak")
    assert abs(peak.end_wh - on.register_at(EDGE)) <= 1
    assert peak.energy_wh + off_peak.energy_wh == session.energy_wh
    assert not any(part.estimated for part in session.slices)
    exact = (peak.energy_wh * Decimal("0.40") + off_peak.energy_wh * Decimal("0.30")) / 1000
    assert abs(session.amount - exact) <= Decimal("0.005")


@pytest.mark.parametrize("seed", range(5))
def test_a_meter_that_is_silent_over_the_edge_changes_the_bill_by_a_watt_hour_at_most(house, seed):
    """D1 of the original: a failed read is 0, and the bill is the meter's complete total."""
    chance = random.Random(seed)
    on = house(EDGE - HOUR)
    on.world.plug_in(charge_percent=10)
    on.swipe("family")
    before_s = chance.randrange(20, 80)
    on.run_for(HOUR.total_seconds() - before_s)
    on.world.silence_meter(True)
    on.run_for(before_s + chance.randrange(5, 80 - before_s if before_s < 70 else 10))
    on.world.silence_meter(False)
    on.run_for(HOUR.total_seconds())
    on.swipe("family")
    on.run_for(30)
    session = only(on)
    peak, off_peak = session.slices
    assert peak.energy_wh + off_peak.energy_wh == session.energy_wh
    assert abs(peak.end_wh - on.register_at(EDGE)) <= 1


def test_leave_to_charge_at_peak_once_pays_the_peak_price(house):
    """§4 of the original: one time at peak, until the next off-peak period begins."""
    on = house(EDGE - HOUR, offpeak_only="on")
    on.world.plug_in(charge_percent=10)
    on.swipe("family")
    on.run_for(600)
    assert on.level("evse", "state").on is False
    on.runtime.inject("offpeak", "once", PeakOnce(allowed=True, by="owner"))
    on.run_for(1800)
    assert on.level("evse", "state").on is True
    on.run_for(HOUR.total_seconds())
    on.swipe("family")
    on.run_for(30)
    assert [part.kind for part in only(on).slices] == ["peak", "off-peak"]
