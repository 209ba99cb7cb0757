"""What happened while a flow was tested: every message, where it came by, and which way it took."""

import functools
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from oppleo_flow.clock import Clock
from oppleo_flow.engine.inbox import Item
from oppleo_flow.flowfile.cases import FAILURES, Given, Target
from oppleo_flow.flowfile.graph import Graph, Place, is_flow
from oppleo_flow.immutable import immutable
from oppleo_flow.message import Message
from oppleo_flow.node_context import NodeContext

_REMEMBERED = 20_000


@immutable
class Passage:
    """A message that left an output, or reached an input; `during` is the step of the test."""

    number: int
    at: datetime
    node: str
    port: str
    side: Literal["in", "out"]
    payload: Any
    trace_id: int
    source: str
    during: Place | None

    def __str__(self) -> str:
        """Return where it was: `node.port` of an output, the node that it reached."""
        return f"{self.node}.{self.port}" if self.side == "out" else self.node


class Journal:
    """The probe of a flow under test; it also lets nodes answer, or fail, as the test says.

    Messages at `targets` are kept until they are taken; `begin` forgets what came before the first
    step.
    """

    def __init__(self, graph: Graph, clock: Clock, targets: Iterable[Target]) -> None:
        self._graph = graph
        self._clock = clock
        self._passages: deque[Passage] = deque(maxlen=_REMEMBERED)
        self._waiting: dict[Target, deque[Passage]] = {target: deque() for target in targets}
        self._taken: set[int] = set()
        self._count = 0
        self._stubs: dict[str, Mapping[str, Given]] = {}
        self._failing: dict[str, str] = {}
        self.during: Place | None = None
        self.errors: list[Passage] = []

    # -- what a node does ------------------------------------------------------------------------

    def stub(self, node: str, answers: Mapping[str, Given] | None) -> None:
        """Let a node answer each message like this from now on; None: as it does by itself."""
        if answers is None:
            self._stubs.pop(node, None)
        else:
            self._stubs[node] = answers

    def fail(self, node: str, kind: str | None) -> None:
        """Let every handler and timer of a node raise from now on; None: no more."""
        if kind is None:
            self._failing.pop(node, None)
        else:
            self._failing[node] = kind

    def send(self, node: NodeContext, port: str, payload: Any) -> None:
        """Let a payload leave an output of a node."""
        spec = self._graph.outputs(node.node_id)[port]
        if spec.kind == "level":
            node.level(port).set(payload)
        else:
            node.out(port).send(payload)

    def answer(self, node: NodeContext) -> None:
        """Let a stubbed node send its answers."""
        for port, given in self._stubs.get(node.node_id, {}).items():
            self.send(node, port, given.payload(self._clock.now()))

    # -- the probe -------------------------------------------------------------------------------

    def left(self, node: str, port: str, payload: Any, envelope: Message) -> None:
        """Note a message that leaves an output."""
        passage = self._note(node, port, "out", payload, envelope)
        if port == "error" and node not in self._failing:
            self.errors.append(passage)
        self._wait(passage, Target(node, port, "out"))

    def call_of(self, node: NodeContext, item: Item) -> Callable[..., Any]:
        """Note a message that reaches an input; return what the node does with it."""
        name = node.node_id
        if not item.attempts and item.port is not None:
            passage = self._note(name, item.port, "in", item.payload, item.envelope)
            self._wait(passage, Target(name, None, "in"))
            self._wait(passage, Target(name, item.port, "in"))
        if name in self._failing:
            return functools.partial(_fail, self._failing[name])
        return (lambda _: self.answer(node)) if name in self._stubs else item.call

    def timer_of(self, node: NodeContext, call: Callable[[], object]) -> Callable[[], object]:
        """Return what a node does when a timer of its own rings; one that is stubbed, nothing."""
        if node.node_id in self._failing:
            return functools.partial(_fail, self._failing[node.node_id])
        return _nothing if node.node_id in self._stubs else call

    def _note(
        self, node: str, port: str, side: Literal["in", "out"], payload: Any, envelope: Message
    ) -> Passage:
        self._count += 1
        passage = Passage(
            self._count,
            self._clock.now(),
            node,
            port,
            side,
            payload,
            envelope.trace_id,
            envelope.source,
            self.during,
        )
        self._passages.append(passage)
        return passage

    def _wait(self, passage: Passage, target: Target) -> None:
        waiting = self._waiting.get(target)
        if waiting is not None:
            waiting.append(passage)

    # -- looking at it ---------------------------------------------------------------------------

    def begin(self) -> None:
        """Forget what came by before the first step."""
        for waiting in self._waiting.values():
            waiting.clear()

    def waiting(self, target: Target) -> list[Passage]:
        """Return what came by a target and was not taken, oldest first."""
        return [one for one in self._waiting[target] if one.number not in self._taken]

    def take(self, passage: Passage) -> None:
        """Note that the test has named a message."""
        self._taken.add(passage.number)

    def unasked_errors(self) -> Iterator[Passage]:
        """Yield the failures that the test has neither brought about nor expected."""
        return (error for error in self.errors if error.number not in self._taken)

    def way_of(self, end: Passage) -> list[Passage]:
        """Return the outputs that a message came by, and where it came to; oldest first."""
        return self._way(end, [one for one in self._passages if one.trace_id == end.trace_id])

    def _way(self, end: Passage, trace: Sequence[Passage]) -> list[Passage]:
        way = [end]
        while (before := self._before(way[0], trace)) is not None:
            way.insert(0, before)
        return [one for one in way if one.side == "out" or one is end]

    def ways_during(self, place: Place | None) -> list[list[Passage]]:
        """Return the ways that messages took during a step, each to where it ended."""
        traces: dict[int, list[Passage]] = defaultdict(list)
        for one in self._passages:
            if not is_flow(one.node):
                traces[one.trace_id].append(one)
        return [
            self._way(one, trace)
            for trace in traces.values()
            for one in trace
            if one.during == place and not any(self._before(later, trace) is one for later in trace)
        ]

    def _before(self, one: Passage, trace: Sequence[Passage]) -> Passage | None:
        """Return what led to a passage: the input of the same node, or the output of another."""
        earlier = [other for other in trace if other.number < one.number]
        if one.side == "out":
            found = (o for o in reversed(earlier) if o.node == one.node and o.side == "in")
        else:
            wires = {
                (wire.source_node, wire.source_port)
                for wire in self._graph.into(one.node)
                if wire.target_port == one.port
            }
            found = (
                o
                for o in reversed(earlier)
                if o.side == "out" and (o.node, o.port) in wires and o.payload == one.payload
            )
        return next(found, None)


def _fail(kind: str, *_: object) -> None:
    raise FAILURES[kind](f"the test lets it fail: {kind}")


def _nothing() -> None:
    """Do nothing: a timer of a node that is stubbed."""
