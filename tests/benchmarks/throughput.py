"""Messages through a flow as fast as it can: what one hop costs.

A hop is one delivery to a node; the sink is one too.  On both sides a node in the flow makes and
sends the messages, a hundred a turn.  What it costs when a thread beside the dispatcher brings them
one by one, which the peer has no like of, is told apart.
"""

import gc
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
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
from tests.benchmarks.our_nodes import Sink, Source

MIXED = ("change", "switch", "function") * 3 + ("change",)
CHANGES = ("change",) * 10
NUMBERS = ("increase",) * 10
THROWN = (("error", "node.error"), ("errors", "flow.errors"), ("refused", "on_error"))
WIDTH = 10
AS_LONG = 8
"""Ours gets so many times more, to be busy as long: what disturbs one then disturbs both."""
_WARM_UPS = 2
_PATIENCE_S = 120.0


@dataclass(frozen=True, slots=True)
class Load:
    """What is sent: each message makes `hops`, of which `arrivals` at the sink.

    `kind` is what the peer calls a message like those that `make` returns.
    """

    make: Callable[[int], Any]
    kind: str
    hops: int
    arrivals: int = 1
    messages: int = 10_000

    @property
    def expected(self) -> int:
        """Return how often the sink is reached."""
        return self.messages * self.arrivals

    def cost(self, wall_s: float, cpu_s: float) -> "Cost":
        """Return what one hop cost, when all of them took so long."""
        each = 1e6 / self.messages / self.hops
        return Cost(wall_s * each, cpu_s * each)


@dataclass(frozen=True, slots=True)
class Cost:
    """What one hop cost."""

    wall_us: float
    cpu_us: float


class OurSide:
    """A flow of ours that runs; a context manager."""

    def __init__(self, graph: Graph, load: Load) -> None:
        self._load = replace(load, messages=load.messages * AS_LONG)
        self._runtime = Runtime(graph, clock=SystemClock(), site=BenchSite())

    def __enter__(self) -> Self:
        self._runtime.start()
        gc.collect()
        gc.freeze()  # as the program does once it runs
        return self

    def __exit__(self, *_: object) -> None:
        gc.unfreeze()
        self._runtime.stop()

    def brought(self) -> Cost:
        """Have this thread bring the messages, one by one."""
        inject, make = self._runtime.inject, self._load.make

        def bring() -> None:
            for number in range(self._load.messages):
                inject("n0", "in", make(number))

        return self._timed(bring)

    def sent(self) -> Cost:
        """Have a node in the flow send the messages."""
        source = self._runtime.node("source")
        assert isinstance(source, Source)
        source.make = self._load.make
        return self._timed(lambda: self._runtime.inject("source", "in", self._load.messages))

    def _timed(self, begin: Callable[[], object]) -> Cost:
        """Return the cost of what `begin` begins, until everything is in the sink."""
        sink = self._runtime.node("sink")
        assert isinstance(sink, Sink)
        sink.expect(self._load.expected)
        gc.collect()
        cpu, wall = time.process_time(), time.perf_counter()
        begin()
        if not sink.complete.wait(_PATIENCE_S):
            raise BenchmarkError(f"{sink.left} of {self._load.expected} messages did not arrive")
        return self._load.cost(time.perf_counter() - wall, time.process_time() - cpu)


def step(_: int) -> Record:
    """Return the message that goes through a chain."""
    return Record({"payload": 7, "topic": "bench"})


def reading(number: int) -> Record:
    """Return a small object."""
    return Record(id=number, power=3680.5, state="charging", tag="04A1B2C3", ok=True)


def chain_load(make: Callable[[int], Any] = step) -> Load:
    """Return what goes through a chain of ten."""
    return Load(make, "step", hops=11)


def fan_out_load() -> Load:
    """Return what fans out."""
    return Load(reading, "reading", hops=1 + 2 * WIDTH, arrivals=WIDTH, messages=2_500)


def thrown_load() -> Load:
    """Return what a node throws on; the cost is of a message, with what it takes to catch."""
    return Load(step, "step", hops=1)


def mixed_chain(repetitions: int) -> Iterator[Figure]:
    """Row 1."""
    with NodeRed(install(), node_red_flows.chain(MIXED)) as peer:
        name = "a hop, chain of 10 mixed nodes"
        yield from _chain(name, MIXED, chain_load(), peer, repetitions, Budget(times=12))


def change_chain(repetitions: int) -> Iterator[Figure]:
    """Row 1b; the peer's side is a chain of `change` nodes in both."""
    numbers = chain_load(lambda _: 7.0)
    with NodeRed(install(), node_red_flows.chain(CHANGES)) as peer:
        name = "a hop, chain of 10 change nodes"
        yield from _chain(name, CHANGES, chain_load(), peer, repetitions, Budget(times=4))
        name = "a hop, chain of 10 nodes that pass a number on"
        yield from _chain(name, NUMBERS, numbers, peer, repetitions, Budget(times=8))


def fan_out(repetitions: int) -> Iterator[Figure]:
    """Row 2."""
    load = fan_out_load()
    with (
        NodeRed(install(), node_red_flows.fan_out(WIDTH)) as peer,
        OurSide(our_flows.fan_out(WIDTH), load) as ours,
    ):
        name = "a delivery, fan-out 1 → 10, small object"
        yield from _compare(name, ours, lambda: _theirs(peer, load), repetitions, Budget(times=4))


def thrown(repetitions: int) -> Iterator[Figure]:
    """Row 7."""
    load = thrown_load()
    with NodeRed(install(), node_red_flows.thrown()) as peer:
        for port, heard in THROWN:
            with OurSide(our_flows.thrown(port), load) as ours:
                in_turns(ours.sent, lambda: _theirs(peer, load), _WARM_UPS)
                mine, theirs = in_turns(ours.sent, lambda: _theirs(peer, load), repetitions)
            name = f"a handler throws, caught by {heard}"
            yield Figure(name, "µs", _walls(mine), _walls(theirs), budget=Budget(times=5))


def _chain(
    name: str, kinds: Sequence[str], load: Load, peer: NodeRed, repetitions: int, budget: Budget
) -> Iterator[Figure]:
    with OurSide(our_flows.chain(kinds), load) as ours:
        yield from _compare(name, ours, lambda: _theirs(peer, load), repetitions, budget)


def _compare(
    name: str, ours: OurSide, peer: Callable[[], Cost], repetitions: int, budget: Budget
) -> Iterator[Figure]:
    """Yield what a hop costs, in time and in time of processors, and when a thread brings it."""
    in_turns(ours.sent, peer, _WARM_UPS)
    mine, theirs = in_turns(ours.sent, peer, repetitions)
    yield Figure(name, "µs", _walls(mine), _walls(theirs), budget=budget)
    yield Figure("… time of processors", "µs", _cpus(mine), _cpus(theirs))
    mine, theirs = in_turns(ours.brought, peer, repetitions)
    yield Figure("… brought one by one by a thread", "µs", _walls(mine), _walls(theirs))


def _walls(costs: Sequence[Cost]) -> tuple[float, ...]:
    return tuple(cost.wall_us for cost in costs)


def _cpus(costs: Sequence[Cost]) -> tuple[float, ...]:
    return tuple(cost.cpu_us for cost in costs)


def _theirs(side: NodeRed, load: Load) -> Cost:
    took = side.run(load.kind, load.messages, load.expected)
    return load.cost(took["wall_us"] / 1e6, took["cpu_us"] / 1e6)
