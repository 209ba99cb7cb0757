"""What to check when a part of the hardware is bad: its device file, its wires, its settings."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from oppleo_flow.cli import machine_health
from oppleo_flow.cli.diagnosis import Diagnosis
from oppleo_flow.cli.wiring_diagram import BOARD_PIN_OF
from oppleo_flow.devices.meter_faults import MeterWrong, named_fault
from oppleo_flow.devices.profile_files import meter_profile
from oppleo_flow.devices.serial_bus import LineGarbled, LineNoise, LineShared, RegisterRefused
from oppleo_flow.errors import DeviceMissing, DeviceTimeout
from oppleo_flow.flowfile.graph import Graph, GraphConnection, GraphNode
from oppleo_flow.flowfile.hardware_parts import Part

_METER = "modbus-meter"
_NAMED = (
    DeviceMissing,
    DeviceTimeout,
    LineGarbled,
    LineNoise,
    LineShared,
    RegisterRefused,
    MeterWrong,
)


def missing_of(plan: GraphConnection) -> Diagnosis | None:
    """Return what a real connection needs of this machine and does not find, with the remedy."""
    if plan.simulate:
        return None
    return next((one for one in machine_health.devices([plan]) if one.level == "bad"), None)


def advice(
    part: Part, parts: Mapping[str, Part], graph: Graph, site: Path, error: Exception | None
) -> str:
    """Return what to check of a part that is bad; empty where the error says all."""
    plan = graph.nodes.get(part.name)
    if plan is not None and plan.spec.type_name == _METER and isinstance(error, _NAMED):
        return _of_meter(plan, site, error)
    wires = _wires(part) or (_wires(parts[part.through]) if part.through in parts else "")
    return f"its wires: {wires}" if wires else ""


def _of_meter(plan: GraphNode, site: Path, error: Any) -> str:
    config: Any = plan.config
    profile = meter_profile(config.model, site / "nodes")
    return named_fault(error).text(error, profile).removeprefix(f"{error}").removeprefix("; ")


def _wires(part: Part) -> str:
    """Return `SW to GPIO 5 (pin 29)`, for each wire of a part."""
    return ", ".join(
        f"{claim.wire} to {claim.resource} (pin {BOARD_PIN_OF[claim.pin]})"
        for claim in part.wires
        if claim.pin is not None
    )
