"""What waits on a durable wire has a limit on disk: beyond it nothing is sent, and nothing lost."""

from dataclasses import dataclass
from typing import Any

import pytest

from oppleo_flow import Level, Node, NodeConfig, Out, Payload
from oppleo_flow.engine.runtime import Runtime
from oppleo_flow.flowfile.graph import OnError
from oppleo_flow.testing import Collect, graph_of, plan
from tests.oppleo_flow.engine.test_durable import Clerk, Coin

FULL = "the log of the durable wire to clerk.in is full: 0 MB wait on disk; see to 'clerk'"


@dataclass(frozen=True, slots=True)
class Order(Payload):
    on: bool

    @property
    def urgent(self) -> bool:
        return not self.on


class Till(Node[NodeConfig]):
    """Pass coins on; the lamp is off while there is an odd number of them."""

    type_name = "till"
    receipt: Out[Coin]
    lamp: Level[Order]
    cents: int = 0

    def on_message(self, coin: Coin) -> None:
        self.cents += coin.cents
        self.receipt.send(coin)
        self.lamp.set(Order(self.cents % 2 == 0))


class Feeder(Node[NodeConfig]):
    """Pass coins on, durably."""

    type_name = "feeder"
    coin: Out[Coin]

    def on_message(self, coin: Coin) -> None:
        self.coin.send(coin)


@pytest.fixture(autouse=True)
def _a_clerk_who_takes_nothing() -> None:
    Clerk.broken = True


def shop(**more: Any) -> Any:
    return graph_of(
        {
            "feeder": plan(Feeder),
            "till": plan(Till, durable=True, **more),
            "clerk": plan(Clerk, durable=True),
            "lamp": plan(Collect),
            "errors": plan(Collect),
        },
        [
            "feeder.coin >> till.in",
            "till.receipt >> clerk.in",
            "till.lamp > lamp.in",
            "flow.errors > errors.in",
        ],
    )


def pay(runtime: Runtime, *cents: int, node: str = "till") -> None:
    for amount in cents:
        runtime.inject(node, "in", Coin(amount))
        runtime.run_for(0)


def faults(runtime: Runtime, name: str = "till") -> dict[str, str]:
    node = next(n for n in runtime.snapshot().nodes if n.id == name)
    return {fault.code: fault.text for fault in node.faults}


def book(runtime: Runtime) -> tuple[int, ...]:
    found: tuple[int, ...] = runtime.node("clerk").book
    return found


@pytest.fixture
def state(tmp_path: Any) -> dict[str, Any]:
    return {"state_path": tmp_path / "state.sqlite", "durable_wire_bytes": 900}


def fill(runtime: Runtime) -> int:
    """Pay coins of 2 cents until one is refused; return how many were taken."""
    for taken in range(100):
        pay(runtime, 2)
        if faults(runtime):
            return taken
    raise AssertionError("nothing was refused")


def test_what_finds_the_log_full_is_refused_as_a_whole_with_a_fault(run, state):
    runtime = run(shop(), **state)
    taken = fill(runtime)
    assert 2 < taken < 20
    assert faults(runtime)["wire-log-full"] == FULL
    assert runtime.node("till").cents == 2 * taken
    (failure,) = [told for told in runtime.node("errors").got if told.node == "till"]
    assert (failure.node, failure.error, failure.message) == (
        "till",
        "WireFull",
        f"node 'till': {FULL}",
    )


def test_it_goes_on_when_there_is_room_again_and_nothing_that_was_taken_is_lost(run, state):
    runtime = run(shop(), **state)
    taken = fill(runtime)
    Clerk.broken = False
    runtime.run_for(60)
    assert book(runtime) == (2,) * taken
    assert "wire-log-full" not in faults(runtime)
    pay(runtime, 4)
    assert (book(runtime), faults(runtime)) == ((*(2,) * taken, 4), {})


def test_a_durable_wire_before_it_waits_until_there_is_room(run, state):
    runtime = run(shop(), **state)
    taken = fill(runtime)
    pay(runtime, 4, 6, 8, node="feeder")
    runtime.run_for(300)
    assert (runtime.node("till").cents, faults(runtime, "feeder")) == (2 * taken, {})
    Clerk.broken = False
    runtime.run_for(120)
    assert book(runtime) == (*(2,) * taken, 4, 6, 8)


def test_what_an_earlier_run_has_left_counts(run, state):
    runtime = run(shop(), **state)
    fill(runtime)
    runtime.stop()
    runtime = run(shop(), **state)
    pay(runtime, 2)  # how much is there is not known before somebody asks
    pay(runtime, 2)
    assert faults(runtime)["wire-log-full"] == FULL


def test_switching_off_is_not_held_up_by_it(run, state):
    runtime = run(shop(), **state)
    fill(runtime)
    before = list(runtime.node("lamp").got)
    pay(runtime, 1)
    assert runtime.node("lamp").got == [*before, Order(on=False)]


def test_what_on_error_says_of_a_failure_holds_for_this_one(run, state):
    again = OnError(retry=100, backoff_min_s=1.0, backoff_max_s=1.0)
    runtime = run(shop(on_error=again), **state)
    for _ in range(20):
        pay(runtime, 2)
    Clerk.broken = False
    runtime.run_for(300)
    assert book(runtime) == (2,) * 20


def test_a_log_that_is_not_full_is_never_in_the_way(run, state):
    runtime = run(shop(), **state | {"durable_wire_bytes": 10_000_000})
    for _ in range(50):
        pay(runtime, 2)
    assert faults(runtime) == {}
    Clerk.broken = False
    runtime.run_for(60)
    assert book(runtime) == (2,) * 50
