"""A small physical world for simulated hardware: a car, a SmartEVSE, a meter, a pocket of cards."""

from oppleo_flow.devices.world import Wiring, World
from oppleo_flow.devices.world_client import WorldClient, wait_for_world
from oppleo_flow.simulator.smart_evse import EvseTimes
from oppleo_flow.simulator.world import POCKET, Card, SimulatedWorld

__all__ = [
    "POCKET",
    "Card",
    "EvseTimes",
    "SimulatedWorld",
    "Wiring",
    "World",
    "WorldClient",
    "wait_for_world",
]
