"""The wiring, compiled: each output port gets one call that leads straight into its consumers.

A straight run of nodes without inboxes becomes one function (`segment.Segment`).  Other wires are
direct calls; a wire that closes a cycle, or lies too deep, is queued, so there is no recursion.
Payloads are shared, never copied: they are frozen.
"""

import threading
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from oppleo_flow.engine.calls import Receive, Routing, Step, sending
from oppleo_flow.engine.durable import name_of
from oppleo_flow.engine.host import NodeHost
from oppleo_flow.engine.node_timers import sets_timers
from oppleo_flow.engine.ports import LevelPort, Port
from oppleo_flow.engine.probe import watched
from oppleo_flow.engine.segment import MAX_DEPTH, Segment
from oppleo_flow.engine.taps import tapped
from oppleo_flow.flowfile.graph import Wire
from oppleo_flow.message import Message

if TYPE_CHECKING:
    from oppleo_flow.engine.core import Core


class Routes:
    """Compiles the wires of a graph.

    `segments` are the fused runs, for their counts; `entrances` the input ports compiled so far.
    """

    def __init__(self, core: "Core", wires: Sequence[Wire]) -> None:
        self._core = core
        self._from: dict[tuple[str, str], list[Wire]] = {}
        self._into: dict[str, list[Wire]] = {}
        for wire in wires:
            if not wire.durable and self._has_end(wire):
                self._from.setdefault((wire.source_node, wire.source_port), []).append(wire)
                self._into.setdefault(wire.target_node, []).append(wire)
        self._back = self._back_edges()
        self._depths = self._depths_of_nodes()
        self.entrances: dict[tuple[str, str], Receive] = {}
        self._sending: dict[tuple[str, str, bool], Step] = {}
        self._deferred: list[tuple[list[Receive], Wire]] = []
        self.segments: list[Segment] = []
        self._compiling = threading.RLock()
        self.compiled = False
        for wire in wires:
            if wire.durable and wire.source_node in core.hosts:
                port = core.hosts[wire.source_node].ports[wire.source_port]
                port.durable_wires = (*port.durable_wires, name_of(wire))
                if wire.target_node in core.hosts:
                    core.hosts[wire.target_node].fed_durably = True
            self._note_what_blocks(wire)

    def _note_what_blocks(self, wire: Wire) -> None:
        """Remember who must wait for whom, where an inbox is set to `block`."""
        source = self._core.hosts.get(wire.source_node)
        target = self._core.hosts.get(wire.target_node)
        if source is None or target is None or wire.durable:
            return
        policy = target.plan.inbox.get(wire.target_port)
        if policy is not None and policy.full == "block":
            source.blocked_by = (*source.blocked_by, (target, wire.target_port))
            target.blocked_producers = (*target.blocked_producers, source)

    def compile(self) -> None:
        """Set the route of every port, and those of the flow's own ports."""
        watched_all = self._core.probe is not None
        for host in self._core.hosts.values():
            for name, port in host.ports.items():
                key = host.node_id, name
                used = watched_all or key in self._from or key in self._core.taps
                _lead(port, _AtFirst(self, port) if used else _nowhere)
        for node, name in self._core.flow_ports.routes:
            self._core.flow_ports.routes[node, name] = self._emit(node, name)
        for node in self._core.placeholders.error_routes:
            self._core.placeholders.error_routes[node] = self._emit(node, "error")
        self._fill_deferred()
        self.compiled = True

    def route_of(self, port: Port) -> Receive:
        """Compile the route of a port, and return it."""
        with self._compiling:
            route = self._emit(port.host.node_id, port.spec.name)
            self._fill_deferred()
        _lead(port, route)
        return route

    def entrance(self, node: str, port: str) -> Receive:
        """Return what takes a payload from outside into an input port.

        Raises:
            KeyError: There is no such node or port.
        """
        with self._compiling:
            receive = self._receiver(node, port)
            self._fill_deferred()
        return receive

    def _fill_deferred(self) -> None:
        while self._deferred:
            cell, wire = self._deferred.pop()
            cell.append(self._receiver(wire.target_node, wire.target_port))

    def _receiver(self, node: str, port: str) -> Receive:
        key = (node, port)
        found = self.entrances.get(key)
        if found is None:
            found = self.entrances[key] = self._make_receiver(node, port)
        return found

    def _has_end(self, wire: Wire) -> bool:
        """Return whether something takes what comes along a wire, be it a placeholder."""
        missing = wire.target_node in self._core.placeholders and wire.kind == "event"
        return missing or wire.target_node in self._core.hosts

    def _emit(self, node: str, port: str) -> Receive:
        """Return one call that delivers to every consumer of an output port, watched if it is."""
        targets = tuple(
            self._queued(wire)
            if wire in self._back or self._crosses_a_landing(wire)
            else self._receiver(wire.target_node, wire.target_port)
            for wire in self._from.get((node, port), ())
        )
        route = watched(self._core.probe, node, port, _fan_out(targets))
        ears = self._core.taps.at((node, port))
        return tapped(ears, self._core.clock, route) if ears else route

    def _queued(self, wire: Wire) -> Receive:
        """Return a receiver that lets what runs now come to its end first."""
        queue = self._core.loop.queue
        cell: list[Receive] = []
        self._deferred.append((cell, wire))

        def receive(payload: Any, envelope: Message) -> None:
            queue(cell[0], payload, envelope)

        return receive

    def _crosses_a_landing(self, wire: Wire) -> bool:
        """Return whether calls have gone so deep that the wire must be queued."""
        begin = self._depths.get(wire.source_node, 0) // MAX_DEPTH
        return begin != self._depths[wire.target_node] // MAX_DEPTH

    def _make_receiver(self, node: str, port: str) -> Receive:
        if node in self._core.placeholders:
            return self._core.placeholders.receiver(node)
        host = self._core.hosts[node]
        if port not in host.plan.spec.inputs:
            raise KeyError(port)
        if not is_plain(host):
            return partial(self._core.handling.receive, host, port)
        run: list[NodeHost] = []
        steps: list[Step] = []
        while True:
            onward = self._onward(host)
            if run and len(self._into[host.node_id]) > 1:
                onward = None  # where ways meet a run may end, but what follows is not repeated
            run.append(host)
            steps.append(self._step(host, port, onward))
            if onward is None:
                break
            host, port = self._core.hosts[onward.target_node], onward.target_port
        returns = [_simply_returns(host) and not host.plan.spec.routes for host in run]
        segment = Segment(run, steps, returns)
        self.segments.append(segment)
        return segment.receiver(self._emit(host.node_id, "out"), self._core)

    def _step(self, host: NodeHost, port: str, onward: Wire | None) -> Step:
        if _simply_returns(host) and not host.plan.spec.routes:
            return host.handler(port)
        key = (host.node_id, port, onward is None)
        if key not in self._sending:
            wired = None if onward is None else host.ports[onward.source_port]
            make = Routing if _simply_returns(host) else sending
            self._sending[key] = make(host, port, wired)
        return self._sending[key]

    def _onward(self, host: NodeHost) -> Wire | None:
        """Return the wire along which a run goes on, if it does: the only one that leaves."""
        wires = [
            wire
            for port in host.ports.values()
            if port is not host.error_port
            for wire in self._from.get((host.node_id, port.spec.name), ())
        ]
        if len(wires) != 1 or wires[0].kind == "level":
            return None
        if (wires[0].source_node, wires[0].source_port) in self._core.taps:
            return None
        if wires[0] in self._back or self._crosses_a_landing(wires[0]):
            return None
        target = self._core.hosts.get(wires[0].target_node)
        return wires[0] if target is not None and is_plain(target) else None

    def _wires_by_source(self) -> dict[str, list[Wire]]:
        wires_of: dict[str, list[Wire]] = {}
        for (node, _), wires in self._from.items():
            wires_of.setdefault(node, []).extend(wires)
        return wires_of

    def _depths_of_nodes(self) -> dict[str, int]:
        """Return the length of the longest way to each node, cycles cut open."""
        waiting = {
            node: sum(wire not in self._back for wire in wires)
            for node, wires in self._into.items()
        }
        wires_of = self._wires_by_source()
        depths = dict.fromkeys([*wires_of, *waiting], 0)
        ready = [node for node in depths if not waiting.get(node)]
        while ready:
            node = ready.pop()
            for wire in wires_of.get(node, ()):
                if wire in self._back:
                    continue
                target = wire.target_node
                depths[target] = max(depths[target], depths[node] + 1)
                waiting[target] -= 1
                if not waiting[target]:
                    ready.append(target)
        return depths

    def _back_edges(self) -> set[Wire]:
        """Return the wires that close a cycle."""
        wires_of = self._wires_by_source()
        back: set[Wire] = set()
        state: dict[str, int] = {}
        for root in wires_of:
            if root in state:
                continue
            state[root] = 1
            path = [(root, iter(wires_of[root]))]
            while path:
                node, rest = path[-1]
                wire = next(rest, None)
                if wire is None:
                    state[node] = 2
                    path.pop()
                elif state.get(wire.target_node) == 1:
                    back.add(wire)
                elif wire.target_node not in state:
                    state[wire.target_node] = 1
                    path.append((wire.target_node, iter(wires_of.get(wire.target_node, ()))))
        return back


class _AtFirst:
    """The route of a port until the first payload leaves by it: only then it is compiled.

    Within a run nothing ever does, and most nodes are within one.
    """

    __slots__ = ("_port", "_routes")

    def __init__(self, routes: Routes, port: Port) -> None:
        self._routes = routes
        self._port = port

    def __call__(self, payload: Any, envelope: Message) -> None:
        """Take a payload along the route."""
        self._routes.route_of(self._port)(payload, envelope)


def _lead(port: Port, route: Receive) -> None:
    """Have what leaves by a port go along a route."""
    if isinstance(port, LevelPort):
        port.forward = route
    else:
        port.deliver = route


def is_plain(host: NodeHost) -> bool:
    """Return whether a node needs no inbox: nothing makes a message wait in front of it."""
    plan = host.plan
    return (
        host.core.probe is None
        and host.worker is None
        and host.actuator is None
        and not plan.durable
        and not host.fed_durably
        and not host.blocked_by
        and not host.blocked_producers
        and not plan.connections
        and not plan.on_error.retry
        and plan.on_error.then not in ("dead-letter", "stop-flow")
        and plan.at_most is None
        and not host.spools
        and plan.when_busy.do == "queue"
        and not any(port.durable_wires for port in host.ports.values())
    )


def only_returns(host: NodeHost) -> bool:
    """Return whether a node sends nothing by itself: it returns what goes on, or ends the way."""
    own = [port.spec for port in host.ports.values() if port is not host.error_port]
    return is_plain(host) and (host.plan.spec.routes or all(spec.returned for spec in own))


def _simply_returns(host: NodeHost) -> bool:
    """Return whether a node can be called without looking at what it does, or if it runs."""
    cls: Any = host.plan.spec.cls
    return host.started and only_returns(host) and not sets_timers(cls)


def _nowhere(payload: Any, envelope: Message) -> None:
    """Take a payload that nobody is wired to."""


def _fan_out(targets: tuple[Receive, ...]) -> Receive:
    if not targets:
        return _nowhere
    if len(targets) == 1:
        return targets[0]

    def deliver(payload: Any, envelope: Message) -> None:
        for receive in targets:
            receive(payload, envelope)

    return deliver
