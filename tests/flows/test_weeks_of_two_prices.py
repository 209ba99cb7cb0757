"""Simulated weeks of two cars, over both changes of the clock: each bill held against the meter.

What a session costs is reckoned here a second time, minute by minute, from the simulated meter's
true register and the hours of the calendar.  Readings, slices and the ledger have no part in that.
"""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from oppleo_flow.charging.record import SessionRecord
from oppleo_flow.charging.tariff import PriceVersion
from oppleo_flow.simulator.chance import Period
from oppleo_flow.simulator.household import Household
from oppleo_flow.simulator.scenario import BUILT_IN, read_scenario
from oppleo_flow.store import open_ledger
from oppleo_flow.testing.house import House
from tests.flows.test_prices_of_a_night import DUAL, FLOW

ZONE = ZoneInfo("Europe/Amsterdam")
MINUTE = timedelta(minutes=1)
PEAK, OFF_PEAK = Decimal("0.40"), Decimal("0.30")


def reckoned(house: House, session: SessionRecord) -> Decimal:
    """Return what a session costs by the meter's true register, exact but for parts of a Wh."""
    assert session.ended_at is not None
    assert DUAL.calendar is not None
    hours = DUAL.calendar.calendar("UTC")
    cost, at = Decimal(0), session.started_at
    while at < session.ended_at:
        whole = at.replace(second=0, microsecond=0) + MINUTE
        until = min(whole, session.ended_at)
        used_wh = house.register_at(until) - house.register_at(at)
        cost += Decimal(used_wh) * (OFF_PEAK if hours.is_open(at) else PEAK) / 1000
        at = until
    return cost


@pytest.mark.parametrize(
    ("first", "seed"),
    [
        pytest.param(date(2026, 3, 25), 1, id="the clock goes forward"),
        pytest.param(date(2026, 10, 21), 2, id="the clock goes back"),
    ],
)
def test_every_session_costs_what_the_meter_says_at_the_price_of_each_minute(
    tmp_path: Path, first: date, seed: int
) -> None:
    scenario, _ = read_scenario(BUILT_IN)
    assert scenario is not None
    period = Period(first, 8, ZONE)
    house = House(FLOW, tmp_path, period.begin, variables={"meter_every": "30s"})
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)
    with open_ledger(house.location, "house") as ledger:
        ledger.prices.add(PriceVersion.of(UUID(int=1), long_ago, DUAL, "EUR"))
    with house:
        Household(scenario, seed, period, house).play()
    with house.open_ledger() as ledger:
        sessions = ledger.sessions.between(period.begin, period.end)
    billed = [one for one in sessions if one.ended_at and one.energy_wh is not None]
    assert len(billed) >= 3
    assert any(len(one.slices) > 1 for one in billed)
    for session in billed:
        assert sum(part.energy_wh for part in session.slices) == session.energy_wh
        assert all(part.energy_wh >= 0 for part in session.slices)
        if not any(part.estimated for part in session.slices):
            # Half a cent of rounding, and two registers to the Wh.
            assert session.amount is not None
            assert abs(session.amount - reckoned(house, session)) < Decimal("0.0062")
