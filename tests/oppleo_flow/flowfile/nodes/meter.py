"""A meter on a bus, for the checker's tests."""

from collections.abc import Iterable

from pydantic import Field

from oppleo_flow import Claim, Level, Node, NodeConfig, Ref, Seconds
from oppleo_flow.devices.serial_bus import SerialBus
from oppleo_flow.payloads import MeterReading, MeterUnknown


class MeterConfig(NodeConfig):
    bus: Ref[SerialBus] = Field(description="The bus it is on.")
    unit: int = Field(1, ge=1, le=247, description="Its Modbus address.")
    every: Seconds = Field("10s", validate_default=True, description="How often it is read.")


class Meter(Node[MeterConfig]):
    type_name = "meter"
    blocking = True
    reading: Level[MeterReading | MeterUnknown]

    @classmethod
    def claims(cls, config: MeterConfig) -> Iterable[Claim]:
        return [Claim(f"unit {config.unit}", config.bus)]
