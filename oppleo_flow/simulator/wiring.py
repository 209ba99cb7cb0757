"""Which wires a flow expects, so that the simulated world can have them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from oppleo_flow.devices.world import Wiring
from oppleo_flow.flowfile.graph import Graph

_WIRES: Mapping[str, Mapping[str, str]] = {
    "evse-switch": {"evse_switch": "pin", "evse_switch_active_low": "active_low"},
    "evse-state": {"evse_led": "pin", "evse_led_active_low": "active_low"},
    "rgb-led": {"red": "red", "green": "green", "blue": "blue", "lamp_active_low": "active_low"},
    "buzzer": {"buzzer": "pin", "buzzer_active_low": "active_low"},
}
"""Node type → wire → the option that says where it leads."""


def wiring_of(graph: Graph) -> Wiring:
    """Return the wiring that a flow's hardware nodes expect; what it leaves out is as Oppleo's."""
    wiring = Wiring()
    meters: dict[int, str] = {}
    for node in graph.nodes.values():
        config: Any = node.config
        wires = _WIRES.get(node.spec.type_name, {})
        found = {wire: getattr(config, option) for wire, option in wires.items()}
        wiring = replace(wiring, **found)
        if node.spec.type_name == "modbus-meter":
            meters[config.unit_id] = config.model
    return replace(wiring, meters=meters) if meters else wiring
