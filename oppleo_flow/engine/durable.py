"""Durable state of nodes, and durable wires: at-least-once, in order, across restarts."""

from collections import deque
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from oppleo_flow.clock import Instant
from oppleo_flow.encoding import decode, encode, known_types
from oppleo_flow.engine.calls import attempt
from oppleo_flow.engine.inbox import Item
from oppleo_flow.engine.letters import DeadLetter
from oppleo_flow.engine.state_store import Append, StateStore, Transaction
from oppleo_flow.engine.words import words_of
from oppleo_flow.errors import StoreError
from oppleo_flow.flowfile.graph import Wire
from oppleo_flow.message import Message
from oppleo_flow.node_spec import members

if TYPE_CHECKING:
    from oppleo_flow.engine.core import Core
    from oppleo_flow.engine.host import NodeHost

_TIMERS = "timers of the node"
_RETRY_FIRST_S = 1.0
_RETRY_LAST_S = 30.0


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
        self._names = tuple(self._fields)
        self._saved = self._values(host)
        self._saved_timers: tuple[tuple[str, float], ...] = ()
        self._waiting: list[tuple[str, float]] = []

    def _values(self, host: "NodeHost") -> tuple[Any, ...]:
        node = host.node
        return tuple([getattr(node, name) for name in self._names])

    def change(self, host: "NodeHost") -> tuple[str, str, Mapping[str, Any], str] | None:
        """Return what must be saved now; None when nothing changed since the last time."""
        values, timers = self._values(host), host.timers.named()
        if values == self._saved and timers == self._saved_timers:
            return None
        now = host.core.clock.instant()
        encoded = {
            name: _adapter(kind).dump_python(value, mode="json")
            for (name, kind), value in zip(self._fields.items(), values, strict=True)
        }
        if timers:
            encoded[_TIMERS] = {
                "at": _adapter(Instant).dump_python(now, mode="json"),
                "left_s": [[name, due - now.monotonic_s] for name, due in timers],
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
                self._waiting = [(n, max(0.0, s - passed_s)) for n, s in timers["left_s"]]
        except ValueError as error:
            raise StoreError(
                f"{store.path}: node {host.node_id!r}: the saved state cannot be read: {error}"
            ) from error
        for name, value in values.items():
            setattr(host.node, name, value)
        self._saved = self._values(host)

    def wind_timers(self, host: "NodeHost") -> None:
        """Set the timers again that were waiting, but for those that `start` has set itself."""
        running = {name for name, _ in host.timers.named()}
        for name, left_s in self._waiting:
            if name not in running and hasattr(host.node, name):
                host.after(left_s, getattr(host.node, name))
        self._waiting = []


class DurableWires:
    """Every durable wire of the flow; each delivers one message at a time, in order."""

    def __init__(self, core: "Core", wires: list[Wire]) -> None:
        self._core = core
        self._pumps: dict[str, Pump] = {}
        self.follow(wires)

    def follow(self, wires: Iterable[Wire]) -> None:
        """Follow these wires from now on; what waits on one that is gone stays in its log."""
        before, self._pumps = self._pumps, {}
        for wire in wires:
            name = name_of(wire)
            self._pumps[name] = before.get(name) or Pump(self._core, wire)

    def appended(self, appends: list[Append]) -> None:
        """Begin to deliver what has been committed."""
        for append in appends:
            if append.wire in self._pumps:
                self._pumps[append.wire].push(append.log_id, append.message)

    def resume(self, node: str) -> None:
        """Deliver to a node that has started what waits for it, an earlier run's first."""
        for name, pump in self._pumps.items():
            if pump.target == node:
                if not pump.loaded:
                    pump.load(self._core.state_store.waiting_on(name))
                pump.deliver()

    @property
    def waiting(self) -> int:
        """Return how many messages wait on all durable wires."""
        return sum(len(pump.waiting) for pump in self._pumps.values())


class Pump:
    """Delivers the log of one durable wire: the next message only when the last was handled."""

    def __init__(self, core: "Core", wire: Wire) -> None:
        self._core = core
        self._wire = wire
        self._busy = False
        self._failures = 0
        self._newest = 0
        self.loaded = False
        self.waiting: deque[tuple[int, Mapping[str, Any]]] = deque()

    @property
    def target(self) -> str:
        """Return the node that the wire ends at."""
        return self._wire.target_node

    def load(self, waiting: Iterable[tuple[int, Mapping[str, Any]]]) -> None:
        """Take in what the log holds; this includes what was pushed before."""
        self.loaded = True
        self.waiting = deque(waiting)
        self._newest = max((log_id for log_id, _ in self.waiting), default=0)

    def push(self, log_id: int, message: Mapping[str, Any]) -> None:
        """Add a committed message; before the log was loaded, the log has it already."""
        if self.loaded and log_id > self._newest:
            self.waiting.append((log_id, message))
            self.deliver()

    def deliver(self) -> None:
        """Give the oldest message to the consumer, unless one is there already."""
        host = self._core.hosts.get(self._wire.target_node)
        if self._busy or not self.waiting or host is None or not host.started or host.stopping:
            return
        log_id, message = self.waiting[0]
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
        self.waiting.popleft()
        self._core.loop.queue(self.deliver)

    def _done(self, error: Exception | None) -> None:
        """Go on to the next message, or wait and try the same one again."""
        self._busy = False
        if error is None:
            self._failures = 0
            self.waiting.popleft()
            self._core.loop.queue(self.deliver)
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
