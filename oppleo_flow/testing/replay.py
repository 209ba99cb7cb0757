"""Plays a recording through a flow in virtual time, and finds the first thing that is not the same.

The sources of the flow are silent: what they sent when it was recorded is sent in their place, at
the same moments, and their faults come and go as they did.  Everything else runs, on a simulated
charge point with a ledger of its own, and what leaves it is held against the recording.
"""

import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from oppleo_flow.clock import Clock
from oppleo_flow.engine.lifecycle import in_order
from oppleo_flow.engine.snapshot import RuntimeEvent
from oppleo_flow.errors import ConfigError, OppleoError
from oppleo_flow.flowfile import cases
from oppleo_flow.flowfile.cases import FlowTest, Target
from oppleo_flow.flowfile.graph import Graph, Place, is_flow
from oppleo_flow.node_context import NodeContext
from oppleo_flow.payloads import Authorised, Failure, Rejected
from oppleo_flow.store import Ledger
from oppleo_flow.testing.comparison import Comparison, Difference
from oppleo_flow.testing.journal import Journal, Passage
from oppleo_flow.testing.pocket import know_as_recorded
from oppleo_flow.testing.recording import Happening, Recording
from oppleo_flow.testing.stage import Setting, Stage
from oppleo_flow.testing.ways import Ways

SAFE = "made safe"
"""The port under which it is compared when and why an output is at its safe level."""
_BY_ITSELF = ("start", "stop", "status")
_VERDICTS = (Authorised.__name__, Rejected.__name__)
_MANY = 100_000
_LOOK_EVERY_S = 60.0


@dataclass(frozen=True, slots=True)
class Replayed:
    """What came of a replay; without a `difference` all was the same.

    `same` messages at `outputs` outputs were; `played` is how many the sources sent; `new` nodes
    were not there when it was recorded, and are not compared.
    """

    played: int
    same: int
    outputs: int
    new: tuple[str, ...]
    difference: Difference | None = None
    way: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """How to replay: what is left out, what else is silent, and how far moments may differ."""

    without: frozenset[str] = frozenset()
    silent: frozenset[str] = frozenset()
    within: timedelta = timedelta(seconds=2)


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
    cast = _Cast(graph, recording, frozenset(silent), choice)
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


class _Cast:
    """Who plays which part: what the sources are to send, and what is compared.

    Raises:
        ConfigError: A source is not in the flow any more, or sent what cannot be sent now.
    """

    def __init__(
        self, graph: Graph, recording: Recording, silent: frozenset[str], choice: Choice
    ) -> None:
        self.graph = graph
        self.recording = recording
        self.choice = choice
        self.new = tuple(n for n in graph.nodes if recording.nodes and n not in recording.nodes)
        self.played: list[Happening] = []
        self.held: dict[str, dict[str, cases.Given]] = {}
        self.expected: list[Happening] = []
        self.silent = silent
        for one in recording.happenings:
            if one.node in choice.without or one.node in self.new:
                continue
            if one.node in silent:
                self._take(one)
            elif self.is_compared(one.node, one.port) and one.kind in ("message", "safe"):
                self.expected += [] if one.facts.get("held") else [_comparable(one)]

    def _take(self, one: Happening) -> None:
        if one.kind == "safe":
            return
        self._refuse_what_is_gone(one)
        if one.kind == "held":
            self.held.setdefault(one.node, {})[one.port] = cases.Plain(one.payload())
        else:
            if one.kind == "message":
                one.payload()
            self.played.append(one)

    def _refuse_what_is_gone(self, one: Happening) -> None:
        node = self.graph.nodes.get(one.node)
        where = f"{one.file}:{one.number}"
        leave = f"leave it out with '--without {one.node}'"
        if node is None or node.disabled:
            why = "is not in the flow any more" if node is None else "is disabled"
            raise ConfigError(
                f"{where}: node {one.node!r}: {why}, and what it sent cannot be played; {leave}"
            )
        if one.port and one.port not in self.graph.outputs(one.node):
            raise ConfigError(
                f"{where}: node {one.node!r}: has no output {one.port!r} any more; {leave}"
            )

    def is_compared(self, node: str, port: str) -> bool:
        """Return whether what leaves an output should be as it was."""
        if is_flow(node):
            return port not in _BY_ITSELF
        return node not in self.silent and node not in self.choice.without and node not in self.new

    def stub(self, node: str) -> cases.Stub:
        """Return what silences a node; one without inputs begins with what its levels held."""
        inputs = self.graph.nodes[node].spec.inputs
        answers = {} if inputs else self.held.get(node, {})
        return cases.Stub(Place(self.recording.file, 1, 1), node, answers)

    def know(self, ledger: Ledger, now: datetime) -> None:
        """Let the ledger know the cards that were known when it was recorded."""
        verdicts = (
            one.payload()
            for one in self.recording.happenings
            if one.kind == "message" and one.facts.get("type") in _VERDICTS
        )
        know_as_recorded(ledger, verdicts, now)


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

    def __init__(self, stage: Stage, cast: _Cast) -> None:
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
        self._journal.heard.clear()
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
            messages, sum(same.values()), len(same), self._cast.new, self._difference, self._way()
        )

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


def _comparable(one: Happening) -> Happening:
    """Return a line as `Comparison` takes it: how an output was made safe, as a message."""
    if one.kind == "message":
        return one
    return replace(one, facts={"port": SAFE, "began_at": one.facts["at"], **_why(one.facts["why"])})


def _made_safe(event: RuntimeEvent) -> Passage:
    why = str(event.value) or None
    return Passage(0, event.at, event.node, SAFE, "out", why, 0, "", None)


def _why(why: str | None) -> dict[str, Any]:
    return {"type": type(why).__name__, "value": why}


def _fail(failure: Failure) -> None:
    """Raise what a node has raised when it was recorded: an error of that name and text."""
    raise type(failure.error, (OppleoError,), {})(failure.message)


def _nothing() -> None:
    """Do nothing: a silent node has timers only so that it can fail."""
