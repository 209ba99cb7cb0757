"""`home-assistant` and Home Assistant itself, at one broker; on request, for it is heavy."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from nodes.network.home_assistant import HomeAssistant
from oppleo_flow.payloads import (
    CardSeen,
    EvseState,
    EvseUnknown,
    MeterReading,
    MeterUnknown,
    PeakOnce,
    SessionStatus,
)
from oppleo_flow.testing.bench import NOON, Bench
from tests.nodes.network.brokers import RealBroker
from tests.nodes.network.test_home_assistant import ALL, know_the_cards
from tests.nodes.store_site import CONNECTIONS, site_in
from tests.oppleo_flow.devices.mosquitto import Mosquitto

PYTHON = os.environ.get("OPPLEO_FLOW_HOME_ASSISTANT")
ITSELF = Path(__file__).with_name("home_assistant_itself.py")
DEADLINE_S = 60.0

pytestmark = pytest.mark.skipif(PYTHON is None, reason="on request: `make home-assistant`")


class Itself:
    """Home Assistant, and the node on the bench that it sees."""

    def __init__(self, process: "subprocess.Popen[str]", on: Bench) -> None:
        self._process = process
        self._runs = True
        self.on = on

    def stop(self) -> None:
        """Let the node stop, as its flow does."""
        self._runs = False
        self.on.runtime.stop()

    def ask(self, line: str) -> dict[str, str]:
        """Ask it for something; return all its states."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(line, file=self._process.stdin, flush=True)
        said = json.loads(self._process.stdout.readline())
        if self._runs:
            self.on.advance(1)  # the node hears what was asked
        return {name: state for name, state in said.items() if "bench" in name}

    def wait_for(self, **expected: str) -> None:
        """Wait until entities, by the last part of their ids, show what is expected."""
        deadline_s = time.monotonic() + DEADLINE_S
        shown: dict[str, str | None] = {}
        while shown != expected:
            assert time.monotonic() < deadline_s, shown
            states = self.ask("states")
            by_name = {name.split(".bench_")[1]: state for name, state in states.items()}
            shown = {name: by_name.get(name) for name in expected}

    def wait_for_node(self, found: Callable[[], bool]) -> None:
        """Wait until the node has done something."""
        deadline_s = time.monotonic() + DEADLINE_S
        while not found():
            assert time.monotonic() < deadline_s
            self.ask("states")


@contextmanager
def home_assistant(tmp_path: Path) -> Iterator[Itself]:
    know_the_cards(tmp_path)
    with Mosquitto(tmp_path) as server:
        broker = {"host": "127.0.0.1", "port": server.port, "will": "oppleo-flow/bench/running"}
        config = {"broker": "broker", "store": "store", "commands": ALL, "charge_as": ("home",)}
        config["max_age"] = "30d"  # the time of the bench runs by itself
        with (
            subprocess.Popen(
                [str(PYTHON), str(ITSELF), str(tmp_path / "home-assistant"), str(server.port)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=sys.stderr,
                text=True,
            ) as process,
            Bench(
                HomeAssistant,
                config,
                connections={**CONNECTIONS, "broker": (RealBroker, broker)},
                site=site_in(tmp_path),
            ) as on,
        ):
            yield Itself(process, on)
            assert process.stdin is not None
            process.stdin.close()


def test_it_finds_all_shows_what_is_known_and_asks_for_what_it_may(tmp_path: Path) -> None:
    with home_assistant(tmp_path) as home:
        home.on.send(MeterReading.sample(time=NOON), "meter")
        home.on.send(SessionStatus("charging", label="family", energy_wh=1_234), "session")
        home.on.send(EvseState.sample(), "evse")
        home.wait_for(
            **{"energy": "1234.567", "power_l3": "3680.00", "session": "charging"},
            **{"session_card": "family", "session_energy": "1.234", "evse": "charging"},
            **{"charging": "on", "car_connected": "on", "charge_as": "home"},
        )

        home.on.send(MeterUnknown.sample(), "meter")
        home.on.send(EvseUnknown.sample(), "evse")
        home.wait_for(
            **{"energy": "unknown", "power": "unknown", "charging": "unknown"},
            evse="unavailable",
        )

        home.ask("button press button.bench_start_charging")
        home.ask("switch turn_on switch.bench_charge_at_peak_once")
        home.wait_for_node(lambda: bool(home.on.sent("card") and home.on.sent("once")))
        assert home.on.sent("card") == [CardSeen("04A1B2C3", "19892716500", "start", "web")]
        assert home.on.sent("once") == [PeakOnce(True, "Home Assistant")]
        assert home.on.run().faults == {}

        home.stop()
        home.wait_for(energy="unavailable", session="unavailable", charge_as="unavailable")
