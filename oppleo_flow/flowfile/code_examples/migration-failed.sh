mkdir nodes
cat > nodes/alarm.py <<'END'
from collections.abc import Mapping
from typing import Any

from oppleo_flow import Node, NodeConfig
from oppleo_flow.payloads import MeterReading, MeterUnknown


class AlarmConfig(NodeConfig):
    """Settings of an `alarm` node."""

    limit_w: float = 17_000


class Alarm(Node[AlarmConfig]):
    """Version 1 had its limit in kW."""

    type_name = "alarm"
    version = 2

    @classmethod
    def migrate(cls, options: dict[str, Any], from_version: int) -> Mapping[str, Any]:
        """Return the limit in W."""
        return {"limit_w": 1000 * float(options["limit_kw"])}

    def on_message(self, reading: MeterReading | MeterUnknown) -> None:
        """Watch it."""
END
cat > flow.yaml <<'END'
flow: example
format: 1
connections:
  rs485: {type: serial-bus, port: /dev/ttyUSB0}
nodes:
  meter: {type: modbus-meter, bus: rs485}
  alarm: {type: alarm, from: meter, limit_kw: seventeen}
END
oppleo-flow check flow.yaml
