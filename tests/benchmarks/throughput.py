"""Messages through a flow as fast as it can: what one hop costs.

A hop is one delivery to a node; the sink is one too.  Messages are made and sent one by one: by
a thread beside the dispatcher on our side, by a source that feeds a hundred a turn on the peer's.
"""

import gc
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Self

from oppleo_flow import Record
from oppleo_flow.clock import SystemClock
from oppleo_flow.engine.runtime import Runtime
from oppleo_flow.flowfile.graph import Graph
from oppleo_flow.testing import BenchSite
from tests.benchmarks import node_red_flows, our_flows
from tests.benchmarks.comparison import Budget, Figure, in_turns
from tests.benchmarks.errors import BenchmarkError
from tests.benchmarks.node_red import NodeRed, install
from tests.benchmarks.our_nodes import Sink

MIXED = ("change", "switch", "function") * 3 + ("change",)
CHANGES = ("change",) * 10
NUMBERS = ("increase",) * 10
WIDTH = 10
_MESSAGES = 10_000
_WARM_UPS = 2
_PATIENCE_S = 120.0


@dataclass(frozen=True, slots=True)
class Cost:
    """What one hop cost."""

    wall_us: float
    cpu_us: float


class OurSide:
    """A flow of ours that runs; a context manager."""

    def __init__(self, graph: Graph, make: Callable[[int], Any]) -> None:
        self._make = make
        self._runtime = Runtime(graph, clock=SystemClock(), site=BenchSite())

    def __enter__(self) -> Self:
        self._runtime.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._runtime.stop()

    def run(self, messages: int, expected: int) -> tuple[float, float]:
        """Send `messages`; return the wall and CPU seconds until the sink had `expected`."""
        runtime, make = self._runtime, self._make
        sink = runtime.node("sink")
        assert isinstance(sink, Sink)
        sink.expect(expected)
        gc.collect()
        cpu, wall = time.process_time(), time.perf_counter()
        for number in range(messages):
            runtime.inject("n0", "in", make(number))
        if not sink.complete.wait(_PATIENCE_S):
            raise BenchmarkError(f"{sink.left} of {expected} messages did not arrive")
        return time.perf_counter() - wall, time.process_time() - cpu


def step(_: int) -> Record:
    """Return the message that goes through a chain."""
    return Record(payload=7, topic="bench")


def reading(number: int) -> Record:
    """Return a small object."""
    return Record(id=number, power=3680.5, state="charging", tag="04A1B2C3", ok=True)


def mixed_chain(repetitions: int) -> Iterator[Figure]:
    """Row 1."""
    with NodeRed(install(), node_red_flows.chain(MIXED)) as peer:
        yield from _chain(
            "a hop, chain of 10 mixed nodes", MIXED, step, peer, repetitions, Budget(times=12)
        )


def change_chain(repetitions: int) -> Iterator[Figure]:
    """Row 1b; the peer's side is a chain of `change` nodes in both."""
    with NodeRed(install(), node_red_flows.chain(CHANGES)) as peer:
        yield from _chain(
            "a hop, chain of 10 change nodes", CHANGES, step, peer, repetitions, Budget(times=4)
        )
        yield from _chain(
            "a hop, chain of 10 nodes that pass a number on",
            NUMBERS,
            lambda _: 7.0,
            peer,
            repetitions,
            Budget(times=8),
        )


def fan_out(repetitions: int) -> Iterator[Figure]:
    """Row 2."""
    messages = _MESSAGES // 4
    with (
        NodeRed(install(), node_red_flows.fan_out(WIDTH)) as peer,
        OurSide(our_flows.fan_out(WIDTH), reading) as ours,
    ):
        yield from _compare(
            "a delivery, fan-out 1 → 10, small object",
            lambda: _ours(ours, messages, 1 + 2 * WIDTH, WIDTH),
            lambda: _theirs(peer, "reading", messages, 1 + 2 * WIDTH, WIDTH),
            repetitions,
            Budget(times=4),
        )


def _chain(
    name: str,
    kinds: Sequence[str],
    make: Callable[[int], Any],
    peer: NodeRed,
    repetitions: int,
    budget: Budget,
) -> Iterator[Figure]:
    hops = len(kinds) + 1
    with OurSide(our_flows.chain(kinds), make) as ours:
        yield from _compare(
            name,
            lambda: _ours(ours, _MESSAGES, hops, 1),
            lambda: _theirs(peer, "step", _MESSAGES, hops, 1),
            repetitions,
            budget,
        )


def _compare(
    name: str,
    ours: Callable[[], Cost],
    peer: Callable[[], Cost],
    repetitions: int,
    budget: Budget,
) -> Iterator[Figure]:
    """Yield what a hop costs in time, and in time of a processor."""
    in_turns(ours, peer, _WARM_UPS)
    mine, theirs = in_turns(ours, peer, repetitions)
    yield Figure(
        name,
        "µs",
        tuple(cost.wall_us for cost in mine),
        tuple(cost.wall_us for cost in theirs),
        budget=budget,
    )
    yield Figure(
        "… time of processors",
        "µs",
        tuple(cost.cpu_us for cost in mine),
        tuple(cost.cpu_us for cost in theirs),
    )


def _ours(side: OurSide, messages: int, hops: int, arrivals: int) -> Cost:
    wall_s, cpu_s = side.run(messages, messages * arrivals)
    per_hop = 1e6 / messages / hops
    return Cost(wall_s * per_hop, cpu_s * per_hop)


def _theirs(side: NodeRed, kind: str, messages: int, hops: int, arrivals: int) -> Cost:
    took = side.run(kind, messages, messages * arrivals)
    per_hop = 1 / messages / hops
    return Cost(took["wall_us"] * per_hop, took["cpu_us"] * per_hop)
