"""The flow `examples/grid-alarm.yaml`, with its drop-in, on a simulated house."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from oppleo_flow.clock import VirtualClock
from oppleo_flow.devices.world import World
from oppleo_flow.engine.runtime import Runtime
from oppleo_flow.engine.snapshot import NodeSnapshot
from oppleo_flow.flowfile.checker import CheckSettings, check_text
from oppleo_flow.flowfile.graph import Graph
from oppleo_flow.registry import Registry
from oppleo_flow.simulator import SimulatedWorld
from oppleo_flow.testing import BenchSite

EXAMPLES = Path(__file__).parents[2] / "examples"
SHARED = {"limit_w: 17000": "limit_w: 5000"}  # what one car draws is enough for the alarm


def graph(changes: dict[str, str]) -> Graph:
    """Return the checked flow; the drop-in is found beside it."""
    text = (EXAMPLES / "grid-alarm.yaml").read_text(encoding="utf-8")
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    registry = Registry(["nodes"], EXAMPLES / "nodes")
    result = check_text(text, "grid-alarm.yaml", registry, CheckSettings(simulate=True))
    assert result.findings == ()
    assert result.graph is not None
    return result.graph


class House:
    """The flow in a simulated house with a car."""

    def __init__(self, changes: dict[str, str]) -> None:
        self.clock = VirtualClock(datetime(2026, 1, 15, 12, 0, tzinfo=UTC))
        self.world = SimulatedWorld(self.clock)
        self.runtime = Runtime(
            graph(changes),
            clock=self.clock,
            site=BenchSite(services={World: self.world}),
            externals=[self.world],
        )

    def charge(self) -> None:
        """Plug the car in and give it access."""
        self.world.drive_pin(5, high=False)
        self.world.plug_in(charge_percent=20)

    def look(self, node: str) -> NodeSnapshot:
        return next(seen for seen in self.runtime.snapshot().nodes if seen.id == node)


@pytest.fixture
def house() -> Iterator[House]:
    made = House(SHARED)
    made.runtime.start()
    yield made
    made.runtime.stop()


def test_the_flow_is_without_findings_as_it_stands() -> None:
    assert list(graph({}).nodes) == ["meter", "known", "alarm", "buzzer", "blind"]


def test_a_quiet_house_is_quiet(house: House) -> None:
    house.runtime.run_for(60.0)

    assert (house.look("alarm").status_text, house.look("buzzer").received) == ("0 W", 0)


def test_it_beeps_when_the_load_stays_above_the_limit(house: House) -> None:
    house.charge()
    house.runtime.run_for(120.0)

    assert house.look("alarm").status_text == "over the limit"
    assert house.look("buzzer").received > 0


def test_a_silent_meter_is_no_alarm_and_is_seen(house: House) -> None:
    house.charge()
    house.world.silence_meter(True)
    house.runtime.run_for(120.0)

    assert house.look("buzzer").received == 0
    assert house.look("blind").status_text.startswith("MeterUnknown(meter='meter', ")
