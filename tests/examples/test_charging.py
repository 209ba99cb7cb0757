"""The flow `examples/charging.yaml`, in a simulated house on the virtual clock."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from oppleo_flow.testing.house import House

FLOW = Path(__file__).parents[2] / "examples" / "charging.yaml"
NIGHT = datetime(2026, 1, 15, 22, 30, tzinfo=UTC)  # 23:30 in Amsterdam
NOON = datetime(2026, 1, 15, 11, 0, tzinfo=UTC)


@pytest.fixture
def house(tmp_path: Path) -> Callable[[datetime], House]:
    return lambda start: House(FLOW.read_text(), tmp_path, start, secrets={"prowl_key": "0" * 40})


def on(home: House) -> bool:
    return bool(home.level("evse", "state").on)


def test_the_flow_has_nothing_but_notes(house):
    assert [found for found in house(NOON).findings if found.severity != "info"] == []


def test_a_known_card_closes_the_switch_off_peak(house):
    with house(NIGHT) as home:
        home.swipe("family")
        assert on(home)
        assert home.look("buzzer").received == 1


def test_by_day_the_request_waits_for_the_gate(house):
    with house(NOON) as home:
        home.swipe("family")
        assert not on(home)
        home.run_for(11 * 3600.0)
        assert on(home)


def test_an_unknown_card_closes_nothing(house):
    with house(NIGHT) as home:
        home.swipe("stranger")
        assert not on(home)
        assert home.look("buzzer").received == 1


def test_a_dead_meter_opens_the_switch(house):
    with house(NIGHT) as home:
        home.swipe("family")
        home.world.silence_meter(True)
        home.run_for(120.0)
        assert not on(home)


def test_a_quiet_night_leaves_the_switch_closed(house):
    with house(NIGHT) as home:
        home.swipe("family")
        home.run_for(6 * 3600.0)
        assert on(home)
