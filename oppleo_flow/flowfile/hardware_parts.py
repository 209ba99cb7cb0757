"""The hardware that a flow expects: what each part is, and the wires that lead to it."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from oppleo_flow.flowfile.graph import Graph, GraphConnection, GraphNode
from oppleo_flow.immutable import immutable
from oppleo_flow.node import Claim


@immutable
class Part:
    """One device, or one bus: what a node or a connection claims for itself.

    `through` is the connection by which a node reaches its device; empty for a connection.
    """

    name: str
    type: str
    through: str
    simulated: bool
    claims: tuple[Claim, ...]

    @property
    def wires(self) -> Sequence[Claim]:
        """Return what is wired to a pin."""
        return [claim for claim in self.claims if claim.pin is not None]

    @property
    def place(self) -> str:
        """Return where it is, as `GPIO 13 (red), GPIO 12 (green)` or `unit 1`."""
        return ", ".join(
            f"{claim.resource} ({claim.wire})" if claim.wire else claim.resource
            for claim in self.claims
        )


def parts_of(graph: Graph) -> list[Part]:
    """Return the hardware of a flow: its buses first, then what is on them or at pins."""
    return [*_buses(graph), *_devices(graph)]


def connected_parts_of(graph: Graph) -> list[Part]:
    """Return the hardware of a flow, also what claims nothing for itself, as on a network."""
    devices = list(_devices(graph, claiming=False))
    return [*_buses(graph, {part.through for part in devices}), *devices]


def _buses(graph: Graph, used: Collection[str] = ()) -> Iterator[Part]:
    for plan in graph.connections.values():
        claims = _claims(plan)
        if claims or plan.name in used:
            yield Part(plan.name, plan.spec.type_name, "", plan.simulate, claims)


def _devices(graph: Graph, *, claiming: bool = True) -> Iterator[Part]:
    for plan in graph.nodes.values():
        claims = _claims(plan)
        is_one = bool(claims) or (not claiming and plan.spec.category == "hardware")
        if is_one and not plan.disabled:
            through = plan.connections[0] if plan.connections else ""
            simulated = bool(through) and graph.connections[through].simulate
            yield Part(plan.id, plan.spec.type_name, through, simulated, claims)


def _claims(plan: GraphNode | GraphConnection) -> tuple[Claim, ...]:
    cls: Any = plan.spec.cls
    return tuple(cls.claims(plan.config))
