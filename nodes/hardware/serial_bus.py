"""A serial bus with Modbus RTU devices, such as kWh meters on a USB-RS485 stick.

```yaml
connections:
  rs485: {type: serial-bus, port: /dev/serial/by-id/usb-1a86_USB_Serial-if00-port0, baud: 9600}
```

Prefer a name under `/dev/serial/by-id/`: `/dev/ttyUSB0` may be another stick after a restart, or
after it was pulled out. A port that is lost is opened again as soon as it is there, and one on
which nobody answers for a while is closed and opened anew. Several meters take turns; one that does
not answer has a tenth of the time at most.

Speed, parity and stop bits are set in the meter's own menu; Eastron meters come with 9600, none,
1. Only one program can use the port. Simulated, the meters of the simulated world answer on it.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from oppleo_flow import Claim, Connection, DeviceMissing, NodeConfig, Seconds, VirtualClock
from oppleo_flow.devices.frames import frames_of
from oppleo_flow.devices.meter_line import MeterLine
from oppleo_flow.devices.meter_twin import WorldSerialBus
from oppleo_flow.devices.modbus_blocks import Block, LineTiming
from oppleo_flow.devices.modbus_rtu import ModbusRtuBus
from oppleo_flow.devices.serial_bus import Parity, SerialBus, Table, Tally
from oppleo_flow.devices.world import world_of


class SerialBusConfig(NodeConfig):
    """Settings of a `serial-bus` connection."""

    port: str = Field(min_length=1, description="Serial port of the adapter.")
    baud: Literal[2400, 4800, 9600, 19200, 38400] = Field(
        9600, description="Speed that the devices are set to."
    )
    parity: Parity = Field("none", description="Parity that the devices are set to.")
    stop_bits: Literal[1, 2] = Field(1, description="Stop bits that the devices are set to.")
    timeout: Seconds = Field(
        "250ms",
        validate_default=True,
        ge=0.02,
        le=5,
        description="How long a device may think before it answers.",
    )
    echo: bool = Field(
        False,
        description="Whether the adapter repeats what is sent, as some cheap ones do; off: that is "
        "found out at the first answer.",
    )


class SerialBusConnection(Connection[SerialBusConfig], SerialBus):
    """A serial bus that several meters share."""

    type_name = "serial-bus"
    version = 2
    icon = "plug"
    _bus: SerialBus | None = None
    _line: MeterLine | None = None

    def open(self) -> None:
        """Open the port."""
        if not self.simulated:
            bus = self._driver(self.config.port, self.config.parity, echo=self.config.echo)
        elif isinstance(self.clock, VirtualClock):
            self._bus = WorldSerialBus(world_of(self.site), self._own_nodes)
            return
        else:
            self._line = MeterLine(world_of(self.site), own=self._own_nodes)
            # A pseudo terminal knows neither parity nor echoes.
            bus = self._driver(self._line.path, "none", echo=False)
        self._bus = bus
        bus.open()

    def close(self) -> None:
        """Close the port."""
        if self._bus is not None:
            self._bus.close()
        if self._line is not None:
            self._line.close()
            self._line = None

    @property
    def timing(self) -> LineTiming:
        """Return how long things take on this line."""
        return self._opened.timing

    def read_registers(self, unit_id: int, table: Table, block: Block) -> tuple[int, ...]:
        """Return 16-bit registers of one device."""
        return self._opened.read_registers(unit_id, table, block)

    def tally(self, unit_id: int) -> Tally:
        """Return how a device answered so far."""
        return self._opened.tally(unit_id)

    @property
    def _opened(self) -> SerialBus:
        if self._bus is None:
            raise DeviceMissing(f"connection {self.name!r}: is not open")
        return self._bus

    @property
    def _own_nodes(self) -> Path:
        return self.site.folder / "nodes"

    def _driver(self, port: str, parity: Parity, *, echo: bool) -> ModbusRtuBus:
        config = self.config
        return ModbusRtuBus(
            port,
            baud=config.baud,
            parity=parity,
            stop_bits=config.stop_bits,
            answer_within_s=config.timeout,
            echo=echo,
            frames=frames_of(self.site),
        )

    @classmethod
    def migrate(cls, options: dict[str, Any], from_version: int) -> Mapping[str, Any]:
        """Return the options with `answer_within` of version 1 as `timeout`."""
        if "answer_within" in options:
            options.setdefault("timeout", options.pop("answer_within"))
        return options

    @classmethod
    def claims(cls, config: SerialBusConfig) -> Iterable[Claim]:
        """Return the port."""
        return [Claim(f"serial port {config.port}")]
