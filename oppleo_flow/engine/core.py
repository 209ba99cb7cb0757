"""What the parts of one running flow share."""

import logging
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from oppleo_flow.clock import Clock
from oppleo_flow.engine.backlog import Backlog
from oppleo_flow.engine.calls import SLOW_HANDLER_S
from oppleo_flow.engine.connections import Connections
from oppleo_flow.engine.deadlines import Deadlines
from oppleo_flow.engine.durable import DurableWires
from oppleo_flow.engine.failing import LOG_EVERY_S
from oppleo_flow.engine.flow_ports import FlowPorts
from oppleo_flow.engine.freshness import Freshness
from oppleo_flow.engine.handling import Handling
from oppleo_flow.engine.loop import Loop
from oppleo_flow.engine.placeholders import Placeholders
from oppleo_flow.engine.ports import LevelPort, Port
from oppleo_flow.engine.probe import Probe
from oppleo_flow.engine.replaying import Replaying
from oppleo_flow.engine.snapshot import EVERY_KIND, EventKind, PastFault, PastStatus, RuntimeEvent
from oppleo_flow.engine.state_store import StateStore
from oppleo_flow.engine.taps import Ears
from oppleo_flow.errors import StoreError
from oppleo_flow.flow_events import ConditionKind, NodeChanged
from oppleo_flow.flowfile.graph import Graph, Wire
from oppleo_flow.message import Message, message_ids
from oppleo_flow.node_context import Site

if TYPE_CHECKING:
    from oppleo_flow.engine.host import NodeHost

LOG = logging.getLogger(__name__)
FAULTS_KEPT = 20
STATUSES_KEPT = 20
TIMED_EACH_BEAT = 100


class Subscription(Backlog[RuntimeEvent]):
    """The events of a runtime for one listener: bounded; the oldest are given up and counted."""

    def __init__(
        self,
        size: int,
        close: Callable[["Subscription"], None],
        kinds: frozenset[EventKind] = EVERY_KIND,
    ) -> None:
        super().__init__(size, close)
        self.kinds = kinds


class Core:
    """The shared services of one runtime.  Everything here is used within the loop only.

    `unwell` are the nodes whose last handler raised, `heard` the kinds of events that anybody
    listens to; `to_time` is how many more messages are timed, each, before the loop's next beat.
    `making` is held where threads must not both make what there is to be one of.
    Routes are compiled for the `probe` and the `taps` of the moment.
    """

    def __init__(
        self,
        graph: Graph,
        clock: Clock,
        site: Site,
        loop: Loop,
        state_store: StateStore,
        probe: Probe | None,
        durable_wire_bytes: int,
    ) -> None:
        self.flow = graph.name
        self.clock = clock
        self.site = site
        self.loop = loop
        self.state_store = state_store
        self.probe = probe
        self.taps = Ears()
        self.hosts: dict[str, NodeHost] = {}
        self.unwell: set[NodeHost] = set()
        self.to_time = TIMED_EACH_BEAT
        self.making = threading.Lock()
        self.deadlines = Deadlines(self)
        self.connections = Connections(graph.connections, loop, clock, site, self.deadlines.told)
        self.handling = Handling(self)
        self.replaying = Replaying(self)
        self.freshness = Freshness(self, graph)
        self.durable = DurableWires(
            self, [wire for wire in graph.wires if wire.durable], durable_wire_bytes
        )
        self.flow_ports = FlowPorts(self, graph)
        self.placeholders = Placeholders(self, graph.missing.values())
        self.asking = 0
        self.past_faults: dict[str, tuple[PastFault, ...]] = {}
        self.past_statuses: dict[str, deque[PastStatus]] = {}
        self.envelope: Message | None = None
        self.stop_requested: Callable[[str], None] = lambda _: None
        self._level_wires = _level_wires(graph)
        self.wired = _wired_inputs(graph)
        self._next_id = message_ids(clock)
        self._epoch_s = clock.epoch_s
        self._subscriptions: tuple[Subscription, ...] = ()
        self.heard: frozenset[EventKind] = frozenset()
        self._slow_until: dict[str, float] = {}

    def address(self, node: str) -> str:
        """Return `flow/node`, or `flow/node.port`, as messages name where they come from."""
        return node if "/" in node else f"{self.flow}/{node}"

    def change_to(self, graph: Graph, built: Mapping[str, "NodeHost"]) -> None:
        """Go on with the nodes of another version of the flow, of which `built` are new."""
        hosts: dict[str, NodeHost] = {}
        for plan in graph.nodes.values():
            if plan.id in built:
                hosts[plan.id] = built[plan.id]
            elif not plan.disabled:
                hosts[plan.id] = self.hosts[plan.id]
                hosts[plan.id].go_on_as(plan)
        gone = [host for node, host in self.hosts.items() if hosts.get(node) is not host]
        for node, host in self.hosts.items():
            if hosts.get(node) is not host:
                self.unwell.discard(host)
                self.handling.forget(node)
                self.freshness.forget(node)
        self.hosts = hosts  # at once: other threads look at it
        self._level_wires = _level_wires(graph)
        self.wired = _wired_inputs(graph)
        self.freshness.follow(graph)
        self.durable.follow([wire for wire in graph.wires if wire.durable])
        self.flow_ports = FlowPorts(self, graph)
        self.placeholders = Placeholders(self, graph.missing.values())
        for host in gone:
            host.condition.end()

    def note_past_fault(self, node: str, fault: PastFault) -> None:
        """Keep a fault that is over, with the last few others of its node."""
        self.past_faults[node] = (*self.past_faults.get(node, ()), fault)[-FAULTS_KEPT:]

    def note_past_status(self, node: str, status: PastStatus) -> None:
        """Keep what a node said of itself before, with the last few others."""
        kept = self.past_statuses.get(node)
        if kept is None:
            kept = self.past_statuses[node] = deque(maxlen=STATUSES_KEPT)
        kept.append(status)

    def ask(
        self,
        question: Callable[[sqlite3.Connection], Any],
        then: Callable[[Any, StoreError | None], object],
    ) -> None:
        """Have something read from the state file, off the loop; `then` is told in the loop."""
        self.asking += 1
        self.state_store.ask(question, lambda *found: self.loop.post(self._answered, then, *found))

    def _answered(self, then: Callable[..., object], found: Any, error: StoreError | None) -> None:
        self.asking -= 1
        then(found, error)

    def origin(self, source: str, payload: Any) -> Message:
        """Return the envelope of something that begins now."""
        number = self._next_id()
        return Message(payload, number, number, self._epoch_s(), source)

    def going_on(self, cause: Message) -> Message:
        """Return the envelope of something that goes on now with what began earlier."""
        return Message(None, self._next_id(), cause.trace_id, self._epoch_s(), cause.source)

    def slow(self, nodes: str, seconds: float) -> None:
        """Warn of a handler that kept the dispatcher from everything else, now and then."""
        now = self.clock.monotonic()
        if now < self._slow_until.get(nodes, now):
            return
        self._slow_until[nodes] = now + LOG_EVERY_S
        LOG.warning(
            "%s: a handler took %.0f ms, more than %.0f ms; a node that waits is `blocking`",
            nodes,
            seconds * 1000,
            SLOW_HANDLER_S * 1000,
        )

    def stop_flow(self, reason: str) -> None:
        """Ask for the whole flow to be stopped, because a node's `on_error` says so."""
        LOG.error("the flow stops: %s", reason)
        self.stop_requested(reason)

    def replay_levels(self, host: "NodeHost") -> None:
        """Tell a node what the levels it is wired to hold now."""
        for wire in self._level_wires.get(host.node_id, ()):
            producer = self.hosts.get(wire.source_node)
            port = None if producer is None else producer.ports.get(wire.source_port)
            if isinstance(port, LevelPort) and port.has_value:
                envelope = self.origin(port.source, port.value)
                self.handling.receive(host, wire.target_port, port.value, envelope)

    def is_level_input(self, node: str, port: str) -> bool:
        """Return whether a level is wired to an input."""
        return any(wire.target_port == port for wire in self._level_wires.get(node, ()))

    # -- listeners -----------------------------------------------------------------------------

    def subscribe(self, size: int, kinds: frozenset[EventKind]) -> Subscription:
        """Return the events of some kinds from now on.  Legal from any thread."""
        subscription = Subscription(size, self.unsubscribe, kinds)
        self.listen(subscription)
        return subscription

    def listen(self, subscription: Subscription) -> None:
        """Tell a listener the changes of its kinds from now on.  Legal from any thread."""
        self._listen((*self._subscriptions, subscription))

    def unsubscribe(self, subscription: Subscription) -> None:
        """Tell a listener no more.  Legal from any thread."""
        self._listen(tuple(s for s in self._subscriptions if s is not subscription))

    def _listen(self, subscriptions: tuple[Subscription, ...]) -> None:
        self._subscriptions = subscriptions
        self.heard = frozenset().union(*(one.kinds for one in subscriptions))

    def publish_event(self, port: Port, payload: Any) -> None:
        """Tell the listeners what leaves an output."""
        now = self.clock.now()
        self._tell(RuntimeEvent("event", port.host.node_id, port.spec.name, payload, now))

    def publish(
        self, kind: ConditionKind, host: "NodeHost", code: str = "", value: object = None
    ) -> None:
        """Tell the listeners, and `flow.status`, of a change in a node's condition."""
        now = self.clock.now()
        if kind in self.heard:
            self._tell(RuntimeEvent(kind, host.node_id, code, value, now))
        self.flow_ports.changed(NodeChanged(host.node_id, kind, code, str(value), now))

    def publish_level(self, port: LevelPort) -> None:
        """Tell the listeners what a level holds now."""
        now = self.clock.now()
        self._tell(RuntimeEvent("level", port.host.node_id, port.spec.name, port.value, now))

    def _tell(self, event: RuntimeEvent) -> None:
        for subscription in self._subscriptions:
            if event.kind in subscription.kinds:
                subscription.put(event)


def _level_wires(graph: Graph) -> dict[str, list[Wire]]:
    """Return the wires of levels by the node that they lead to."""
    found: dict[str, list[Wire]] = {}
    for wire in graph.wires:
        if wire.kind == "level":
            found.setdefault(wire.target_node, []).append(wire)
    return found


def _wired_inputs(graph: Graph) -> dict[str, frozenset[str]]:
    """Return the inputs that a wire leads to, by their node."""
    found: dict[str, set[str]] = {}
    for wire in graph.wires:
        found.setdefault(wire.target_node, set()).add(wire.target_port)
    return {node: frozenset(ports) for node, ports in found.items()}
