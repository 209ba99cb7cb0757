"""Read a kWh meter: Eastron SDM630 or SDM120, by Modbus.

```yaml
meter:
  type: modbus-meter
  bus: rs485              # a connection of type serial-bus
  unit_id: 1
  model: SDM630v2
  every: 10s
```

The energy is the meter's import register, which cannot be reset: the one that may be billed. A
reading is whole and plausible, or it is *unknown*: a meter that does not answer, or whose answer
cannot be, is a fault until it answers properly, and never a zero. A register that falls means
that the meter was reset or exchanged; restart the flow when that is as it should be.

Give each meter on a bus a `unit_id` of its own, in the meter's menu.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from pydantic import Field

from oppleo_flow import (
    Claim,
    DeviceError,
    DeviceMissing,
    DeviceTimeout,
    Example,
    Level,
    Node,
    NodeConfig,
    Ref,
    Seconds,
)
from oppleo_flow.devices.meters import Meter, MeterValues, meter_model
from oppleo_flow.devices.serial_bus import SerialBus
from oppleo_flow.payloads import MeterReading, MeterUnknown

_SILENT, _WRONG = "meter-silent", "meter-wrong"


class ModbusMeterConfig(NodeConfig):
    """Settings of a `modbus-meter` node."""

    bus: Ref[SerialBus] = Field(description="Bus that the meter is on.")
    unit_id: int = Field(1, ge=1, le=247, description="Modbus address that the meter is set to.")
    model: Literal["SDM630v2", "SDM120"] = Field("SDM630v2", description="What meter it is.")
    every: Seconds = Field(
        "10s", validate_default=True, ge=1, le=3600, description="How often to read it."
    )


class ModbusMeter(Node[ModbusMeterConfig]):
    """Read a kWh meter.

    Input:
        None.

    Output:
        `reading`: a `MeterReading`, W import positive, energy in Wh, the serial number where the
        model has one; or a `MeterUnknown` since when and why.

    Raises:
        Nothing.  A meter that does not answer is the fault `meter-silent`, one that answers what
        cannot be `meter-wrong`, each until a good reading.

    Source:
        Eastron, Modbus protocol documents of the SDM630-Modbus V2 and the SDM120-Modbus.
    """

    type_name = "modbus-meter"
    icon = "gauge"
    blocking = True
    reading: Level[MeterReading | MeterUnknown]
    examples = [
        Example(
            config={"bus": "rs485", "every": "10s"},
            expect={
                "reading": MeterReading.sample(
                    meter="node",
                    power_w=0.0,
                    power_phases_w=(0.0, 0.0, 0.0),
                    current_phases_a=(0.0, 0.0, 0.0),
                )
            },
            doc="The first reading, of a charge point without a car.",
        )
    ]

    def start(self) -> None:
        """Begin to read."""
        model = meter_model(self.config.model)
        self._meter = Meter(self.use(self.config.bus), self.config.unit_id, model)
        self._serial: str | None = None
        self._identified = False
        self._highest_wh = 0
        self._unknown_since: datetime | None = None
        self._fault: str | None = None
        self.after(0, self._poll)
        self.every(self.config.every, self._poll)

    @classmethod
    def claims(cls, config: ModbusMeterConfig) -> Iterable[Claim]:
        """Return the address on the bus."""
        return [Claim(f"unit {config.unit_id}", within=config.bus)]

    def _poll(self) -> None:
        try:
            self._identify()
            values = self._meter.read()
            self._check_register(values.energy_import_wh)
        except (DeviceTimeout, DeviceMissing) as error:
            self._tell_unknown(_SILENT, str(error))
        except DeviceError as error:
            self._tell_unknown(_WRONG, str(error))
        else:
            self._tell(values)

    def _identify(self) -> None:
        """Read the serial number, at the start and after each outage: it may be another meter."""
        if self._identified:
            return
        serial = self._meter.read_serial()
        if serial != self._serial:
            if self._serial is not None:
                self.log.warning("the meter %s was exchanged for %s", self._serial, serial)
            self._serial, self._highest_wh = serial, 0
        self._identified = True

    def _check_register(self, energy_wh: int) -> None:
        if energy_wh < self._highest_wh:
            raise DeviceError(
                f"unit {self.config.unit_id}: the energy fell from {self._highest_wh} to "
                f"{energy_wh} Wh; if the meter was reset or exchanged, restart the flow"
            )
        self._highest_wh = energy_wh

    def _tell(self, values: MeterValues) -> None:
        reading = MeterReading(
            meter=self.id,
            time=self.clock.now(),
            energy_import_wh=values.energy_import_wh,
            power_w=round(sum(values.power_phases_w), 1),
            power_phases_w=values.power_phases_w,
            voltage_phases_v=values.voltage_phases_v,
            current_phases_a=values.current_phases_a,
            frequency_hz=values.frequency_hz,
            serial=self._serial,
        )
        self._end_fault()
        self._unknown_since = None
        self.reading.set(reading)
        self.status("ok", f"{reading.power_w:.0f} W, {reading.energy_import_wh / 1000:.1f} kWh")

    def _tell_unknown(self, fault: str, reason: str) -> None:
        """Say that the meter is unknown; that it still is need not be said again."""
        self._identified = False
        if self._fault == fault:
            return
        self._unknown_since = self._unknown_since or self.clock.now()
        self.reading.set(MeterUnknown(self.id, self._unknown_since, reason))
        self.status("warn", f"unknown: {reason}")
        self._end_fault()
        self._fault = fault
        self.fault(fault, reason)

    def _end_fault(self) -> None:
        if self._fault is not None:
            self.clear(self._fault)
            self._fault = None
