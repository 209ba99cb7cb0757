"""An output that must be off is off, whatever came before, waits, or happens at once."""

import threading
from dataclasses import dataclass
from typing import Any

import pytest

from oppleo_flow import Actuator, Level, Node, NodeConfig, Out, Payload
from oppleo_flow.flowfile.graph import OnError
from oppleo_flow.testing import Collect, graph_of, plan

PATIENCE_S = 20.0


@dataclass(frozen=True, slots=True)
class Wish(Payload):
    on: bool

    @property
    def urgent(self) -> bool:
        return not self.on


class Sensor(Node[NodeConfig]):
    """Hold a wish; None is a broken sensor."""

    type_name = "sensor"
    wish: Level[Wish]

    def on_message(self, on: object) -> None:
        if on is None:
            return self.fault("broken", "read nothing")
        self.clear("broken")
        return self.wish.set(Wish(on is True))


class Lamp(Actuator[NodeConfig]):
    """Follow a wish; `broken` makes it fail."""

    type_name = "lamp"
    safe_levels = ("off",)
    state: Level[Wish]

    def start(self) -> None:
        self.lit = False
        self.broken = False

    def on_message(self, wish: Wish) -> None:
        if self.broken and wish.on:
            raise OSError("no answer")
        self.lit = wish.on

    def go_safe(self, reason: str) -> None:
        self.lit = False


def house(**lamp: Any) -> Any:
    return graph_of({"s": plan(Sensor), "lamp": plan(Lamp, **lamp)}, ["s.wish > lamp.in"])


def send(runtime: Any, on: object) -> None:
    runtime.inject("s", "in", on)
    runtime.run_for(0)


def test_an_input_that_is_fresh_again_does_not_end_a_fault(run):
    runtime = run(house(stale_after_s=90.0))
    send(runtime, True)
    send(runtime, None)
    runtime.run_for(100)
    runtime.node("lamp").fault("own", "too hot")
    send(runtime, True)
    assert not runtime.node("lamp").lit


def test_a_fault_that_is_over_does_not_end_a_stale_input(run):
    runtime = run(house(stale_after_s=90.0))
    send(runtime, True)
    runtime.node("lamp").fault("own", "too hot")
    send(runtime, None)
    runtime.run_for(1000)
    runtime.node("lamp").clear("own")
    runtime.run_for(1)
    assert not runtime.node("lamp").lit


def test_another_try_does_not_switch_on_what_is_safe(run):
    runtime = run(house(stale_after_s=5.0, on_error=OnError(retry=1, backoff_min_s=20.0)))
    runtime.node("lamp").broken = True
    send(runtime, True)
    send(runtime, None)
    runtime.run_for(10)
    runtime.node("lamp").broken = False
    runtime.run_for(60)
    assert not runtime.node("lamp").lit


def test_off_does_not_wait_for_another_try_and_ends_it(run):
    runtime = run(house(on_error=OnError(retry=3, backoff_min_s=20.0)))
    send(runtime, True)
    runtime.node("lamp").broken = True
    send(runtime, True)
    send(runtime, False)
    assert not runtime.node("lamp").lit
    runtime.node("lamp").broken = False
    runtime.run_for(120)
    assert not runtime.node("lamp").lit


def test_off_is_never_one_too_many(run):
    runtime = run(house(at_most=(1, 3600.0)))
    send(runtime, True)
    send(runtime, False)
    assert not runtime.node("lamp").lit


class Starter(Node[NodeConfig]):
    """Wish, and tell a ledger by a durable wire; not durable itself."""

    type_name = "starter"
    wish: Level[Wish]
    began: Out[int]

    def on_message(self, wishes: tuple[bool, ...]) -> None:
        for on in wishes:
            self.wish.set(Wish(on))
        self.began.send(len(wishes))


def test_on_then_off_in_one_handler_ends_off(run, tmp_path):
    runtime = run(
        graph_of(
            {"s": plan(Starter), "lamp": plan(Lamp), "ledger": plan(Collect)},
            ["s.wish > lamp.in", "s.began >> ledger.in"],
        ),
        state_path=tmp_path / "state.sqlite",
    )
    runtime.inject("s", "in", (True, False))
    runtime.run_for(0)
    assert not runtime.node("lamp").lit


class SlowLamp(Lamp):
    """A lamp on a bus, whose handler takes its time."""

    type_name = "slow-lamp"
    blocking = True

    def start(self) -> None:
        super().start()
        self.inside, self.may_go = threading.Event(), threading.Event()
        self.done = threading.Event()

    def on_message(self, wish: Wish) -> None:
        self.inside.set()
        assert self.may_go.wait(PATIENCE_S)
        self.lit = wish.on

    def go_safe(self, reason: str) -> None:
        was_lit, self.lit = self.lit, False
        if was_lit:
            self.done.set()


def test_a_handler_in_hand_does_not_undo_the_safe_level(run, system_clock):
    runtime = run(
        graph_of({"s": plan(Sensor), "lamp": plan(SlowLamp)}, ["s.wish > lamp.in"]), system_clock
    )
    assert runtime.wait_settled(PATIENCE_S)
    lamp = runtime.node("lamp")
    runtime.inject("s", "in", True)
    assert lamp.inside.wait(PATIENCE_S)
    events = runtime.subscribe()
    lamp.fault("own", "too hot")
    while (event := events.get(PATIENCE_S)) is not None and event.kind != "safe":
        pass
    lamp.may_go.set()
    assert lamp.done.wait(PATIENCE_S)
    assert not lamp.lit


@pytest.mark.parametrize("ways", [1, 2])
def test_every_output_behind_a_fault_goes_safe(run, ways):
    nodes = {"s": plan(Sensor)}
    nodes |= {f"lamp{i}": plan(Lamp, stale_after_s=1.0) for i in range(ways)}
    runtime = run(graph_of(nodes, [f"s.wish > lamp{i}.in" for i in range(ways)]))
    send(runtime, True)
    send(runtime, None)
    runtime.run_for(2)
    assert [runtime.node(f"lamp{i}").lit for i in range(ways)] == [False] * ways
