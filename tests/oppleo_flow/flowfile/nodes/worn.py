"""A connection type that has changed, for the checker's tests."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from oppleo_flow import Connection, NodeConfig
from oppleo_flow.devices.serial_bus import SerialBus


class WornConfig(NodeConfig):
    port: str = Field(description="The device; in version 1 `device`.")


class Worn(SerialBus, Connection[WornConfig]):
    type_name = "worn"
    version = 2

    @classmethod
    def migrate(cls, options: dict[str, Any], from_version: int) -> Mapping[str, Any]:
        if "device" in options:
            options["port"] = options.pop("device")
        return options
