"""Durable state of nodes, and durable wires: at-least-once, in order, across restarts."""

import json
from collections import deque
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from oppleo_flow.clock import Instant
from oppleo_flow.encoding import decode, encode, known_types
from oppleo_flow.engine.attempts import attempt
from oppleo_flow.engine.inbox import Item
from oppleo_flow.engine.letters import DeadLetter
from oppleo_flow.engine.node_timers import NamedTimer, kept, read_cause
from oppleo_flow.engine.state_store import Append, StateStore, Transaction
from oppleo_flow.engine.wire_log import BEFORE_ALL, Page, measure, read_page
from oppleo_flow.engine.words import words_of
from oppleo_flow.errors import StoreError
from oppleo_flow.fields import attributes_reader
from oppleo_flow.flowfile.graph import Wire
from oppleo_flow.message import Message
from oppleo_flow.node_spec import members

if TYPE_CHECKING:
    from oppleo_flow.engine.core import Core
    from oppleo_flow.engine.host import NodeHost

_TIMERS = "timers of the node"
IN_MEMORY = 1000
"""How many messages of a durable wire are kept in memory; a backlog may be of any length."""
FULL_FAULT = "wire-log-full"
_RETRY_FIRST_S = 1.0
_RETRY_LAST_S = 30.0


class WireFull(StoreError):
    """What a node sends cannot be kept: as much waits for its consumer as may."""


@cache
def _adapter(kind: Any) -> Any:
    """Return pydantic's converter for the type of a state attribute."""
    from pydantic import TypeAdapter  # noqa: PLC0415  (only where state is durable)

    return TypeAdapter(kind)


class NodeState:
    """The durable state of one node: its annotated attributes, its timers, when they changed.

    A timer is durable when its call is a method of the node; what is kept is what remains of it.
    """

    def __init__(self, host: "NodeHost") -> None:
        self._fields: Mapping[str, Any] = host.plan.spec.state
        self._values_of = attributes_reader(self._fields)
        self._saved = self._values_of(host.node)
        self._saved_timers: tuple[NamedTimer, ...] = ()
        self._waiting: list[NamedTimer] = []

    def changed(self, host: "NodeHost") -> bool:
        """Return whether anything changed since the last time."""
        return (
            self._values_of(host.node) != self._saved or host.timers.named() != self._saved_timers
        )

    def change(self, host: "NodeHost") -> tuple[str, str, Mapping[str, Any], str] | None:
        """Return what must be saved now; None when nothing changed since the last time."""
        if not self.changed(host):
            return None
        values, timers = self._values_of(host.node), host.timers.named()
        now = host.core.clock.instant()
        encoded = {
            name: _adapter(kind).dump_python(value, mode="json")
            for (name, kind), value in zip(self._fields.items(), values, strict=True)
        }
        if timers:
            encoded[_TIMERS] = {
                "at": _adapter(Instant).dump_python(now, mode="json"),
                "left_s": [[t.name, t.due - now.monotonic_s, kept(t.cause)] for t in timers],
            }
        self._saved, self._saved_timers = values, timers
        return host.node_id, host.plan.spec.type_name, encoded, now.wall.isoformat()

    def roll_back(self, host: "NodeHost") -> None:
        """Give the node back the state it had before a handler that raised."""
        for name, value in zip(self._fields, self._saved, strict=True):
            setattr(host.node, name, value)

    def restore(self, host: "NodeHost", store: StateStore) -> None:
        """Give the node the state that was saved for it, if there is any.

        Raises:
            StoreError: What was saved is not state of this type; nothing is changed.
        """
        found = store.state_of(host.node_id)
        if found is None:
            return
        type_name, encoded = found
        if type_name != host.plan.spec.type_name:
            raise StoreError(
                f"{store.path}: node {host.node_id!r}: the saved state is of a {type_name!r}, "
                f"the flow says {host.plan.spec.type_name!r}; rename the node to begin anew"
            )
        try:
            values = {
                name: _adapter(kind).validate_python(encoded[name])
                for name, kind in self._fields.items()
                if name in encoded
            }
            timers = encoded.get(_TIMERS)
            if timers is not None:
                passed_s = host.core.clock.since(_adapter(Instant).validate_python(timers["at"]))
                self._waiting = [
                    NamedTimer(name, left_s - passed_s, read_cause(*cause))
                    for name, left_s, *cause in timers["left_s"]
                ]
        except ValueError as error:
            raise StoreError(
                f"{store.path}: node {host.node_id!r}: the saved state cannot be read: {error}"
            ) from error
        for name, value in values.items():
            setattr(host.node, name, value)
        self._saved = self._values_of(host.node)

    def wind_timers(self, host: "NodeHost") -> None:
        """Set the timers again that were waiting, but for those that `start` has set itself."""
        running = {timer.name for timer in host.timers.named()}
        for name, left_s, cause in self._waiting:
            if name not in running and hasattr(host.node, name):
                host.after(max(0.0, left_s), getattr(host.node, name), cause)
        self._waiting = []


class DurableWires:
    """Every durable wire of the flow; each delivers one message at a time, in order.

    At most `most_bytes` of each wait on disk: of what would be more nothing is sent.
    """

    def __init__(self, core: "Core", wires: list[Wire], most_bytes: int) -> None:
        self._core = core
        self._most_bytes = most_bytes
        self._pumps: dict[str, Pump] = {}
        self.follow(wires)

    def follow(self, wires: Iterable[Wire]) -> None:
        """Follow these wires from now on; what waits on one that is gone stays in its log."""
        before, self._pumps = self._pumps, {}
        for wire in wires:
            name = name_of(wire)
            self._pumps[name] = before.get(name) or Pump(self._core, wire, self._most_bytes)

    def appended(self, appends: list[Append]) -> None:
        """Begin to deliver what has been committed."""
        for append in appends:
            if append.wire in self._pumps:
                self._pumps[append.wire].push(append)

    def must_have_room(self, name: str) -> None:
        """Refuse what is about to be sent on a wire whose log is full.

        Nothing of it is dropped: the handler that sends it fails, as a whole, and says so.

        Raises:
            WireFull: It is full.
        """
        pump = self._pumps.get(name)
        if pump is not None and pump.full:
            raise WireFull(pump.tell_that_it_is_full())

    def resume(self, node: str) -> None:
        """Deliver to a node that has started what waits for it, an earlier run's first."""
        for pump in self._pumps.values():
            if pump.target == node:
                pump.resume()

    @property
    def waiting(self) -> int:
        """Return how many messages wait on all durable wires."""
        return sum(pump.waiting for pump in self._pumps.values())


class Pump:
    """Delivers the log of one durable wire: the next message only when the last was handled.

    At most `IN_MEMORY` messages of it are in memory, the oldest; `_behind` more are on disk only.
    """

    def __init__(self, core: "Core", wire: Wire, most_bytes: int) -> None:
        self._core = core
        self._wire = wire
        self._most_bytes = most_bytes
        self._busy = False
        self._failures = 0
        self._loaded = False
        self._asking = False
        self._next: deque[tuple[int, Mapping[str, Any], int]] = deque()
        self._bytes = 0
        self._measured = False
        self._refuses = False
        self._read_to = BEFORE_ALL
        self._known_to = BEFORE_ALL
        self._behind = 0

    @property
    def target(self) -> str:
        """Return the node that the wire ends at."""
        return self._wire.target_node

    @property
    def waiting(self) -> int:
        """Return how many messages wait, as far as that is known."""
        return len(self._next) + self._behind

    @property
    def full(self) -> bool:
        """Return whether as much waits as may, as far as that is known."""
        if not self._measured:
            self._measured = True  # an earlier run may have left much that nobody has read yet
            self._core.ask(partial(measure, wire=name_of(self._wire)), self._learn)
        return self._bytes >= self._most_bytes

    def _learn(self, found: tuple[int, int] | None, error: StoreError | None) -> None:
        """Take in how much is on disk: all that was committed until now, and nothing later."""
        if found is None or error is not None:
            self._measured = False
            return
        self._bytes = found[1]

    def tell_that_it_is_full(self) -> str:
        """Put the producer in fault until there is room again; return what is wrong."""
        wire = self._wire
        text = (
            f"the log of the durable wire to {wire.target_node}.{wire.target_port} is full: "
            f"{self._most_bytes // 1_000_000} MB wait on disk; see to {wire.target_node!r}"
        )
        producer = self._core.hosts.get(wire.source_node)
        if producer is not None:
            producer.condition.raise_fault(FULL_FAULT, text)
        self._refuses = True
        return f"node {wire.source_node!r}: {text}"

    def _has_room_again(self) -> None:
        """Let the producer send again."""
        self._refuses = False
        producer = self._core.hosts.get(self._wire.source_node)
        if producer is not None:
            producer.condition.clear_fault(FULL_FAULT)

    def resume(self) -> None:
        """Go on, now that the consumer runs: with what an earlier run has left, too."""
        if self._loaded:
            self.deliver()
        else:
            self._read_on()

    def _read_on(self) -> None:
        """Have the next of what is on disk read."""
        if not self._asking:
            self._asking = True
            page = partial(read_page, wire=name_of(self._wire), after=self._read_to, most=IN_MEMORY)
            self._core.ask(page, self._take_in)

    def _take_in(self, page: Page | None, error: StoreError | None) -> None:
        """Add what was read.  What was committed before is in it, and nothing later."""
        self._asking = False
        if page is None or error is not None:
            self._core.loop.timers.call_at(
                self._core.clock.monotonic() + _RETRY_FIRST_S, self._read_on
            )
            return
        self._loaded = True
        self._next.extend((log_id, json.loads(text), len(text)) for log_id, text in page.rows)
        self._read_to = page.rows[-1][0] if page.rows else self._read_to
        self._known_to = max(self._known_to, page.newest)
        self._behind = page.behind
        self.deliver()

    def push(self, append: Append) -> None:
        """Add a committed message, unless it has been read from the log, or will be."""
        self._bytes += append.size
        log_id = append.log_id
        if not self._loaded or log_id <= self._known_to:
            return
        self._known_to = log_id
        if self._behind or len(self._next) >= IN_MEMORY:
            self._behind += 1
        else:
            self._next.append((log_id, append.message, append.size))
            self._read_to = log_id
        self.deliver()

    def _go_on(self) -> None:
        """Forget the message in hand, and deliver the next."""
        _, _, size = self._next.popleft()
        self._bytes = max(0, self._bytes - size)
        if self._refuses and not self.full:
            self._has_room_again()
        if self._behind and len(self._next) <= IN_MEMORY // 2:
            self._read_on()
        self._core.loop.queue(self.deliver)

    def deliver(self) -> None:
        """Give the oldest message to the consumer, unless one is there already."""
        host = self._core.hosts.get(self._wire.target_node)
        if self._busy or not self._next or host is None or not host.started or host.stopping:
            return
        log_id, message, _ = self._next[0]
        port = host.plan.spec.inputs[self._wire.target_port]
        envelope, error = attempt(read_back, message, port.type)
        if error is not None:
            self._give_up(host, log_id, message, error)
            return
        self._busy = True
        host.received += 1
        handler = getattr(host.node, port.handler)
        item = Item(handler, port.name, envelope.payload, envelope, self._done, log_id)
        self._core.handling.accept(host, item)

    def _give_up(
        self, host: "NodeHost", log_id: int, message: Mapping[str, Any], error: Exception
    ) -> None:
        """Go on without what an earlier version of the flow left and nobody can read."""
        unreadable(host, self._wire.target_port, message, error, log_id)
        self._go_on()

    def _done(self, error: Exception | None) -> None:
        """Go on to the next message, or wait and try the same one again."""
        self._busy = False
        if error is None:
            self._failures = 0
            self._go_on()
            return
        wait = min(_RETRY_FIRST_S * 2**self._failures, _RETRY_LAST_S)
        self._failures += 1
        self._core.loop.timers.call_at(self._core.clock.monotonic() + wait, self.deliver)


def unreadable(
    host: "NodeHost", port: str, message: Mapping[str, Any], error: Exception, log_id: int
) -> None:
    """Make a dead letter of a logged message that nobody can read any more."""
    host.dropped += 1
    host.log.error("%s: a kept message became a dead letter: %s", host.node_id, error)
    text = f"{type(error).__name__}: {error}"
    dead = DeadLetter(host.node_id, port, message, text, host.core.clock.now().isoformat())
    host.core.state_store.submit(Transaction(acknowledged=[log_id], dead_letter=dead))


def read_back(message: Mapping[str, Any], kind: Any) -> Message:
    """Return a logged message.

    Raises:
        KeyError: Its payload is of a type that nobody knows any more.
        ValueError: Its payload does not fit its type.
    """
    types = known_types() | {getattr(one, "__name__", str(one)): one for one in members(kind)}
    return Message(
        payload=decode(message["payload"], types),
        id=message["id"],
        trace_id=message["trace_id"],
        time_s=datetime.fromisoformat(message["time"]).timestamp(),
        source=message["source"],
    )


def name_of(wire: Wire) -> str:
    """Return the name by which a durable wire stands in the log."""
    return f"{wire.source_node}.{wire.source_port}->{wire.target_node}.{wire.target_port}"


def letter(node: str, item: Item, error: Exception, now: datetime) -> DeadLetter:
    """Return the dead letter for a message that a node could not handle."""
    payload, envelope = item.payload, item.envelope
    try:
        message = logged(payload, envelope)
    except ValueError:  # no JSON form: keep what can be read
        message = logged(repr(payload), envelope)
    text = f"{type(error).__name__}: {words_of(error)}"
    return DeadLetter(node, item.port or "", message, text, now.isoformat())


def logged(payload: Any, envelope: Message) -> dict[str, Any]:
    """Return a message as it stands in the log.

    Raises:
        ValueError: The payload has no JSON form.
    """
    return {
        "payload": encode(payload),
        "id": envelope.id,
        "trace_id": envelope.trace_id,
        "time": envelope.time.isoformat(),
        "source": envelope.source,
    }
