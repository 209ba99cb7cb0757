"""The shipped flow is changed while a car charges: only what changed restarts."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from oppleo_flow.flowfile import CheckSettings, SiteSecrets, check_text
from oppleo_flow.registry import Registry
from oppleo_flow.simulator.levers import world_words
from oppleo_flow.testing.house import House

FLOW = (Path(__file__).parents[2] / "flows" / "charge-point.yaml").read_text()
NOON = datetime(2026, 1, 15, 11, 0, tzinfo=UTC)
BUZZER = "    gpio: pins\n    pin: 23\n"


@pytest.fixture
def house(tmp_path):
    with House(FLOW, tmp_path, NOON) as made:
        made.swipe("family")
        made.world.plug_in(charge_percent=10)
        made.run_for(600)
        assert made.level("session", "status").phase == "charging"
        yield made


def changed(old, new):
    """Return the shipped flow with something else in one place."""
    assert FLOW.count(old) == 1
    settings = CheckSettings(
        secrets=SiteSecrets(Path("nowhere"), {}), simulate=True, world_words=world_words
    )
    result = check_text(FLOW.replace(old, new), "flow.yaml", Registry.installed(), settings)
    assert result.graph is not None, result.errors
    return result.graph


def edges(house, pin):
    return house.world.snapshot()["pins"][str(pin)]["edges"]


def test_another_option_of_the_buzzer_makes_no_edge_at_the_switch(house):
    graph = changed(BUZZER, BUZZER + "    active_low: on\n")
    before, began = edges(house, 5), house.level("session", "status").session_id
    assert before > 0
    changes = house.runtime.preview(graph)
    assert changes.restarted == {"buzzer": "other options: active_low"}
    assert changes.keep_level == ("evse", "led")
    house.runtime.deploy(graph)
    house.run_for(600)
    assert edges(house, 5) == before
    assert not house.world.read_pin(5)
    status = house.level("session", "status")
    assert (status.session_id, status.phase) == (began, "charging")
    assert house.faults() == []


def test_another_option_of_the_switch_opens_it_and_closes_it_again(house):
    graph = changed("    stale_after: 90s\n", "    stale_after: 100s\n")
    before = edges(house, 5)
    assert house.runtime.preview(graph).restarted == {"evse": "other options: stale_after_s"}
    house.runtime.deploy(graph)
    house.run_for(60)
    assert edges(house, 5) == before + 2
    assert not house.world.read_pin(5)
    assert house.level("session", "status").phase == "charging"
