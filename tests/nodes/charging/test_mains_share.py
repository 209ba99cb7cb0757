"""Charge points that share one mains fuse."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from nodes.charging.mains_fuse import MainsFuseConnection
from nodes.charging.mains_share import MainsShare
from oppleo_flow.clock import VirtualClock
from oppleo_flow.engine.runtime import Runtime
from oppleo_flow.payloads import EvseSignal, EvseState, EvseUnknown, SwitchRequest
from oppleo_flow.testing import BenchSite, graph_of, plan
from oppleo_flow.testing.bench import NOON, Bench
from oppleo_flow.testing.by_hand import link

ON = SwitchRequest(on=True, reason="session")
OFF = SwitchRequest(on=False, reason="over")
FULL = EvseState.sample(signal=EvseSignal.CONNECTED)
CHARGES = EvseState.sample(signal=EvseSignal.CHARGING)


class Places:
    """Two charge points behind one fuse."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def send(self, place: str, payload: object, port: str = "in") -> None:
        self._runtime.inject(place, port, payload)
        self._runtime.run_for(0)

    def wait(self, minutes: float) -> None:
        self._runtime.run_for(60 * minutes)

    @property
    def on(self) -> str:
        """Return which places have power."""
        return "".join(place for place in "ab" if getattr(self._wish(place), "on", False))

    def why(self, place: str) -> str:
        wish = self._wish(place)
        assert wish is not None
        return wish.reason

    def _wish(self, place: str) -> SwitchRequest | None:
        wish = self._runtime.node(place).out.value
        assert wish is None or isinstance(wish, SwitchRequest)
        return wish


@pytest.fixture
def places() -> Iterator[Places]:
    nodes = {name: plan(MainsShare, {"mains": "mains", "current_a": 16}) for name in "ab"}
    mains = link("mains", MainsFuseConnection, {"limit_a": 25})
    graph = replace(graph_of(nodes), connections={"mains": mains})
    runtime = Runtime(graph, clock=VirtualClock(NOON), site=BenchSite())
    runtime.start()
    runtime.run_for(0)
    yield Places(runtime)
    runtime.stop()


def test_the_second_waits_until_the_first_is_over(places):
    places.send("a", ON)
    places.send("b", ON)
    assert (places.on, places.why("b")) == ("a", "waits for the mains, 25 A: a 16 A")
    places.send("a", OFF)
    assert (places.on, places.why("b")) == ("b", "session")


def test_off_passes_at_once_also_while_it_waits(places):
    places.send("a", ON)
    places.send("b", ON)
    places.send("b", OFF)
    assert places.why("b") == "over"
    places.send("a", OFF)
    assert places.on == ""


def test_a_full_car_gives_way_to_who_waits_after_a_while(places):
    places.send("a", ON)
    places.send("a", CHARGES, "plug")
    places.send("b", ON)
    places.wait(60)
    assert places.on == "a"
    places.send("a", FULL, "plug")
    places.wait(9)
    assert places.on == "a"
    places.wait(1)
    assert (places.on, places.why("a")) == ("b", "waits for the mains, 25 A: b 16 A")


def test_a_full_car_keeps_its_power_while_nobody_waits(places):
    places.send("a", ON)
    places.send("a", FULL, "plug")
    places.wait(600)
    assert places.on == "a"


def test_two_full_cars_do_not_hand_the_power_to_and_fro(places):
    for place in "ab":
        places.send(place, FULL, "plug")
        places.send(place, ON)
    seen = []
    for _ in range(48):
        places.wait(10)
        seen.append(places.on)
    assert seen == ["b"] * 48


@pytest.mark.parametrize("plug", [None, EvseUnknown.sample()], ids=["not wired", "unknown"])
def test_who_cannot_be_told_to_be_idle_keeps_its_power(places, plug):
    places.send("a", ON)
    places.send("b", ON)
    if plug is not None:
        places.send("a", FULL, "plug")
        places.send("a", plug, "plug")
    places.wait(600)
    assert places.on == "a"


def test_more_than_the_fuse_has_is_refused_at_the_start():
    config = {"mains": "mains", "current_a": 32}
    mains = {"mains": (MainsFuseConnection, {"limit_a": 25})}
    with Bench(MainsShare, config, connections=mains) as bench:
        assert bench.run().faults == {
            "not-started": "current_a: at most the 25 A that the fuse has are needed, got 32"
        }
