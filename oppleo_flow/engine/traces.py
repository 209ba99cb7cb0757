"""Traces: the way that messages take from where they begin, node by node, with what left each."""

import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from time import perf_counter
from typing import Any, TypeVar

from oppleo_flow.clock import Clock
from oppleo_flow.engine.attempts import attempt
from oppleo_flow.engine.inbox import Item
from oppleo_flow.engine.probe import Probe
from oppleo_flow.engine.words import words_of
from oppleo_flow.immutable import immutable
from oppleo_flow.message import Message
from oppleo_flow.node_context import NodeContext
from oppleo_flow.payloads import Failure

MOST_STEPS = 1000
_REMEMBERED = 10_000
T = TypeVar("T")


@immutable
class TraceStep:
    """What one node did with a message.

    `port` is the input that it came in by; None where the node began by itself, by a timer of its
    own or a thread, or went on by a timer.  `took_us` is the time in its handler, None where it
    sent outside any; `sent` what left, in order, by its output; `failure` what the handler raised.
    """

    node: str
    port: str | None
    payload: Any
    at: datetime
    took_us: int | None
    sent: tuple[tuple[str, Any], ...]
    failure: str | None


@immutable
class Trace:
    """One message from where it began: its steps in the order in which they began.

    `cut` says that there were more than are kept, as of a message that goes in a circle.
    """

    id: int
    source: str
    began_at: datetime
    steps: tuple[TraceStep, ...]
    cut: bool


@dataclass(slots=True)
class Step:
    """A step that is still being made; on one thread at a time."""

    node: str
    port: str | None
    payload: Any
    at: datetime
    took_us: int | None = None
    sent: list[tuple[str, Any]] = field(default_factory=list)
    failure: str | None = None

    def made(self) -> TraceStep:
        """Return it as it is now."""
        sent = tuple(self.sent)
        return TraceStep(
            self.node, self.port, self.payload, self.at, self.took_us, sent, self.failure
        )


@dataclass(slots=True)
class _Way:
    """The way of one message so far."""

    envelope: Message
    steps: list[Step] = field(default_factory=list)
    cut: bool = False

    def add(self, step: Step) -> None:
        """Add a step, if there is room."""
        if len(self.steps) < MOST_STEPS:
            self.steps.append(step)
        else:
            self.cut = True

    def made(self) -> Trace:
        """Return it as it is now."""
        steps = tuple(step.made() for step in self.steps)
        envelope = self.envelope
        return Trace(envelope.trace_id, envelope.source, envelope.time, steps, self.cut)


class Traces:
    """Follows the next `count` messages that begin; with a `node`, those that begin there.

    `first` is the id from which on messages are new; `full` is called when the last has begun, and
    `close` when nobody looks any more.  Everything here is legal from any thread.
    """

    def __init__(
        self,
        count: int,
        node: str | None,
        *,
        first: int,
        clock: Clock,
        full: Callable[["Traces"], object],
        close: Callable[["Traces"], object],
    ) -> None:
        self._count = count
        self._node = node
        self._first = first
        self._clock = clock
        self._full = full
        self._close = close
        self._lock = threading.Lock()
        self._ways: dict[int, _Way] = {}
        self._passed: dict[int, None] = {}
        self._rung: dict[int, Step] = {}
        self._ended = threading.Event()

    @property
    def ended(self) -> bool:
        """Return whether nothing more is followed."""
        return self._ended.is_set()

    def so_far(self) -> tuple[Trace, ...]:
        """Return the messages that have begun, the oldest first, each as far as it has come."""
        with self._lock:
            return tuple(way.made() for way in self._ways.values())

    @property
    def followed(self) -> Collection[int]:
        """Return the ids of the messages that have begun."""
        with self._lock:
            return frozenset(self._ways)

    def end(self) -> None:
        """Note that nothing more is followed, and wake who waits."""
        self._ended.set()

    def wait(self, timeout_s: float) -> tuple[Trace, ...]:
        """Return what `so_far` does when all have been followed, or after `timeout_s`."""
        self._ended.wait(timeout_s)
        return self.so_far()

    def close(self) -> None:
        """Stop to look; what has been seen stays."""
        self._close(self)
        self.end()

    # -- what it is told -----------------------------------------------------------------------

    def left(self, node: str, port: str, payload: Any, envelope: Message) -> None:
        """Note what leaves an output, with the step in which the node sent it."""
        with self._lock:
            step = self._rung.pop(envelope.id, None)
            way = self._way(node, envelope)
            if way is None:
                return
            if step is None:
                step = next((s for s in reversed(way.steps) if s.node == node), None)
            else:
                way.add(step)
            if step is None:
                step = Step(node, None, None, self._clock.now())
                way.add(step)
            step.sent.append((port, payload))
            if port == "error" and isinstance(payload, Failure):
                step.failure = step.failure or f"{payload.error}: {payload.message}"

    def reached(self, node: str, port: str, payload: Any, envelope: Message) -> Step | None:
        """Note that a message has come to a node; return its step, if the message is followed."""
        with self._lock:
            way = self._way(node, envelope)
            if way is None:
                return None
            step = Step(node, port, payload, self._clock.now())
            way.add(step)
            return step

    def rang(self, node: str, envelope: Message) -> Step:
        """Note that a timer of a node rings; its step is one of a message if it sends any."""
        step = Step(node, None, None, self._clock.now())
        with self._lock:
            _remember(self._rung, envelope.id, step)
        return step

    def _way(self, node: str, envelope: Message) -> _Way | None:
        """Return the way of a message, which may begin here; None when it is not followed."""
        number = envelope.trace_id
        way = self._ways.get(number)
        if way is not None or number < self._first or number in self._passed:
            return way
        if len(self._ways) >= self._count or self._node not in (None, node):
            _remember(self._passed, number, None)
            return None
        way = self._ways[number] = _Way(envelope)
        if len(self._ways) == self._count:
            self._full(self)
        return way


class Watch:
    """A probe that follows messages for some traces, beside the one that a flow may have."""

    def __init__(self, probe: Probe | None, traces: tuple[Traces, ...]) -> None:
        self._probe = probe
        self._traces = traces

    def left(self, node: str, port: str, payload: Any, envelope: Message) -> None:
        """Note what leaves an output."""
        if self._probe is not None:
            self._probe.left(node, port, payload, envelope)
        for traces in self._traces:
            traces.left(node, port, payload, envelope)

    def call_of(self, node: NodeContext, item: Item) -> Callable[..., Any]:
        """Return what takes the payload of a message, timed if the message is followed."""
        call = item.call if self._probe is None else self._probe.call_of(node, item)
        if item.port is None:
            return call
        seen = [
            traces.reached(node.node_id, item.port, item.payload, item.envelope)
            for traces in self._traces
        ]
        steps = [step for step in seen if step is not None]
        return partial(_timed, call, steps) if steps else call

    def timer_of(self, node: NodeContext, call: Callable[[], object]) -> Callable[[], object]:
        """Return what is called when a timer of a node rings, timed."""
        if self._probe is not None:
            call = self._probe.timer_of(node, call)
        envelope = node.message()
        return partial(_timed, call, [t.rang(node.node_id, envelope) for t in self._traces])


def _timed(call: Callable[..., Any], steps: Sequence[Step], *args: Any) -> Any:
    began = perf_counter()
    result, error = attempt(call, *args)
    took_us = round((perf_counter() - began) * 1e6)
    for step in steps:
        step.took_us = took_us
        if error is not None:
            step.failure = f"{type(error).__name__}: {words_of(error)}"
    if error is not None:
        raise error
    return result


def _remember(kept: dict[int, T], number: int, what: T) -> None:
    """Keep something by its number, and forget the oldest where there is too much."""
    kept[number] = what
    if len(kept) > _REMEMBERED:
        del kept[next(iter(kept))]
