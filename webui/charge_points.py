"""The charge points of a flow: which of its nodes is what at each of them.

There is one for each `charge-session`.  What it is wired to says what is its meter, its charger and
its switch, also where other nodes stand between; what is not wired is sought beside it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final, TypeVar, get_args

from oppleo_flow.charging.session import point_of
from oppleo_flow.charging.why import Broken, Held, PastSession, Seen
from oppleo_flow.engine.snapshot import NodeSnapshot, RuntimeSnapshot
from oppleo_flow.flowfile.graph import Graph
from oppleo_flow.immutable import immutable
from oppleo_flow.payloads import (
    CardSeen,
    EvseReport,
    EvseState,
    EvseUnknown,
    MeterReading,
    MeterUnknown,
    OffPeak,
    SessionStatus,
    SwitchRequest,
    SwitchState,
)

T = TypeVar("T")
Port = tuple[str, str]
SESSION: Final = "charge-session"
GATE: Final = "offpeak-gate"
SHARE: Final = "mains-share"
_AUTHORISE: Final = "authorise"


@immutable
class ChargePoint:
    """One charge point: its name, empty where there is only one, and its nodes, None: it has none.

    `path` are the nodes that a request passes from the session to the switch, in order.
    """

    name: str
    session: NodeSnapshot
    meter: NodeSnapshot | None = None
    evse: NodeSnapshot | None = None
    switch: NodeSnapshot | None = None
    authorise: NodeSnapshot | None = None
    reader: NodeSnapshot | None = None
    path: tuple[NodeSnapshot, ...] = ()

    def on_path(self, type_name: str) -> NodeSnapshot | None:
        """Return the node of a type between session and switch."""
        return next((node for node in self.path if node.type_name == type_name), None)

    @property
    def status(self) -> SessionStatus | None:
        """Return where its session is; None: that has not been said."""
        return value_of(self.session, SessionStatus)

    @property
    def hours(self) -> OffPeak | None:
        """Return whether it is off-peak; None: nothing here goes by that."""
        gate = self.on_path(GATE)
        return None if gate is None else value_of(gate, OffPeak)

    def seen(self, last: PastSession | None = None) -> Seen:
        """Return what is seen of it; `last` is its last session."""
        requests = [value_of(node, SwitchRequest) for node in (self.session, *self.path)]
        switch = self.switch
        return Seen(
            session=self.status,
            evse=value_of(self.evse, EvseState) or value_of(self.evse, EvseUnknown),
            meter=value_of(self.meter, MeterReading) or value_of(self.meter, MeterUnknown),
            switch=value_of(switch, SwitchState),
            wanted=requests[0],
            asked=requests[-1],
            held=_held(self.path, requests),
            broken=_broken(switch),
            made_safe=None if switch is None else switch.made_safe,
            hours=self.hours,
            report=value_of(self.evse, EvseReport),
            last=last,
            has_evse=self.evse is not None,
        )


def value_of(node: NodeSnapshot | None, kind: type[T]) -> T | None:
    """Return what a node holds of a kind."""
    levels = () if node is None else node.levels.values()
    return next((level.value for level in levels if isinstance(level.value, kind)), None)


def charge_points(snapshot: RuntimeSnapshot, graph: Graph) -> list[ChargePoint]:
    """Return the charge points of a flow, in the order in which their sessions stand there."""
    sessions = [node for node in snapshot.nodes if node.type_name == SESSION and not node.disabled]
    around = _Around(snapshot, graph)
    return [around.point(one, point_of(one.id) if len(sessions) > 1 else "") for one in sessions]


def _held(path: Sequence[NodeSnapshot], requests: Sequence[SwitchRequest | None]) -> Held | None:
    """Return the node that was asked to be on and asks to be off."""
    for node, came, left in zip(path, requests, requests[1:], strict=False):
        if came is not None and came.on and left is not None and not left.on:
            return Held(node.id, node.type_name, left.reason)
    return None


def _broken(switch: NodeSnapshot | None) -> Broken | None:
    if switch is None or not switch.faults:
        return None
    fault = switch.faults[0]
    return Broken(switch.id, fault.code, fault.text, fault.since)


class _Around:
    """Finds what belongs to a session, along the wires."""

    def __init__(self, snapshot: RuntimeSnapshot, graph: Graph) -> None:
        self._graph = graph
        self._nodes: Mapping[str, NodeSnapshot] = {
            node.id: node for node in snapshot.nodes if not node.disabled
        }
        self._before: dict[str, list[Port]] = {}
        self._after: dict[Port, list[str]] = {}
        for wire in graph.wires:
            source = (wire.source_node, wire.source_port)
            self._before.setdefault(wire.target_node, []).append(source)
            self._after.setdefault(source, []).append(wire.target_node)
        self._into = {
            (wire.target_node, wire.target_port): wire.source_node for wire in graph.wires
        }

    def point(self, session: NodeSnapshot, name: str) -> ChargePoint:
        """Return the charge point of a session."""
        way = self._way_to_switch(session)
        authorise = self._before_port(session, "token", lambda one: one.type_name == _AUTHORISE)
        return ChargePoint(
            name,
            session,
            meter=self._before_port(session, "meter", self._makes(MeterReading)),
            evse=self._before_port(session, "plug", self._makes(EvseState)),
            switch=way[-1] if way else None,
            authorise=authorise,
            reader=None
            if authorise is None
            else self._before_port(authorise, "in", self._makes(CardSeen)),
            path=tuple(way[:-1]),
        )

    def _makes(self, kind: type) -> Callable[[NodeSnapshot], bool]:
        """Return whether a node has an output of a kind."""

        def does(node: NodeSnapshot) -> bool:
            known = self._graph.nodes.get(node.id)
            outputs = () if known is None else known.spec.outputs.values()
            return any(kind in (port.type, *get_args(port.type)) for port in outputs)

        return does

    def _before_port(
        self, node: NodeSnapshot, port: str, wanted: Callable[[NodeSnapshot], bool]
    ) -> NodeSnapshot | None:
        """Return the nearest wanted node before an input; else the only one beside the node."""
        first = self._into.get((node.id, port))
        if first is not None:
            return next(filter(wanted, self._backwards(first)), None)
        beside = [one for one in self._nodes.values() if point_of(one.id) == point_of(node.id)]
        found = list(filter(wanted, beside))
        return found[0] if len(found) == 1 else None

    def _backwards(self, start: str) -> Iterator[NodeSnapshot]:
        """Yield a node and all that it hears of, the nearest first."""
        yield from self._spread(start, lambda node: (who for who, _ in self._before.get(node, ())))

    def _spread(
        self, start: str, following: Callable[[str], Iterable[str]]
    ) -> Iterator[NodeSnapshot]:
        waiting, known = [start], {start}
        for node in waiting:
            if node in self._nodes:
                yield self._nodes[node]
            fresh = [one for one in following(node) if one not in known]
            known.update(fresh)
            waiting += fresh

    def _way_to_switch(self, session: NodeSnapshot) -> list[NodeSnapshot]:
        """Return the nodes from a session, which is not one of them, to its switch."""
        ways: list[list[str]] = [[node] for node in self._after.get((session.id, "request"), ())]
        is_switch, passes_on = self._makes(SwitchState), self._makes(SwitchRequest)
        known: set[str] = set()
        for way in ways:
            node = self._nodes.get(way[-1])
            if node is None or node.id in known:
                continue
            known.add(node.id)
            if is_switch(node):
                return [self._nodes[one] for one in way]
            if passes_on(node):
                ways += [[*way, after] for after in self._following(node.id)]
        return []

    def _following(self, node: str) -> Iterator[str]:
        for (source, _), targets in self._after.items():
            if source == node:
                yield from targets
