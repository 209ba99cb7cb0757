"""A charge point that its owner can reshape: a flow runner for a Raspberry Pi with a SmartEVSE.

The names below are what a node author needs.  Those that need pydantic are looked up when first
used, so that the guardian process, which has no use for it, stays small.
"""

import importlib
from typing import TYPE_CHECKING, Any

from oppleo_flow.clock import Clock, Instant, SystemClock, VirtualClock
from oppleo_flow.errors import (
    DeviceError,
    DeviceMissing,
    DeviceTimeout,
    OppleoError,
    PayloadError,
    Refused,
    ServiceError,
    ServiceRefused,
    ServiceTimeout,
)
from oppleo_flow.message import Message
from oppleo_flow.node import (
    Actuator,
    Claim,
    Connection,
    Example,
    Level,
    Node,
    Out,
    Ref,
    Router,
    SafePin,
)
from oppleo_flow.node_context import Timer
from oppleo_flow.node_function import node

if TYPE_CHECKING:
    from oppleo_flow.options import NodeConfig, Seconds, Share, TimeOfDay, TimeZone
    from oppleo_flow.payloads import Payload
    from oppleo_flow.record import Record

__version__ = "0.1.0"

_LATER = {
    "NodeConfig": "options",
    "Payload": "payloads",
    "Record": "record",
    "Seconds": "options",
    "Share": "options",
    "TimeOfDay": "options",
    "TimeZone": "options",
}

__all__ = [
    "Actuator",
    "Claim",
    "Clock",
    "Connection",
    "DeviceError",
    "DeviceMissing",
    "DeviceTimeout",
    "Example",
    "Instant",
    "Level",
    "Message",
    "Node",
    "NodeConfig",
    "OppleoError",
    "Out",
    "Payload",
    "PayloadError",
    "Record",
    "Ref",
    "Refused",
    "Router",
    "SafePin",
    "Seconds",
    "ServiceError",
    "ServiceRefused",
    "ServiceTimeout",
    "Share",
    "SystemClock",
    "TimeOfDay",
    "TimeZone",
    "Timer",
    "VirtualClock",
    "node",
]


def __getattr__(name: str) -> Any:
    """Return a public name that needs pydantic, importing its module now."""
    if name not in _LATER:
        raise AttributeError(f"module 'oppleo_flow' has no attribute {name!r}")
    return getattr(importlib.import_module(f"oppleo_flow.{_LATER[name]}"), name)
