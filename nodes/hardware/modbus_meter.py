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
`nodes/meters/NAME.yaml` of your site, write its own registers in, and say `model: NAME`. It is
checked with the flow; `oppleo-flow schema` writes `meter.schema.json`, by which an editor knows it.

The energy is the meter's import register, which cannot be reset: the one that may be billed.
`energy: total` reads import plus export instead, as Oppleo did; it bills what flows back, too.
Where the meter counts each phase apart, as the SDM630 does, those registers come along.
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
| `meter-silent` | nobody answers at this address; or, after weeks, plug the adapter in anew |
| `line-noise` | nobody answers, and the line is not silent at rest: A and B exchanged, or no bias |
| `line-garbled` | answers arrive broken: noise, wrong parity, or two devices with one address |
| `line-shared` | another master asks on the bus, or a second device answers |
| `meter-refuses` | the meter will not read these registers |
| `meter-model` | it is another model |
| `meter-word-order` | it sends the words of its numbers in reverse |
| `meter-wrong` | it answers what cannot be |
| `meter-exchanged` | another meter answers than before; the next reading is the new one's |
| `meter-register-fell` | the energy is less than it was: reset, or exchanged |

A register that falls stays unknown until the flow is restarted. Give each meter on a bus a
`unit_id` of its own, in the meter's menu.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated, Self

from pydantic import AfterValidator, Field, PrivateAttr, ValidationInfo, model_validator

from oppleo_flow import (
    Claim,
    DeviceError,
    Example,
    Level,
    Node,
    NodeConfig,
    Record,
    Ref,
    Seconds,
)
from oppleo_flow.devices.meter_faults import named_fault
from oppleo_flow.devices.meter_profile import BilledRegister, MeterProfile, Selection
from oppleo_flow.devices.meters import Meter, MeterValues
from oppleo_flow.devices.profile_files import profile_among
from oppleo_flow.devices.register_watch import RegisterWatch
from oppleo_flow.devices.serial_bus import SerialBus
from oppleo_flow.errors import ConfigError
from oppleo_flow.node_context import StatusLevel
from oppleo_flow.options import SITE_NAMES
from oppleo_flow.payloads import MeterReading, MeterUnknown

_MANY_LOST = 0.05
_ENOUGH_ASKED = 100


def _own_profiles(info: ValidationInfo) -> Mapping[str, MeterProfile | ConfigError]:
    """Return the models that the site has profiles of, as far as a check knows the site."""
    ask = (info.context or {}).get(SITE_NAMES)
    return (ask("meters") if ask is not None else None) or {}


def _known_model(name: str, info: ValidationInfo) -> str:
    profile_among(name, _own_profiles(info))
    return name


class ModbusMeterConfig(NodeConfig):
    """Settings of a `modbus-meter` node."""

    bus: Ref[SerialBus] = Field(description="Bus that the meter is on.")
    unit_id: int = Field(1, ge=1, le=247, description="Modbus address that the meter is set to.")
    model: Annotated[str, AfterValidator(_known_model)] = Field(
        "SDM630v2",
        description="What meter it is: SDM630v2, SDM120, SDM220, SDM230, SDM72D-M, generic, or "
        "a profile of the site.",
    )
    energy: BilledRegister = Field(
        "import", description="Running total to read: import, or total, which adds the export."
    )
    also: tuple[str, ...] = Field(
        (), max_length=20, description="Values to read besides, such as power_factor."
    )
    every: Seconds = Field(
        "10s", validate_default=True, ge=1, le=3600, description="How often to read it."
    )

    _profile: MeterProfile = PrivateAttr()
    """Of the model, as it was when the flow was checked."""

    @model_validator(mode="after")
    def _model_has_it(self, info: ValidationInfo) -> Self:
        self._profile = profile_among(self.model, _own_profiles(info))
        self.selection()
        return self

    def selection(self) -> Selection:
        """Return what to read of the meter."""
        return Selection(self._profile, self.energy, self.also)


class ModbusMeter(Node[ModbusMeterConfig]):
    """Read a kWh meter.

    Input:
        None.

    Output:
        `reading`: a `MeterReading`, W import positive, energy in Wh, the serial number where the
        model has one; or a `MeterUnknown` since when and why.

    Raises:
        Nothing.  What is wrong with meter, wires or adapter is a named fault, from `meter-silent`
        to `meter-register-fell`, until a good reading.

    Source:
        The Modbus protocol documents that each model's profile names.
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
        self._meter = self._connected()
        self._bus = self.use(self.config.bus)
        self._shown: tuple[MeterValues | None, str] = (None, "")
        self._said: tuple[StatusLevel, str] | None = None
        self._watch = RegisterWatch(self.config.unit_id, self._profile.most_power_w)
        self._unknown_since: datetime | None = None
        self._fault: str | None = None
        self.after(0, self._poll)
        self.every(self.config.every, self._poll)

    def probe(self) -> str:
        """Read the meter once."""
        values = self._connected().read()
        number = f", no. {values.serial}" if values.serial else ""
        return (
            f"unit {self.config.unit_id} answers: {self._profile.title}{number}, "
            f"{values.power_w:.0f} W, {values.energy_wh / 1000:.1f} kWh"
        )

    def _connected(self) -> Meter:
        selection = self.config.selection()
        self._profile = selection.profile
        return Meter(self.use(self.config.bus), self.config.unit_id, selection)

    @classmethod
    def claims(cls, config: ModbusMeterConfig) -> Iterable[Claim]:
        """Return the address on the bus."""
        return [Claim(f"unit {config.unit_id}", within=config.bus)]

    def _poll(self) -> None:
        try:
            values = self._meter.read()
            self._watch.check(values.serial, values.energy_wh, self.clock.monotonic())
        except DeviceError as error:
            self._tell_unknown(error)
        else:
            self._tell(values)

    def _tell(self, values: MeterValues) -> None:
        reading = MeterReading(
            meter=self.id,
            time=self.clock.now(),
            energy_import_wh=values.energy_wh,
            power_w=values.power_w,
            power_phases_w=values.power_phases_w,
            voltage_phases_v=values.voltage_phases_v,
            current_phases_a=values.current_phases_a,
            frequency_hz=values.frequency_hz,
            serial=values.serial,
            energy_phases_wh=values.energy_phases_wh,
            energy_register=self.config.energy,
            also=_flat(values) if self.config.also else None,
        )
        self._end_fault()
        self._unknown_since = None
        self.reading.set(reading)
        shown, text = self._shown
        if shown is not values:  # which stay the same while the registers do
            text = f"{values.power_w:.0f} W, {values.energy_wh / 1000:.1f} kWh"
            self._shown = values, text
        tally = self._bus.tally(self.config.unit_id)
        if tally.asked >= _ENOUGH_ASKED and tally.lost_share > _MANY_LOST:
            self._say("warn", f"{text}; {tally.lost_share:.0%} of the questions were lost")
        else:
            self._say("ok", text)

    def _say(self, level: StatusLevel, text: str) -> None:
        """Say how the meter is, once for each change: most readings are as the one before."""
        if self._said != (level, text):
            self._said = level, text
            self.status(level, text)

    def _tell_unknown(self, error: DeviceError) -> None:
        """Say that the meter is unknown; that it still is need not be said again."""
        named = named_fault(error)
        if self._fault == named.code:
            return
        self._unknown_since = self._unknown_since or self.clock.now()
        self.reading.set(MeterUnknown(self.id, self._unknown_since, str(error)))
        self._say("warn", f"unknown: {error}")
        self._end_fault()
        self._fault = named.code
        self.fault(named.code, named.text(error, self._profile))

    def _end_fault(self) -> None:
        if self._fault is not None:
            self.clear(self._fault)
            self._fault = None


def _flat(values: MeterValues) -> Record:
    """Return what was read besides: a number, or a list of one for each phase."""
    return Record.of({n: v[0] if len(v) == 1 else v for n, v in values.also.items()})
