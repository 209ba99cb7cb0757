"""Plays a recording through a flow in virtual time, and finds the first thing that is not the same.

The sources of the flow are silent: what they sent when it was recorded is sent in their place, at
the same moments, and their faults come and go as they did.  Everything else runs, on a simulated
charge point with a ledger of its own, and what leaves it is held against the recording.
"""

import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from oppleo_flow.clock import Clock
from oppleo_flow.engine.lifecycle import in_order
from oppleo_flow.engine.snapshot import RuntimeEvent
from oppleo_flow.engine.traces import Traces
from oppleo_flow.errors import ConfigError, OppleoError
from oppleo_flow.flowfile.cases import FlowTest, Target
from oppleo_flow.flowfile.graph import Graph, Place
from oppleo_flow.immutable import immutable
from oppleo_flow.node_context import NodeContext
from oppleo_flow.payloads import Failure
from oppleo_flow.testing.comparison import Comparison, Difference, encoded
from oppleo_flow.testing.copying import as_test
from oppleo_flow.testing.journal import Journal, Passage
from oppleo_flow.testing.likeness import Likeness
from oppleo_flow.testing.recording import Happening, Recording
from oppleo_flow.testing.replay_cast import SAFE, Cast, Choice
from oppleo_flow.testing.stage import Setting, Stage
from oppleo_flow.testing.ways import Ways

_MANY = 100_000
_MOST_TESTS = 100
_ANY_TIME = timedelta(days=36_500)
_LOOK_EVERY_S = 60.0


@immutable
class Replayed:
    """What came of a replay; without a `difference` all was the same.

    `same` messages at `outputs` outputs were; `played` is how many the sources sent; `new` nodes
    were not there when it was recorded, and are not compared.  `began_otherwise` are the levels
    that held something else when the recording began than when the replay did.  `tests` are what
    was asked for to be copied into the flow.
    """

    played: int
    same: int
    outputs: int
    new: tuple[str, ...]
    difference: Difference | None = None
    way: tuple[str, ...] = ()
    began_otherwise: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()


def replay(
    graph: Graph, recording: Recording, choice: Choice, setting: Setting | None = None
) -> Replayed:
    """Play a recording through a flow; nothing outside changes.

    Raises:
        ConfigError: What a source sent cannot be sent in this flow.
    """
    setting = replace(setting or Setting(), charge_point=recording.charge_point)
    running = {node.id: node for node in graph.nodes.values() if not node.disabled}
    silent = {node.id for node in running.values() if not node.spec.inputs}
    silent |= {*recording.sources, *choice.silent}
    cast = Cast(graph, recording, frozenset(silent), choice)
    test = FlowTest(
        name=recording.file,
        place=Place(recording.file, 1, 1),
        steps=(),
        at=recording.began_at,
        timezone=recording.timezone,
        stubs=tuple(cast.stub(node) for node in running if node in silent),
    )
    with (
        tempfile.TemporaryDirectory(prefix="oppleo-flow-replay-") as folder,
        Stage(
            graph,
            test,
            Path(folder),
            setting,
            frozenset(),
            journal=_Hearing,
            know=cast.know,
        ) as stage,
    ):
        return _Play(stage, cast).run()


class _Hearing(Journal):
    """A journal that keeps what leaves outputs, and lets a silent node fail as it did."""

    def __init__(self, graph: Graph, clock: Clock, targets: Iterable[Target]) -> None:
        super().__init__(graph, clock, targets)
        self.heard: list[Passage] = []
        self.failing: dict[str, Failure] = {}

    def timer_of(self, node: NodeContext, call: Callable[[], object]) -> Callable[[], object]:
        """Return what is called when a timer rings: what fails, if the node is to fail now."""
        failure = self.failing.pop(node.node_id, None)
        return super().timer_of(node, call) if failure is None else partial(_fail, failure)

    def _wait(self, passage: Passage, target: Target) -> None:
        super()._wait(passage, target)
        if target.side == "out":
            self.heard.append(passage)


class _Play:
    """One replay while it runs."""

    def __init__(self, stage: Stage, cast: Cast) -> None:
        assert isinstance(stage.journal, _Hearing)
        self._stage = stage
        self._journal = stage.journal
        self._cast = cast
        recording = cast.recording
        self._comparison = Comparison(
            cast.expected,
            began_at=recording.began_at,
            ended_at=recording.ended_at,
            within=cast.choice.within,
            order=[node.id for node in in_order(stage.graph, stage.graph.nodes)],
        )
        self._conditions = stage.runtime.subscribe(_MANY, frozenset({"safe"}))
        self._difference: Difference | None = None

    def run(self) -> Replayed:
        """Play everything, or up to the first difference."""
        recording = self._cast.recording
        for node, port, given in self._cast.held_by_silent_nodes():
            self._stage.send(node, port, given)
        self._journal.heard.clear()
        began_otherwise = tuple(self._began_otherwise())
        traces = self._traces()
        messages = 0
        for one in self._cast.played:
            self._run_until(one.at)
            if self._difference is not None:
                break
            messages += one.kind == "message"
            self._journal.during = Place(one.file, one.number, 1)
            self._do(one)
            self._stage.run_for(0)
            self._compare()
        self._run_until(recording.ended_at)
        self._difference = self._difference or self._comparison.first(
            recording.ended_at + 2 * self._cast.choice.within
        )
        same = self._comparison.same
        return Replayed(
            played=messages,
            same=sum(same.values()),
            outputs=len(same),
            new=self._cast.new,
            difference=self._difference,
            way=self._way(),
            began_otherwise=began_otherwise,
            tests=tuple(self._tests(traces)),
        )

    def _began_otherwise(self) -> Iterator[str]:
        """Yield the levels that held something else when the recording began."""
        nodes = {node.id: node for node in self._stage.runtime.snapshot().nodes}
        likeness = Likeness(_ANY_TIME)  # since when it holds what it holds is another matter
        for one in self._cast.levels:
            seen = nodes[one.node].levels.get(one.port) if one.node in nodes else None
            if seen is None or "unwritten" in one.facts:
                continue
            if likeness.differences(one.facts, encoded(seen.value)):
                yield f"{one.node}.{one.port}"

    def _traces(self) -> Traces | None:
        node = self._cast.choice.as_tests
        if node is None:
            return None
        if node not in self._stage.graph.nodes:
            raise ConfigError(f"there is no node {node!r}, so no message can begin at it")
        recording = self._cast.recording
        within_s = (recording.ended_at - recording.began_at).total_seconds()
        return self._stage.runtime.trace(_MOST_TESTS, node=node, within_s=within_s)

    def _tests(self, traces: Traces | None) -> Iterator[str]:
        """Yield the tests that bring about again what has begun at a node."""
        for number, trace in enumerate(() if traces is None else traces.so_far(), start=1):
            name = f"what began at {self._cast.choice.as_tests}, number {number} of a recording"
            yield as_test(trace, self._stage.graph, name)

    def _run_until(self, moment: datetime) -> None:
        while self._difference is None:
            left_s = (moment - self._stage.clock.now()).total_seconds()
            if left_s <= 0:
                return
            self._stage.run_for(min(left_s, _LOOK_EVERY_S))
            self._compare()

    def _compare(self) -> None:
        heard, self._journal.heard = self._journal.heard, []
        for passage in heard:
            if self._cast.is_compared(passage.node, passage.port):
                self._comparison.take(passage)
        while (event := self._conditions.get(0)) is not None:
            if self._cast.is_compared(event.node, SAFE):
                self._comparison.take(_made_safe(event))
        self._difference = self._comparison.first(self._stage.clock.now())

    def _do(self, one: Happening) -> None:
        """Let a silent node do what it did."""
        node = self._stage.context(one.node)
        if one.kind == "fault":
            node.fault(one.facts["code"], one.facts["text"])
        elif one.kind == "clear":
            node.clear(one.facts["code"])
        elif one.port == "error":
            self._journal.failing[one.node] = one.payload()
            node.after(0.0, _nothing)
        else:
            self._journal.send(node, one.port, one.payload())

    def _way(self) -> tuple[str, ...]:
        """Return the way that what differs took, or that what did not come took when it did."""
        found = self._difference
        if found is None:
            return ()
        recording = self._cast.recording
        ways = Ways(self._journal, self._stage.graph.name, ZoneInfo(recording.timezone))
        if found.received is not None and found.received.port != SAFE:
            return (ways.to(found.received),)
        if found.recorded is None or found.recorded.kind != "message":
            return ()
        chain = chain_to(recording, found.recorded, self._stage.graph)
        then = f"then: {' → '.join(f'{one.node}.{one.port}' for one in chain)}"
        now = ways.during(Place(recording.file, chain[0].number, 1))
        return (then, *(f"now: {way}" for way in now))


def chain_to(recording: Recording, end: Happening, graph: Graph) -> list[Happening]:
    """Return the outputs by which a recorded message came, the first of all first."""
    trace = [o for o in recording.happenings if o.kind == "message" and o.trace == end.trace]
    chain = [end]
    while True:
        into = {(wire.source_node, wire.source_port) for wire in graph.into(chain[0].node)}
        earlier = [one for one in trace if one.number < chain[0].number]
        before = next((o for o in reversed(earlier) if (o.node, o.port) in into), None)
        if before is None:
            return chain
        chain.insert(0, before)


def _made_safe(event: RuntimeEvent) -> Passage:
    why = str(event.value) or None
    return Passage(0, event.at, event.node, SAFE, "out", why, 0, "", None)


def _fail(failure: Failure) -> None:
    """Raise what a node has raised when it was recorded: an error of that name and text."""
    raise type(failure.error, (OppleoError,), {})(failure.message)


def _nothing() -> None:
    """Do nothing: a silent node has timers only so that it can fail."""
