"""A bus for the checker's tests."""

from collections.abc import Iterable

from pydantic import Field

from oppleo_flow import Claim, Connection, NodeConfig
from oppleo_flow.devices.serial_bus import SerialBus


class BusConfig(NodeConfig):
    port: str = Field(description="The device.")
    baud: int = Field(9600, description="Bits in a second.")


class Bus(SerialBus, Connection[BusConfig]):
    type_name = "bus"

    @classmethod
    def claims(cls, config: BusConfig) -> Iterable[Claim]:
        return [Claim(f"port {config.port}")]
