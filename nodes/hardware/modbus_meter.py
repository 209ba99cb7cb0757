"""Read a kWh meter on an RS-485 bus, by Modbus.

```yaml
meter:
  type: modbus-meter
  bus: rs485              # a connection of type serial-bus
  unit_id: 1
  model: SDM630v2
  every: 10s
```

`model` is the Eastron SDM630v2, SDM120, SDM220, SDM230 or SDM72D-M, or `generic` for a meter with
their usual registers. Any other meter takes a file: copy the profile of the one most like it to
`nodes/meters/NAME.yaml` of your site, write its own registers in, and say `model: NAME`.

The energy is the meter's import register, which cannot be reset: the one that may be billed.
`register: total` reads import plus export instead, as Oppleo did; it bills what flows back, too.
`also` adds values that the model has besides, as `also.power_factor` of the reading:

```yaml
  also: [power_factor, energy_export]
```

Serial number, energy unit and word order are asked of the meter itself, at the start and after each
outage. A reading is whole and plausible, or it is *unknown*: a meter that does not answer, or whose
answer cannot be, is a fault until it answers properly, and never a zero. The fault says what to
check.

| fault | what happened |
|---|---|
| `bus-missing` | the adapter is not there; the port is opened again when it is |
| `meter-silent` | nobody answers at this address |
| `line-noise` | nobody answers, and the line is not silent at rest: A and B exchanged, or no bias |
| `line-garbled` | answers arrive broken: noise, wrong parity, or two devices with one address |
| `line-shared` | another master asks on the bus, or a second device answers |
| `meter-refuses` | the meter will not read these registers |
| `meter-model` | it is another model |
| `meter-word-order` | it sends the words of its numbers in reverse |
| `meter-wrong` | it answers what cannot be |
| `meter-exchanged` | another meter answers than before; the next reading is the new one's |
| `meter-register-fell` | the energy is less than it was: reset, or exchanged |

A register that falls stays unknown until the flow is restarted. Give each meter on a bus a `unit_id`
of its own, in the meter's menu.
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

    def probe(self) -> str:
        """Read the meter once."""
        config = self.config
        values = Meter(self.use(config.bus), config.unit_id, meter_model(config.model)).read()
        return f"unit {config.unit_id} answers: {values.energy_import_wh / 1000:.1f} kWh"

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
