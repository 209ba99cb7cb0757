"""What `oppleo-flow hardware test` can try, and which nodes of a flow are that."""

from collections.abc import Mapping, Sequence
from typing import Final

from oppleo_flow.cli.command import PROGRAM
from oppleo_flow.errors import ConfigError
from oppleo_flow.flowfile.graph import Graph, GraphNode
from oppleo_flow.immutable import immutable

TYPES_OF: Final[Mapping[str, Sequence[str]]] = {
    "led": ("rgb-led",),
    "buzzer": ("buzzer",),
    "rfid": ("rfid-reader", "usb-card-reader"),
    "meter": ("modbus-meter",),
    "evse-switch": ("evse-switch",),
    "evse-state": ("evse-state",),
}
"""What a part is called on the command line → the types of its nodes."""
KIND_OF: Final = {name: kind for kind, names in TYPES_OF.items() for name in names}
DEFAULT_S: Final = {
    "led": 2.0,
    "buzzer": 1.0,
    "rfid": 30.0,
    "meter": 10.0,
    "evse-switch": 5.0,
    "evse-state": 30.0,
}
"""How long each is tried if nothing else is said: of LED and buzzer, each thing that they do."""


@immutable
class Subject:
    """What is tried: a node, and the one that sees what it does, where there is one."""

    kind: str
    node: GraphNode
    witness: GraphNode | None = None

    @property
    def nodes(self) -> list[str]:
        """Return the ids of the nodes that the trial needs."""
        return [self.node.id, *([self.witness.id] if self.witness else [])]


def subject_of(graph: Graph, kind: str, wanted: str | None) -> Subject:
    """Return the node of a flow that is to be tried.

    Raises:
        ConfigError: There is none, there are several, or the one that is wanted is no such node.
    """
    types = TYPES_OF[kind]
    type_name = " or ".join(types)
    found = {n.id: n for n in graph.nodes.values() if n.spec.type_name in types}
    running = {name: node for name, node in found.items() if not node.disabled}
    if wanted is not None and wanted not in running:
        raise ConfigError(_not_that_one(graph, kind, wanted, list(running)))
    if not running:
        asleep = f"; {next(iter(found))!r} is disabled in it" if found else ""
        raise ConfigError(
            f"{graph.file}: has no node of type {type_name} to test{asleep}; "
            f"`{PROGRAM} nodes {types[0]}` tells how one is written"
        )
    if wanted is None and len(running) > 1:
        raise ConfigError(
            f"{graph.file}: has {len(running)} nodes of type {type_name}; "
            f"say which with --node: {', '.join(running)}"
        )
    node = running[wanted or next(iter(running))]
    return Subject(kind, node, _witness(graph, node) if kind == "evse-switch" else None)


def _not_that_one(graph: Graph, kind: str, wanted: str, known: list[str]) -> str:
    plan = graph.nodes.get(wanted)
    if plan is None:
        what = "there is no such node"
    elif plan.spec.type_name not in TYPES_OF[kind]:
        what = f"it is of type {plan.spec.type_name}, not {' or '.join(TYPES_OF[kind])}"
    else:
        what = "it is disabled in the flow"
    other = f"; of this type there are: {', '.join(known)}" if known else ""
    return f"{graph.file}: node {wanted!r}: {what}{other}"


def _witness(graph: Graph, switch: GraphNode) -> GraphNode | None:
    """Return the node that reads the LED of the SmartEVSE that a switch is wired to.

    It stands beside the switch: in the same subflow, or else in the same flow.
    """
    here = _scope(switch.id)
    found = [
        node
        for node in graph.nodes.values()
        if node.spec.type_name in TYPES_OF["evse-state"]
        and _scope(node.id) == here
        and not node.disabled
    ]
    return found[0] if len(found) == 1 else None


def _scope(node: str) -> str:
    """Return the flow and the instance of a subflow that a node is in: `garage/left.`."""
    return node[: max(node.rfind("/"), node.rfind(".")) + 1]
