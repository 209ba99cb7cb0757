"""kWh meters: which register holds what, and how to read one without believing nonsense.

All values are IEEE-754 float32 in two input registers, high word first.  Sources: Eastron,
"SDM630-Modbus V2 Smart Meter Modbus Protocol Implementation" V1.5 and V2.0; "SDM120-Modbus Smart
Meter Modbus Protocol Implementation" V2.5.  A document's register 3xxxx is address xxxx - 1 here.
"""

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from oppleo_flow.devices.modbus_blocks import VALUE_REGISTERS, Block, plan_blocks
from oppleo_flow.devices.serial_bus import RegisterRefused, SerialBus
from oppleo_flow.errors import ConfigError, DeviceError

_PHASES = ("L1", "L2", "L3")
_WH_PER_UNIT = {0.0: 1_000, 1.0: 1_000_000}  # the prefix setting of the meter: kWh, MWh

_VOLTAGE_V = (180.0, 260.0)
_NO_PHASE_V = 50.0  # a phase that is not connected picks up less than this
_FREQUENCY_HZ = (45.0, 65.0)
_MOST_CURRENT_A = 150.0
_MOST_POWER_W = 50_000.0  # of one phase


@dataclass(frozen=True, slots=True)
class MeterModel:
    """Where a model keeps what.

    Addresses of voltage (V), current (A, without a sign) and power (W, import positive) are given
    per phase.  `energy_import` is the running total that cannot be reset, which is what may be
    billed; the sum of import and export is not.  `serial_words` are two holding registers, high
    word first; `energy_prefix` a holding register with the unit of the energy, where there is one.
    """

    name: str
    voltage: tuple[int, ...]
    current: tuple[int, ...]
    power: tuple[int, ...]
    frequency: int
    energy_import: int
    serial_words: tuple[int, int]
    energy_prefix: int | None
    max_registers: int

    @property
    def phases(self) -> int:
        """Return how many phases the model measures."""
        return len(self.voltage)

    @property
    def addresses(self) -> tuple[int, ...]:
        """Return the addresses that one reading takes."""
        return (*self.voltage, *self.current, *self.power, self.frequency, self.energy_import)


MODELS = {
    model.name: model
    for model in (
        MeterModel(
            name="SDM630v2",
            voltage=(0x0000, 0x0002, 0x0004),
            current=(0x0006, 0x0008, 0x000A),
            power=(0x000C, 0x000E, 0x0010),
            frequency=0x0046,
            energy_import=0x0048,
            serial_words=(0x002A, 0x002C),
            energy_prefix=0x001E,
            max_registers=80,
        ),
        MeterModel(
            name="SDM120",
            voltage=(0x0000,),
            current=(0x0006,),
            power=(0x000C,),
            frequency=0x0046,
            energy_import=0x0048,
            serial_words=(0xFC00, 0xFC01),
            energy_prefix=None,
            max_registers=20,
        ),
    )
}


def meter_model(name: str) -> MeterModel:
    """Return a model by name.

    Raises:
        ConfigError: No such model; the message lists those there are.
    """
    if name not in MODELS:
        raise ConfigError(f"unknown meter model {name!r}; known: {', '.join(MODELS)}")
    return MODELS[name]


@dataclass(frozen=True, slots=True)
class MeterValues:
    """One reading: W and V and A per phase, Hz, and the running total in Wh."""

    voltage_phases_v: tuple[float, ...]
    current_phases_a: tuple[float, ...]
    power_phases_w: tuple[float, ...]
    frequency_hz: float
    energy_import_wh: int


class Meter:
    """One meter on a bus."""

    def __init__(self, bus: SerialBus, unit_id: int, model: MeterModel) -> None:
        self._bus = bus
        self._unit_id = unit_id
        self._model = model
        self._wh_per_unit: int | None = None
        self._last: tuple[list[tuple[int, ...]], MeterValues] | None = None
        self._blocks = plan_blocks(
            model.addresses,
            widest_gap=bus.timing.widest_gap,
            max_registers=model.max_registers,
        )

    def read_serial(self) -> str | None:
        """Return the serial number; None when the model cannot tell it."""
        try:
            high, low = (self._holding(Block(word, 1))[0] for word in self._model.serial_words)
        except RegisterRefused:
            return None
        number = high << 16 | low
        return str(number) if number else None

    def read(self) -> MeterValues:
        """Return a reading that is whole and can be true.

        Raises:
            DeviceTimeout: The meter did not answer.
            DeviceError: It answered what cannot be.
        """
        if self._wh_per_unit is None:
            self._wh_per_unit = self._read_energy_unit()
        try:
            registers = self._read_blocks()
        except RegisterRefused:
            # Some copies of a model do not read across gaps: from here on value by value.
            single = plan_blocks(self._model.addresses, widest_gap=-1, max_registers=2)
            if self._blocks == single:
                raise
            self._blocks = single
            registers = self._read_blocks()
        if self._last is None or self._last[0] != registers:
            self._last = registers, self._values(registers, self._wh_per_unit)
        return self._last[1]

    def _read_energy_unit(self) -> int:
        """Return how many Wh one unit of the energy register is."""
        if self._model.energy_prefix is None:
            return _WH_PER_UNIT[0.0]
        try:
            words = self._holding(Block(self._model.energy_prefix, VALUE_REGISTERS))
        except RegisterRefused:
            return _WH_PER_UNIT[0.0]  # firmware without the setting counts in kWh
        (prefix,) = _floats(words)
        if prefix not in _WH_PER_UNIT:
            raise DeviceError(
                f"unit {self._unit_id}: energy prefix: 0 (kWh) or 1 (MWh) is needed, got {prefix:g}"
            )
        return _WH_PER_UNIT[prefix]

    def _holding(self, block: Block) -> tuple[int, ...]:
        return self._bus.read_registers(self._unit_id, "holding", block)

    def _read_blocks(self) -> list[tuple[int, ...]]:
        read, unit_id = self._bus.read_registers, self._unit_id
        return [read(unit_id, "input", block) for block in self._blocks]

    def _values(self, registers: list[tuple[int, ...]], wh_per_unit: int) -> MeterValues:
        """Return what the registers of all blocks mean."""
        model = self._model
        place = f"unit {self._unit_id}"
        values: dict[int, float] = {}
        for block, words in zip(self._blocks, registers, strict=True):
            values.update(zip(range(block.start, block.end, 2), _floats(words), strict=True))
        broken = next((a for a in model.addresses if not math.isfinite(values[a])), None)
        if broken is not None:
            raise DeviceError(f"{place}: register 0x{broken:04X}: not a number")
        read = MeterValues(
            voltage_phases_v=tuple([round(values[a], 1) for a in model.voltage]),
            current_phases_a=tuple([round(values[a], 3) for a in model.current]),
            power_phases_w=tuple([round(values[a], 1) for a in model.power]),
            frequency_hz=round(_frequency(values[model.frequency]), 2),
            energy_import_wh=round(values[model.energy_import] * wh_per_unit),
        )
        wrong = implausible(read)
        if wrong is not None:
            raise DeviceError(f"{place}: {wrong}")
        return read


def implausible(read: MeterValues) -> str | None:
    """Return what about a reading cannot be; None when all of it can.

    A phase without a voltage is not connected, but one phase must be.
    """
    return next(_complaints(read), None)


def _complaints(read: MeterValues) -> Iterator[str]:
    low_v, high_v = _VOLTAGE_V
    connected = [v for v in read.voltage_phases_v if abs(v) > _NO_PHASE_V]
    if not connected:
        yield "voltage: no phase has any; is the word order of the meter reversed?"
    for phase, volts in zip(_PHASES, read.voltage_phases_v, strict=False):
        if volts in connected and not low_v <= volts <= high_v:
            yield f"voltage {phase}: {low_v:g} to {high_v:g} V is plausible, got {volts:g}"
    low_hz, high_hz = _FREQUENCY_HZ
    if not low_hz <= read.frequency_hz <= high_hz:
        yield f"frequency: {low_hz:g} to {high_hz:g} Hz is plausible, got {read.frequency_hz:g}"
    for phase, amperes in zip(_PHASES, read.current_phases_a, strict=False):
        if abs(amperes) > _MOST_CURRENT_A:
            yield f"current {phase}: up to {_MOST_CURRENT_A:g} A is plausible, got {amperes:g}"
    for phase, watts in zip(_PHASES, read.power_phases_w, strict=False):
        if abs(watts) > _MOST_POWER_W:
            yield f"power {phase}: up to {_MOST_POWER_W:g} W is plausible, got {watts:g}"
    if read.energy_import_wh < 0:
        yield f"energy: a total that is not negative is plausible, got {read.energy_import_wh} Wh"


def _frequency(value: float) -> float:
    """Return a frequency in Hz; some firmware gives it in tenths."""
    return value / 10 if value > 10 * _FREQUENCY_HZ[0] else value


def _floats(registers: tuple[int, ...]) -> tuple[float, ...]:
    """Return the float32 values that pairs of registers hold, high word first."""
    count = len(registers)
    return struct.unpack(f">{count // 2}f", struct.pack(f">{count}H", *registers))
