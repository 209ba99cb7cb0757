"""Which wires a flow expects, so that the simulated world can have them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from oppleo_flow.devices.world import SiteWiring, Wiring
from oppleo_flow.flowfile.graph import Graph, GraphNode

_SWITCH = "evse-switch"
_SESSION = "charge-session"
_METER = "modbus-meter"
_READER = "rfid-reader"
_KEYBOARD = "usb-card-reader"
_NETWORK = ("smart-evse", "smart-evse-access")
_WIRES: Mapping[str, Mapping[str, str]] = {
    "evse-switch": {"evse_switch": "pin", "evse_switch_active_low": "active_low"},
    "evse-state": {"evse_led": "pin", "evse_led_active_low": "active_low"},
    "rgb-led": {"red": "red", "green": "green", "blue": "blue", "lamp_active_low": "active_low"},
    "buzzer": {"buzzer": "pin", "buzzer_active_low": "active_low"},
}
"""Node type → wire → the option that says where it leads."""


def wiring_of(graph: Graph) -> SiteWiring:
    """Return the wiring that a flow's hardware nodes expect.

    Each `evse-switch` makes a charge point, named as the instance of the subflow that it is in, or
    as the node itself.  What the first one leaves out is as Oppleo's.
    """
    plan = _Plan(graph)
    switches = [node.id for node in graph.nodes.values() if node.spec.type_name == _SWITCH]
    if not switches:
        return SiteWiring.of(_wired(graph, Wiring(), graph.nodes.values()))
    members: dict[str, list[GraphNode]] = {switch: [graph.nodes[switch]] for switch in switches}
    for node in graph.nodes.values():
        known = (*_WIRES, *_NETWORK, _METER, _READER, _KEYBOARD)
        if node.spec.type_name in known and node.id not in members:
            for switch in plan.switches_of(node.id, switches):
                members[switch].append(node)
    return SiteWiring(
        {
            _name(switch, switches): _wired(graph, Wiring.bare() if number else Wiring(), nodes)
            for number, (switch, nodes) in enumerate(members.items())
        }
    )


def _wired(graph: Graph, wiring: Wiring, nodes: Iterable[GraphNode]) -> Wiring:
    """Return `wiring` as the options of these nodes have it."""
    meters: dict[int, str] = {}
    kinds: set[str] = set()
    network: dict[str, None] = {}
    for node in nodes:
        config: Any = node.config
        wires = _WIRES.get(node.spec.type_name, {})
        found = {wire: getattr(config, option) for wire, option in wires.items()}
        if node.spec.type_name == _READER and config.spi in graph.connections:
            spi: Any = graph.connections[config.spi].config
            found["reader"] = f"{spi.bus}.{spi.device}"
        if node.spec.type_name == _KEYBOARD and config.keyboard in graph.connections:
            keyboard: Any = graph.connections[config.keyboard].config
            found["keyboard"] = keyboard.path
        if node.spec.type_name == _METER:
            meters[config.unit_id] = config.model
        if node.spec.type_name in _NETWORK:
            network[config.name_on_network] = None
        kinds.add(node.spec.type_name)
        wiring = replace(wiring, **found)
    if _KEYBOARD in kinds and _READER not in kinds:
        wiring = replace(wiring, reader=None)
    if "smart-evse-access" in kinds and _SWITCH not in kinds:
        wiring = replace(wiring, evse_switch=None)
    wiring = replace(wiring, network=tuple(network))
    return replace(wiring, meters=meters) if meters else wiring


def _scope(node: str) -> str:
    """Return the flow and the subflow instance that a node is in: `garage/left.`; empty: none."""
    return node[: max(node.rfind("/"), node.rfind(".")) + 1]


def _name(switch: str, switches: list[str]) -> str:
    scope = _scope(switch)
    alone = sum(_scope(other) == scope for other in switches) == 1
    return scope[:-1] if alone and scope.endswith(".") else switch


@dataclass
class _Plan:
    """Which charge points a device belongs to, by the wires of a flow."""

    graph: Graph
    _downstream: dict[str, list[str]] = field(default_factory=dict)
    _upstream: dict[str, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for wire in self.graph.wires:
            self._downstream.setdefault(wire.source_node, []).append(wire.target_node)
            self._upstream.setdefault(wire.target_node, []).append(wire.source_node)

    def switches_of(self, device: str, switches: list[str]) -> list[str]:
        """Return the switches of a device's charge points; the first, where nothing tells.

        Its sessions tell, or where it stands: in the same subflow or flow, or around it.
        """
        sessions = self._sessions(device)
        found = [switch for switch in switches if sessions & self._sessions(switch)]
        if not found:
            here = _scope(device)
            found = [
                s for s in switches if _scope(s).startswith(here) or here.startswith(_scope(s))
            ]
        return found or switches[:1]

    def _sessions(self, node: str) -> set[str]:
        """Return the sessions that a node tells something, or is told something by."""
        near = _reach(node, self._downstream) | _reach(node, self._upstream)
        nodes = self.graph.nodes
        return {n for n in near if n in nodes and nodes[n].spec.type_name == _SESSION}


def _reach(start: str, steps: Mapping[str, list[str]]) -> set[str]:
    """Return what can be reached from a node, itself included."""
    seen = {start}
    waiting = [start]
    while waiting:
        for found in steps.get(waiting.pop(), ()):
            if found not in seen:
                seen.add(found)
                waiting.append(found)
    return seen
