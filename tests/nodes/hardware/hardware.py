"""A bench for hardware nodes: the node on the real engine, its hardware on a simulated world."""

from collections.abc import Mapping
from typing import Any

from nodes.hardware.card_keyboard import CardKeyboardConnection
from nodes.hardware.gpio import GpioConnection
from nodes.hardware.serial_bus import SerialBusConnection
from nodes.hardware.spi_bus import SpiBusConnection
from nodes.network.http_client import HttpClientConnection
from nodes.network.mqtt_broker import MqttBrokerConnection
from oppleo_flow.clock import VirtualClock
from oppleo_flow.devices.evse_waveform import SMART_EVSE_2, LedHardware
from oppleo_flow.devices.world import Wiring, World
from oppleo_flow.node import Node
from oppleo_flow.simulator.world import SimulatedWorld
from oppleo_flow.testing import Bench, BenchSite
from oppleo_flow.testing.bench import NOON

CONNECTIONS = {
    "pins": GpioConnection,
    "spi": SpiBusConnection,
    "rs485": (SerialBusConnection, {"port": "/dev/ttyUSB0"}),
    "keys": (CardKeyboardConnection, {"path": "/dev/input/by-id/usb-reader-event-kbd"}),
    "web": HttpClientConnection,
    "broker": (MqttBrokerConnection, {"host": "localhost"}),
}
ON_NETWORK = Wiring(network=("evse", "SmartEVSE-1234"))


class HardwareBench(Bench):
    """A `Bench` with a world; time moves from event to event of both."""

    def __init__(
        self,
        node: type[Node[Any]],
        config: Mapping[str, Any],
        *,
        wiring: Wiring | None = None,
        hardware: LedHardware = SMART_EVSE_2,
        connections: Mapping[str, Any] | None = None,
        **bench: Any,
    ) -> None:
        clock = VirtualClock(NOON)
        self.world = SimulatedWorld(clock, wiring=wiring or ON_NETWORK, hardware=hardware)
        super().__init__(
            node,
            config,
            clock=clock,
            site=BenchSite(services={World: self.world}),
            externals=[self.world],
            connections={**CONNECTIONS, **(connections or {})},
            **bench,
        )
