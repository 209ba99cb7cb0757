"""Charge points that share one mains fuse."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nodes.charging.mains_fuse import MainsFuseConnection
from nodes.charging.mains_share import MainsShare
from oppleo_flow.clock import VirtualClock
from oppleo_flow.engine.runtime import Runtime
from oppleo_flow.payloads import (
    EvseSignal,
    EvseState,
    EvseUnknown,
    MeterReading,
    MeterUnknown,
    SwitchRequest,
)
from oppleo_flow.testing import BenchSite, graph_of, plan
from oppleo_flow.testing.bench import NOON, Bench
from oppleo_flow.testing.by_hand import link

ON = SwitchRequest(on=True, reason="session")
OFF = SwitchRequest(on=False, reason="over")
FULL = EvseState.sample(signal=EvseSignal.CONNECTED)
CHARGES = EvseState.sample(signal=EvseSignal.CHARGING)
DRAWS = MeterReading.sample(power_w=11_040.0)
RESTS = MeterReading.sample(power_w=3.0)
SILENT = MeterUnknown.sample(reason="unit 1: no answer")
PORTS = {SwitchRequest: "in", EvseState: "plug", MeterReading: "meter", MeterUnknown: "meter"}


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


@contextmanager
def two_places(limit_a: float = 25, **more: object) -> Iterator[Places]:
    config = {"mains": "mains", "current_a": 16, **more}
    nodes = {name: plan(MainsShare, config) for name in "ab"}
    mains = link("mains", MainsFuseConnection, {"limit_a": limit_a})
    graph = replace(graph_of(nodes), connections={"mains": mains})
    runtime = Runtime(graph, clock=VirtualClock(NOON), site=BenchSite())
    runtime.start()
    runtime.run_for(0)
    yield Places(runtime)
    runtime.stop()


@pytest.fixture
def places() -> Iterator[Places]:
    with two_places() as both:
        yield both


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


def test_a_share_is_free_when_the_meter_shows_that_the_car_has_stopped(places):
    places.send("a", ON)
    places.send("a", DRAWS, "meter")
    places.send("b", ON)
    places.send("a", OFF)
    assert (places.on, places.why("a"), places.why("b")) == (
        "",
        "over",
        "waits for the mains, 25 A: a 16 A",
    )
    places.send("a", RESTS, "meter")
    assert places.on == "b"


def test_who_draws_without_being_asked_to_switches_off_who_came_last():
    with two_places(limit_a=32) as places:
        places.send("a", OFF)
        places.send("b", ON)
        assert places.on == "b"
        places.send("a", DRAWS, "meter")
        assert places.on == "b"  # there is room for both
    with two_places() as places:
        places.send("b", ON)
        places.send("a", DRAWS, "meter")
        assert (places.on, places.why("b")) == ("", "waits for the mains, 25 A: a 16 A")
        places.send("a", RESTS, "meter")
        assert places.on == "b"


def test_a_meter_that_is_silent_for_a_while_switches_off_and_frees_the_share(places):
    places.send("a", ON)
    places.send("a", DRAWS, "meter")
    places.send("b", ON)
    places.send("a", SILENT, "meter")
    places.wait(0.9)
    places.send("a", SILENT, "meter")
    assert places.on == "a"
    places.wait(0.1)
    assert (places.on, places.why("a")) == ("b", "its meter is silent: unit 1: no answer")
    places.send("a", RESTS, "meter")
    assert (places.on, places.why("a")) == ("b", "waits for the mains, 25 A: b 16 A")


def test_a_reading_that_is_missed_now_and_then_changes_nothing(places):
    places.send("a", ON)
    for _ in range(20):
        places.send("a", DRAWS, "meter")
        places.send("a", SILENT, "meter")
        places.wait(0.5)
    assert places.on == "a"


def test_a_car_that_the_meter_shows_to_be_full_gives_way(places):
    places.send("a", ON)
    places.send("a", CHARGES, "plug")
    places.send("a", RESTS, "meter")
    places.send("b", ON)
    places.wait(10)
    assert places.on == "b"


def test_who_draws_is_not_idle_whatever_the_led_shows(places):
    places.send("a", ON)
    places.send("a", FULL, "plug")
    places.send("a", DRAWS, "meter")
    places.send("b", ON)
    places.wait(60)
    assert places.on == "a"


def test_two_cars_that_charge_take_turns():
    with two_places(turn="2h") as places:
        for place in "ab":
            places.send(place, ON)
            places.send(place, CHARGES, "plug")
        seen = []
        for _ in range(12):
            places.wait(30)
            seen.append(places.on)
    assert "".join(seen) == "aaabbbbaaaab"


def test_a_turn_is_handed_on_when_the_meter_shows_that_nothing_is_drawn():
    with two_places(turn="2h") as places:
        places.send("a", ON)
        places.send("a", DRAWS, "meter")
        places.send("b", RESTS, "meter")
        places.send("b", ON)
        places.wait(120)
        assert (places.on, places.why("a")) == ("", "its turn at the mains is over")
        places.send("a", DRAWS, "meter")
        assert places.on == ""
        places.send("a", RESTS, "meter")
        assert (places.on, places.why("a")) == ("b", "waits for the mains, 25 A: b 16 A")
        places.send("b", DRAWS, "meter")
        places.wait(119)
        assert places.on == "b"


def test_a_turn_that_nobody_waits_for_any_more_goes_on():
    with two_places(turn="2h") as places:
        places.send("a", ON)
        places.send("a", DRAWS, "meter")
        places.send("b", ON)
        places.wait(120)
        places.send("b", OFF)
        assert places.on == "a"


def test_who_was_switched_off_for_who_draws_unasked_may_take_its_time():
    with two_places() as places:
        places.send("b", ON)
        places.send("b", DRAWS, "meter")
        places.send("a", DRAWS, "meter")
        assert places.on == ""
        places.send("b", DRAWS, "meter")
        places.send("b", RESTS, "meter")
        assert (places.on, places.why("b")) == ("", "waits for the mains, 25 A: a 16 A")
        places.send("a", RESTS, "meter")
        assert places.on == "b"


def test_a_turn_goes_on_while_nobody_waits():
    with two_places(turn="2h") as places:
        places.send("a", ON)
        places.wait(600)
        assert places.on == "a"
        places.send("b", ON)
        assert places.on == "b"


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from("ab"),
            st.sampled_from([ON, OFF, FULL, CHARGES, DRAWS, RESTS, SILENT]),
            st.sampled_from([0.0, 0.5, 10.0, 130.0]),
        ),
        max_size=30,
    )
)
def test_whatever_comes_two_are_never_on_where_there_is_room_for_one(steps):
    with two_places(turn="2h") as places:
        for place, payload, minutes in steps:
            places.send(place, payload, PORTS[type(payload)])
            assert places.on in ("", "a", "b")
            places.wait(minutes)
            assert places.on in ("", "a", "b")


def test_more_than_the_fuse_has_is_refused_at_the_start():
    config = {"mains": "mains", "current_a": 32}
    mains = {"mains": (MainsFuseConnection, {"limit_a": 25})}
    with Bench(MainsShare, config, connections=mains) as bench:
        assert bench.run().faults == {
            "not-started": "current_a: at most the 25 A that the fuse has are needed, got 32"
        }
