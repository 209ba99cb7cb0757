"""Pins for the checker's tests."""

from oppleo_flow import Connection, NodeConfig
from oppleo_flow.devices.gpio import GpioChip


class Chip(GpioChip, Connection[NodeConfig]):
    type_name = "chip"
