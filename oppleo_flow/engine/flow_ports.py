"""The ports of the flows themselves: `flow.start`, `flow.stop`, `flow.errors`, `flow.status`.

Each flow that runs has its own, and they tell of its own nodes only.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from oppleo_flow.engine.calls import Receive
from oppleo_flow.flow_events import FlowStarted, FlowStopping, NodeChanged
from oppleo_flow.flowfile.graph import FLOW, Graph, Wire, flow_of, is_flow
from oppleo_flow.immutable import immutable
from oppleo_flow.message import Message
from oppleo_flow.payloads import Failure, Payload

if TYPE_CHECKING:
    from oppleo_flow.engine.core import Core

_PORTS = ("start", "stop", "errors", "status")
_ERRORS = f"/{FLOW}.errors"


@immutable
class _Errors:
    """The port `errors` of a flow: as a place, as the source of messages, whether it is wired."""

    place: tuple[str, str]
    source: str
    wired: bool


class FlowPorts:
    """The flow ports of one runtime; `routes` are set when the routes are compiled.

    A flow of which nothing runs has none.
    """

    def __init__(self, core: "Core", graph: Graph) -> None:
        self._core = core
        self._names = {flow.prefix: flow.name for flow in graph.flows} or {"": graph.name}
        running = dict.fromkeys(flow_of(n.id) for n in graph.nodes.values() if not n.disabled)
        self.routes: dict[tuple[str, str], Receive | None] = {
            (f"{prefix}{FLOW}", port): None for prefix in running for port in _PORTS
        }
        self._errors: dict[str, _Errors] = {}
        self._wired = {(w.source_node, w.source_port) for w in graph.wires}
        self._heard_to_fail = {
            node
            for node in graph.nodes
            if {(node, "error"), (f"{flow_of(node)}{FLOW}", "errors")} & self._wired
        }
        # What hears of a change must not tell of one: it might hear of that, too, and so on.
        self._hears_status = _behind(graph.wires, "status")

    def take_failures_of(self, node: str) -> bool:
        """Return whether anything takes what a node's `error` port or its flow's `errors` tell."""
        core = self._core
        return node in self._heard_to_fail or core.probe is not None or bool(core.taps)

    def started(self, prefix: str) -> None:
        """Tell that every node of a flow has started, or failed to, once."""
        now = self._core.clock.now()
        self._tell(prefix, "start", FlowStarted(now, flow=self._names.get(prefix, prefix)))

    def stopping(self) -> None:
        """Tell that the nodes are about to stop."""
        now = self._core.clock.now()
        for node, port in list(self.routes):
            if port == "stop":
                prefix = flow_of(node)
                self._tell(prefix, port, FlowStopping(now, flow=self._names.get(prefix, prefix)))

    def failed(self, failure: Failure, envelope: Message) -> None:
        """Tell of a handler that raised.

        What fails on a failure, near or far, must not feed itself through `flow.errors` for ever.
        """
        errors = self._errors.get(failure.node) or self._errors_of(failure.node)
        heard = errors.wired or self._listened_to(errors.place)
        if heard and not envelope.source.endswith(_ERRORS):
            told = Message(failure, envelope.id, envelope.trace_id, envelope.time_s, errors.source)
            self._core.loop.queue(self._deliver, errors.place, failure, told)

    def _errors_of(self, node: str) -> "_Errors":
        """Return where failures of a node leave its flow; kept, for one may fail all the time."""
        name = f"{flow_of(node)}{FLOW}"
        place = (name, "errors")
        source = self._core.address(f"{name}.errors")
        found = self._errors[node] = _Errors(place, source, place in self._wired)
        return found

    def changed(self, change: NodeChanged) -> None:
        """Tell of a change in a node's condition."""
        if change.node not in self._hears_status:
            self._tell(flow_of(change.node), "status", change)

    def _tell(self, prefix: str, port: str, payload: Payload) -> None:
        node = f"{prefix}{FLOW}"
        # Also when nobody listens: what a message is numbered does not depend on that.
        envelope = self._core.origin(self._core.address(f"{node}.{port}"), payload)
        if self._listened_to((node, port)):
            # After what runs now.
            self._core.loop.queue(self._deliver, (node, port), payload, envelope)

    def _listened_to(self, place: tuple[str, str]) -> bool:
        """Return whether anything takes what leaves by a port; else nothing need be done."""
        core = self._core
        return place in self._wired or core.probe is not None or place in core.taps

    def _deliver(self, place: tuple[str, str], payload: Payload, envelope: Message) -> None:
        route = self.routes.get(place)
        if route is not None:
            route(payload, envelope)


def _behind(wires: Iterable[Wire], port: str) -> set[str]:
    """Return the nodes that something from a port of a flow may come to."""
    targets: dict[str, list[str]] = {}
    waiting: list[str] = []
    for wire in wires:
        if not is_flow(wire.source_node):
            targets.setdefault(wire.source_node, []).append(wire.target_node)
        elif wire.source_port == port:
            waiting.append(wire.target_node)
    found: set[str] = set()
    while waiting:
        node = waiting.pop()
        if node not in found:
            found.add(node)
            waiting += targets.get(node, ())
    return found
