"""A small physical world for simulated hardware: a car, a SmartEVSE, a meter, a pocket of cards."""

from oppleo_flow.simulator.smart_evse import EvseTimes
from oppleo_flow.simulator.world import POCKET, Card, SimulatedWorld

__all__ = [
    "POCKET",
    "Card",
    "EvseTimes",
    "SimulatedWorld",
]
