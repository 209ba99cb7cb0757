"""kWh meters: read one by its profile, without believing nonsense."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from oppleo_flow.devices.meter_faults import MeterWrong, WrongModel, WrongWordOrder
from oppleo_flow.devices.meter_profile import Selection, Sign, Value
from oppleo_flow.devices.modbus_blocks import Block, plan_blocks
from oppleo_flow.devices.plausibility import Numbers, complaints
from oppleo_flow.devices.register_words import RegisterType, WordOrder, number_in, width, words_of
from oppleo_flow.devices.serial_bus import RegisterRefused, SerialBus, Table
from oppleo_flow.devices.value_reader import ValueReader
from oppleo_flow.errors import DeviceTimeout
from oppleo_flow.immutable import immutable

_FEW_REGISTERS: Final = 10  # what the stingiest copies give in one answer
_DECIMALS: Final = {"V": 1, "A": 3, "W": 1, "Hz": 2}
_WH_PER_MWH_PREFIX: Final = 1000  # times what the profile's unit says


@immutable
class MeterValues:
    """One reading: W and V and A per phase, Hz, and the running total in Wh.

    What the model does not have is empty, or None.  `energy_phases_wh` is the running total phase
    by phase.  `also` holds what was asked for besides, by name, phase by phase, in our own units.
    """

    serial: str | None
    power_w: float
    power_phases_w: tuple[float, ...]
    voltage_phases_v: tuple[float, ...]
    current_phases_a: tuple[float, ...]
    frequency_hz: float | None
    energy_wh: int
    energy_phases_wh: tuple[int, ...]
    also: Mapping[str, tuple[float, ...]]


@immutable
class _Setup:
    """What a meter told of itself: `prefix` is by how much more its energy counts than usual."""

    serial: str | None
    order: WordOrder
    prefix: int


class _Plan(NamedTuple):
    """Some values, and the blocks that they are read in."""

    values: Mapping[str, Value]
    blocks: list[Block]


class Meter:
    """One meter on a bus.

    What the meter is is found out before the first reading, and again after each failure: it may
    be another by then.  A copy of a model may not count the energy of each phase: that makes a
    reading without it, where anything else that cannot be makes none.
    """

    def __init__(self, bus: SerialBus, unit_id: int, selection: Selection) -> None:
        self._bus = bus
        self._unit_id = unit_id
        self._profile = selection.profile
        self._energy = selection.energy
        self._also = selection.also
        self._phase_energies = selection.phase_energies
        self._values = selection.values
        self._needed = {n: v for n, v in self._values.items() if self._is_needed(n)}
        self._bounds = [value.bounds for value in self._needed.values()]
        self._phase_bounds = self._profile.values[selection.phase_energies or self._energy].bounds
        self._read_by: tuple[_Plan, ValueReader] | None = None
        self._plans = list(self._ways_to_read())
        self._setup: _Setup | None = None
        self._serial: str | None = None
        self._last: tuple[list[tuple[int, ...]], _Setup, MeterValues] | None = None

    def _is_needed(self, name: str) -> bool:
        return name != self._phase_energies or name in self._also

    def _ways_to_read(self) -> Iterator[_Plan]:
        """Yield plans: the quickest first, then those for copies of the model that give less."""
        yield from self._plans_of(self._values)
        if self._needed.keys() != self._values.keys():
            yield from self._plans_of(self._needed)

    def _plans_of(self, values: Mapping[str, Value]) -> Iterator[_Plan]:
        most, gap = self._profile.most_registers, self._bus.timing.widest_gap
        blocks = [block for value in values.values() for block in value.blocks]
        for widest_gap, registers in ((gap, most), (0, min(most, _FEW_REGISTERS)), (-1, 1)):
            yield _Plan(
                values, plan_blocks(blocks, widest_gap=widest_gap, most_registers=registers)
            )

    @property
    def plan(self) -> Sequence[Block]:
        """Return the blocks that a reading takes."""
        return self._plans[0].blocks

    def read(self) -> MeterValues:
        """Return a reading that is whole and can be true.

        Raises:
            DeviceTimeout: The meter did not answer.
            WrongModel: It is another model.
            MeterWrong: It answered what cannot be.
            DeviceError: The bus says what else is wrong.
        """
        known, self._setup = self._setup, None
        setup = known or self._get_to_know()
        registers = self._read_blocks()
        last = self._last
        if last is None or last[0] != registers or last[1] is not setup:
            last = self._last = registers, setup, self._understood(registers, setup)
        if known is None:
            self._check_signs(setup)
        self._setup = setup
        return last[2]

    # -- what it is ----------------------------------------------------------------------------

    def _get_to_know(self) -> _Setup:
        """Ask for one value, so that a silent meter costs little, then for what it is."""
        profile, settings = self._profile, self._profile.settings
        self._read(profile.table, profile.probe)
        order = self._word_order()
        prefix = 1
        if settings.energy_prefix is not None:
            place = settings.energy_prefix
            told = self._setting(place.at, place.type, order)
            if told not in (None, place.kWh, place.MWh):
                raise MeterWrong(
                    f"unit {self._unit_id}: energy prefix: {place.kWh:g} (kWh) or {place.MWh:g} "
                    f"(MWh) is needed, got {told:g}"
                )
            prefix = _WH_PER_MWH_PREFIX if told == place.MWh else 1
        self._serial = self._read_serial()
        return _Setup(self._serial, order, prefix)

    def _read_serial(self) -> str | None:
        """Return the serial number; None when the model cannot tell it."""
        for place in self._profile.settings.serial:
            count = width(place.type)
            words = [self._holding(Block(address, count)) for address in place.at]
            number = 0
            for part in words:
                for word in part or (0,) * count:
                    number = number << 16 | word
            if number and None not in words:
                return str(number)
        return None

    def _word_order(self) -> WordOrder:
        """Return the order that the meter tells; the profile's when it tells none."""
        mark = self._profile.settings.word_order
        words = self._holding(Block(mark.at, width(mark.type))) if mark is not None else None
        if mark is not None and words is not None:
            orders: tuple[WordOrder, ...] = ("high-first", "low-first")
            for order in orders:
                if words == words_of(mark.value, mark.type, order):
                    return order
        return self._profile.word_order

    def _setting(self, address: int, kind: RegisterType, order: WordOrder) -> float | None:
        words = self._holding(Block(address, width(kind)))
        return None if words is None else number_in(words, kind, order)

    def _check_signs(self, setup: _Setup) -> None:
        for sign in self._profile.identity:
            self._check_sign(sign, setup.order)

    def _check_sign(self, sign: Sign, order: WordOrder) -> None:
        """Raise when a register tells that this is another model."""
        words = self._if_there(self._profile.table, Block(sign.at, width(sign.type))) or ()
        numbers = {one: number_in(words, sign.type, one) for one in _both(order) if words}
        there = [one for one, number in numbers.items() if _within(number, sign.range)]
        if sign.absent:
            if order in there:
                raise WrongModel(
                    f"unit {self._unit_id}: is no {self._profile.title}: register "
                    f"0x{sign.at:04X} has {numbers[order]:.4g}, {sign.means}"
                )
        elif not there:
            raise WrongModel(
                f"unit {self._unit_id}: is no {self._profile.title}: register 0x{sign.at:04X} "
                f"does not have {sign.means}"
            )
        elif order not in there:
            raise WrongWordOrder(
                f"unit {self._unit_id}: register 0x{sign.at:04X}: its words are in reverse order"
            )

    def _holding(self, block: Block) -> tuple[int, ...] | None:
        return self._if_there("holding", block)

    def _if_there(self, table: Table, block: Block) -> tuple[int, ...] | None:
        """Return registers that not every copy of the model has; None when this one has not.

        Some refuse, some do not answer; one that told its number before is not answering now.
        """
        try:
            return self._read(table, block)
        except RegisterRefused:
            return None
        except DeviceTimeout:
            if self._serial is not None:
                raise
            self._read(self._profile.table, self._profile.probe)
            return None

    # -- what it measures ----------------------------------------------------------------------

    def _read(self, table: Table, block: Block) -> tuple[int, ...]:
        return self._bus.read_registers(self._unit_id, table, block)

    def _read_blocks(self) -> list[tuple[int, ...]]:
        """Read by the first plan that the meter does not refuse, and remember it."""
        while True:
            try:
                read, unit_id, table = self._bus.read_registers, self._unit_id, self._profile.table
                return [read(unit_id, table, block) for block in self._plans[0].blocks]
            except RegisterRefused:
                if len(self._plans) == 1:
                    self._plans = list(self._ways_to_read())  # it may be itself again by then
                    raise
                del self._plans[0]

    def _understood(self, registers: list[tuple[int, ...]], setup: _Setup) -> MeterValues:
        """Return what the registers of all blocks mean."""
        numbers, energies_wh = self._numbers(registers, setup.order, setup.prefix)
        if not self._is_usual(numbers):
            wrong = next(complaints(self._profile, numbers), None)
            if wrong is not None:
                raise self._what_is_wrong(wrong, registers, setup)
        return self._reading(numbers, energies_wh, setup)

    def _numbers(
        self, registers: list[tuple[int, ...]], order: WordOrder, prefix: int
    ) -> tuple[Numbers, tuple[float, ...]]:
        """Return the numbers that a reading needs, and the energy of each phase."""
        numbers = self._reader().numbers(registers, order, prefix)
        name = self._phase_energies
        if name is None:
            return numbers, ()
        return numbers, numbers[name] if name in self._needed else numbers.pop(name, ())

    def _reader(self) -> ValueReader:
        """Return the reader of the plan in use."""
        if self._read_by is None or self._read_by[0] is not self._plans[0]:
            self._read_by = self._plans[0], ValueReader(*self._plans[0])
        return self._read_by[1]

    def _is_usual(self, numbers: Numbers) -> bool:
        """Return whether every number is in its range, which most readings are."""
        # Loops: a generator would take three times as long, and each reading comes here.
        for measured, (least, most) in zip(numbers.values(), self._bounds, strict=True):
            for number in measured:
                if not least <= number <= most:
                    return False
        return True

    def _what_is_wrong(
        self, wrong: str, registers: list[tuple[int, ...]], setup: _Setup
    ) -> MeterWrong:
        """Return the error of what cannot be: of the word order, if that would explain it."""
        place = f"unit {self._unit_id}"
        _, other = _both(setup.order)
        if "voltage" in self._values or "frequency" in self._values:
            swapped, _ = self._numbers(registers, other, setup.prefix)
            if next(complaints(self._profile, swapped), None) is None:
                return WrongWordOrder(
                    f"{place}: {wrong}; in the other word order all would be plausible"
                )
        return MeterWrong(f"{place}: {wrong}")

    def _reading(
        self, numbers: Numbers, energies_wh: tuple[float, ...], setup: _Setup
    ) -> MeterValues:
        power = numbers[self._profile.power]
        phases = _rounded(numbers.get("power", ()), "W")
        (energy_wh,) = numbers[self._energy]
        frequency = _rounded(numbers.get("frequency", ()), "Hz")
        return MeterValues(
            serial=setup.serial,
            power_w=round(sum(phases or power), 1),
            power_phases_w=phases,
            voltage_phases_v=_rounded(numbers.get("voltage", ()), "V"),
            current_phases_a=_signed(_rounded(numbers.get("current", ()), "A"), phases),
            frequency_hz=frequency[0] if frequency else None,
            energy_wh=round(energy_wh),
            energy_phases_wh=_counted_apart(energies_wh, energy_wh, self._phase_bounds),
            also={name: tuple(round(n, 3) for n in numbers[name]) for name in self._also},
        )


def _counted_apart(
    energies_wh: tuple[float, ...], whole_wh: float, bounds: tuple[float, float]
) -> tuple[int, ...]:
    """Return the energy of each phase; none where the meter does not count it.

    A register that a copy of the model does not have may be zero, or no number.
    """
    if whole_wh and not any(energies_wh):
        return ()
    known = all(_within(one_wh, bounds) for one_wh in energies_wh)
    return tuple([round(one_wh) for one_wh in energies_wh]) if known else ()


def _both(order: WordOrder) -> tuple[WordOrder, WordOrder]:
    """Return an order, and the other."""
    return ("high-first", "low-first") if order == "high-first" else ("low-first", "high-first")


def _within(number: float, bounds: tuple[float, float]) -> bool:
    return bounds[0] <= number <= bounds[1]


def _rounded(numbers: tuple[float, ...], unit: str) -> tuple[float, ...]:
    return tuple([round(number, _DECIMALS[unit]) for number in numbers])


def _signed(amperes: tuple[float, ...], watts: tuple[float, ...]) -> tuple[float, ...]:
    """Return currents with the sign of the power: some meters tell the amount only."""
    if len(amperes) != len(watts):
        return amperes
    return tuple([-abs(a) if w < 0 else a for a, w in zip(amperes, watts, strict=True)])
