"""What the guardian must do to the pins when the runtime dies."""

from collections.abc import Sequence
from typing import Any

from oppleo_flow.cli.simulation import SOCKET
from oppleo_flow.flowfile.graph import Graph
from oppleo_flow.node import SafePin


def safe_order(graph: Graph, pins: Sequence[SafePin]) -> dict[str, Any] | None:
    """Return the order for `devices.safe_pins`; None when there are no pins to drive.

    Where some connections are real and some are simulated, the real pins are what matters.
    """
    real = [pin for pin in pins if not graph.connections[pin.within].simulate]
    driver = {"driver": "rpi-gpio"} if real else {"driver": "world", "socket": str(SOCKET)}
    chosen = real or pins
    if not chosen:
        return None
    return {**driver, "pins": [{"pin": pin.pin, "high": pin.high} for pin in chosen]}
