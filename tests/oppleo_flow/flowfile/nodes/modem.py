"""What could do several things at once, over what cannot, for the checker's tests."""

from pydantic import Field

from oppleo_flow import Node, NodeConfig, Ref
from oppleo_flow.devices.serial_bus import SerialBus
from oppleo_flow.payloads import Rejected


class ModemConfig(NodeConfig):
    bus: Ref[SerialBus] = Field(Ref("rs485"), description="What it is on.")


class Modem(Node[ModemConfig]):
    type_name = "modem"
    blocking = True
    parallel = True

    def on_message(self, letter: Rejected) -> None: ...
