"""The flow `examples/charging.yaml`, in a simulated house on the virtual clock."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from oppleo_flow.charging.tokens import Token, legacy_id
from oppleo_flow.clock import VirtualClock
from oppleo_flow.devices.world import World
from oppleo_flow.engine.runtime import Runtime
from oppleo_flow.engine.snapshot import NodeSnapshot
from oppleo_flow.flowfile import CheckSettings, SiteSecrets, check_file
from oppleo_flow.flowfile.graph import Graph
from oppleo_flow.registry import Registry
from oppleo_flow.simulator import SimulatedWorld
from oppleo_flow.store import StoreLocation, open_ledger
from oppleo_flow.testing import BenchSite

FLOW = Path(__file__).parents[2] / "examples" / "charging.yaml"
UID = "04A1B2C3"
NIGHT = datetime(2026, 1, 15, 22, 30, tzinfo=UTC)  # 23:30 in Amsterdam
NOON = datetime(2026, 1, 15, 11, 0, tzinfo=UTC)


def graph(folder: Path) -> Graph:
    secrets = SiteSecrets(folder / "secrets.yaml", {"OPPLEO_SECRET_PROWL_KEY": "0" * 40})
    settings = CheckSettings(secrets=secrets, simulate=True)
    result = check_file(FLOW, Registry(["nodes"]), settings)
    assert result.findings == ()
    assert result.graph is not None
    return result.graph


class House:
    """The flow in a house with a car and a card that is known."""

    def __init__(self, folder: Path, start: datetime) -> None:
        clock = VirtualClock(start)
        location = StoreLocation(folder / "ledger.sqlite")
        with open_ledger(location, "bench") as ledger:
            number = legacy_id(bytes.fromhex(UID))
            token = Token(UUID(int=1), UID, number, "family", enabled=True)
            ledger.tokens.add(token, clock.now())
        self.world = SimulatedWorld(clock)
        site = BenchSite(folder=folder, services={World: self.world, StoreLocation: location})
        self.runtime = Runtime(graph(folder), clock=clock, site=site, externals=[self.world])

    def swipe(self, card: str) -> None:
        self.runtime.run_for(30.0)
        self.world.swipe(card)
        self.runtime.run_for(5.0)

    def look(self, node: str) -> NodeSnapshot:
        return next(seen for seen in self.runtime.snapshot().nodes if seen.id == node)

    @property
    def on(self) -> bool:
        """Whether the switch is closed."""
        return self.look("evse").levels["state"].value.on


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Callable[[datetime], House]]:
    made: list[House] = []

    def begin(start: datetime) -> House:
        made.append(House(tmp_path, start))
        made[0].runtime.start()
        return made[0]

    yield begin
    made[0].runtime.stop()


def test_a_known_card_closes_the_switch_off_peak(house) -> None:
    home = house(NIGHT)
    home.swipe("family")

    assert home.on
    assert home.look("buzzer").received == 1


def test_by_day_the_request_waits_for_the_gate(house) -> None:
    home = house(NOON)
    home.swipe("family")
    assert not home.on
    home.runtime.run_for(11 * 3600.0)
    assert home.on


def test_an_unknown_card_closes_nothing(house) -> None:
    home = house(NIGHT)
    home.swipe("stranger")

    assert not home.on
    assert home.look("buzzer").received == 1


def test_a_dead_meter_opens_the_switch(house) -> None:
    home = house(NIGHT)
    home.swipe("family")
    home.world.silence_meter(True)
    home.runtime.run_for(120.0)

    assert not home.on


def test_a_quiet_night_leaves_the_switch_closed(house) -> None:
    home = house(NIGHT)
    home.swipe("family")
    home.runtime.run_for(6 * 3600.0)

    assert home.on
