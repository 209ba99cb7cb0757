"""The flow `examples/home-assistant.yaml` in a simulated house, with somebody at its broker."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from oppleo_flow.cli import main
from oppleo_flow.store import open_ledger
from oppleo_flow.testing.house import House

FLOW = Path(__file__).parents[2] / "examples" / "home-assistant.yaml"
SATURDAY = datetime(2026, 1, 17, 12, 0, tzinfo=UTC)
BASE = "oppleo-flow/house"


class AtBroker:
    """Somebody at the simulated broker of a house."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.told: dict[str, str] = {}
        self.topics: list[str] = []
        self.broker = house.runtime.node("home")._broker._broker
        self.broker.subscribe("#", self._hear)

    def _hear(self, message: Any) -> None:
        self.topics.append(message.topic)
        self.told[message.topic] = message.payload.decode()

    def say(self, topic: str, text: str, *, retain: bool = False) -> None:
        self.broker.publish(topic, text.encode(), retain=retain)
        self.house.run_for(5)

    def shows(self, *entities: str) -> list[str]:
        return [self.told[f"{BASE}/{entity}"] for entity in entities]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    text = FLOW.read_text(encoding="utf-8")
    with House(text, tmp_path, SATURDAY, secrets={"mqtt_password": "s3cret"}) as made:
        assert [one for one in made.findings if one.severity != "info"] == []
        yield made


def test_its_own_tests_pass(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", str(FLOW)]) == 0
    assert capsys.readouterr().out == "7 passed, 0 failed\n"


def test_home_assistant_starts_and_ends_a_session_and_sees_it(house: House) -> None:
    home = AtBroker(house)
    house.world.plug_in(40.0)
    home.say(f"{BASE}/start/set", "PRESS")
    house.run_for(60)
    assert house.open_session().label == "family"  # type: ignore[union-attr]
    assert home.shows("session", "session_card", "switch", "charging") == [
        *("charging", "family", "on", "on")
    ]
    assert float(home.shows("power")[0]) == 11_040.0
    home.say(f"{BASE}/stop/set", "PRESS")
    house.run_for(60)
    assert house.open_session() is None
    assert home.shows("session", "session_energy", "switch") == ["idle", "None", "off"]
    assert house.faults() == []


def test_a_start_that_the_broker_kept_does_not_charge_after_a_power_cut(house: House) -> None:
    home = AtBroker(house)
    home.say(f"{BASE}/start/set", "PRESS", retain=True)
    home.say(f"{BASE}/stop/set", "PRESS")
    assert house.open_session() is None
    home.broker.leave("gone")
    home.broker.leave(None)  # as after a reboot: what was kept is told again
    house.run_for(60)
    assert house.open_session() is None
    assert house.world.snapshot()["evse"]["access"] is False


def test_who_listened_to_oppleo_hears_a_whole_session(house: House) -> None:
    home = AtBroker(house)
    house.swipe("family")
    house.run_for(30)
    house.swipe("family")
    house.run_for(30)
    heard = [topic for topic in home.topics if topic.startswith("oppleo/house")]
    assert [topic.rpartition("/")[2] for topic in dict.fromkeys(heard)] == [
        *("charge_session_started", "evse_enabled"),
        *("evse_disabled", "charge_session_ended"),  # switching off never waits
        "charge_session_data_update",
    ]
    ended = json.loads(home.told["oppleo/house/charge_session/charge_session_ended"])
    assert (ended["id"], ended["data"]["total_energy"]) == ("house", "0.0")


def test_a_meter_that_falls_silent_is_unknown_at_home(house: House) -> None:
    home = AtBroker(house)
    house.run_for(60)
    assert home.shows("power") == ["0.0"]
    house.world.silence_meter(True)
    house.run_for(240)
    assert home.shows("energy", "power", "frequency") == ["None", "None", "None"]


def test_the_session_in_the_ledger_has_the_odometer_that_the_broker_told(house: House) -> None:
    home = AtBroker(house)
    with open_ledger(house.location, "house") as ledger:
        ledger.accounts.add("vehicle", "van")
        family = next(one for one in ledger.tokens.all() if one.label == "family")
        ledger.tokens.change(replace(family, vehicle="van"))
    house.swipe("family")
    home.say("cars/1/odometer", "42137.4")
    session = house.open_session()
    assert session is not None
    assert (session.odometer_km, home.shows("odometer")) == (42_137, ["42137"])
    told = json.loads(home.told["oppleo/house/charge_session/charge_session_data_update"])
    assert told["data"]["km"] == "42137"
