"""What the registers of a simulated meter hold, by the profile of its model."""

import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final, NamedTuple

from oppleo_flow.devices.meter_profile import MeterProfile
from oppleo_flow.devices.meter_trouble import MeterTrouble
from oppleo_flow.devices.modbus_blocks import Block
from oppleo_flow.devices.profile_files import meter_profile
from oppleo_flow.devices.register_words import RegisterType, WordOrder, width, words_of
from oppleo_flow.devices.serial_bus import Table
from oppleo_flow.devices.world import MeterFace

_LAST_REGISTER: Final[Mapping[Table, int]] = {"input": 0x01FF, "holding": 0x00FF}
"""Up to here, what a model leaves out reads as 0; beyond, it has what its profile names."""
_STINGY_REGISTERS = 10
_OTHER_MODEL = {1: "SDM630v2", 3: "SDM120"}
_NEW_SERIAL = 20_000_000


class RegisterImage:
    """The registers of simulated meters; `own` is a site's folder of node files."""

    def __init__(self, own: Path | None = None) -> None:
        self._own = own
        self._maps: dict[str, _RegisterMap] = {}

    def read(self, face: MeterFace, table: Table, block: Block) -> tuple[int, ...] | None:
        """Return registers of the meter that shows a face; None when it refuses such a read.

        Registers that the model leaves out read as 0.  Values are read whole or not at all.
        """
        if face.trouble is not None:
            return self._troubled(face, table, block, face.trouble)
        registers = self._map(face.model)
        layout = registers.layout(table, block)
        return None if layout is None else layout.words(face, registers.order)

    def learn(self, model: str, profile: MeterProfile) -> None:
        """Take a model to have this profile, whatever its file says."""
        self._maps[model] = _RegisterMap(profile)

    def _map(self, model: str) -> "_RegisterMap":
        if model not in self._maps:
            self._maps[model] = _RegisterMap(meter_profile(model, self._own))
        return self._maps[model]

    def _troubled(
        self, face: MeterFace, table: Table, block: Block, trouble: MeterTrouble
    ) -> tuple[int, ...] | None:
        registers = self._map(face.model)
        if trouble is MeterTrouble.OTHER_MODEL:
            registers = self._map(_OTHER_MODEL[registers.profile.phases])
        layout = registers.layout(table, block)
        if layout is None or _refuses(trouble, registers.profile, table, block, layout):
            return None
        order: WordOrder = registers.order
        if trouble is MeterTrouble.WORDS_SWAPPED:
            order = "low-first" if order == "high-first" else "high-first"
        words = layout.words(_shown(face, trouble), order, trouble is MeterTrouble.MEGAWATT_HOURS)
        if table == registers.profile.table and trouble in _NONSENSE:
            return _NONSENSE[trouble] * (len(words) // 2)
        return words


_NONSENSE: Final[Mapping[MeterTrouble, tuple[int, ...]]] = {
    MeterTrouble.ZEROS: (0, 0),
    MeterTrouble.ALL_ONES: (0xFFFF, 0xFFFF),
    MeterTrouble.NOT_A_NUMBER: words_of(float("nan"), "float32", "high-first"),
}


def _shown(face: MeterFace, trouble: MeterTrouble) -> MeterFace:
    """Return what a troubled meter shows."""
    match trouble:
        case MeterTrouble.RESET:
            return _never_used(face)
        case MeterTrouble.EXCHANGED:
            return replace(_never_used(face), serial=_NEW_SERIAL)
        case MeterTrouble.TENFOLD:
            return replace(face, frequency_hz=10 * face.frequency_hz)
        case MeterTrouble.UNSIGNED:
            return replace(face, power_phases_w=tuple(-abs(w) for w in face.power_phases_w))
    return face


def _never_used(face: MeterFace) -> MeterFace:
    nothing_wh = (0.0,) * len(face.energy_phases_wh)
    return replace(face, energy_import_wh=0.0, energy_phases_wh=nothing_wh)


def _refuses(
    trouble: MeterTrouble, profile: MeterProfile, table: Table, block: Block, layout: "_Layout"
) -> bool:
    match trouble:
        case MeterTrouble.STINGY:
            return layout.leaves_out or block.count > _STINGY_REGISTERS
        case MeterTrouble.REFUSING:
            return (table, block) != (profile.table, profile.probe)
    return False


class _Entry(NamedTuple):
    """A number that a meter keeps in some registers; `in_mwh` is it when that is the unit set.

    `total`: it goes on counting, whatever else the meter shows.
    """

    block: Block
    type: RegisterType
    get: Callable[[MeterFace], float]
    in_mwh: Callable[[MeterFace], float]
    total: bool = False


class _Layout:
    """Where the numbers of some registers stand."""

    def __init__(self, block: Block, entries: list[_Entry]) -> None:
        self._count = block.count
        self._entries = [(entry.block.start - block.start, entry) for entry in entries]
        self.leaves_out = sum(entry.block.count for entry in entries) < block.count
        self._form = self._all_floats(block, entries)
        self._totals = [(n, entry.get) for n, entry in enumerate(entries) if entry.total]
        self._display: object = None
        self._numbers: list[float] = []

    @staticmethod
    def _all_floats(block: Block, entries: list[_Entry]) -> struct.Struct | None:
        """Return how to write all numbers at once, which is what most meters allow."""
        if any(entry.type != "float32" for entry in entries):
            return None
        form, at = ">", block.start
        for entry in entries:
            form += f"{2 * (entry.block.start - at)}xf"
            at = entry.block.end
        return struct.Struct(f"{form}{2 * (block.end - at)}x")

    def words(self, face: MeterFace, order: WordOrder, in_mwh: bool = False) -> tuple[int, ...]:
        """Return the registers; with `in_mwh` energy is counted so."""
        if self._form is not None and order == "high-first" and not in_mwh:
            return struct.unpack(f">{self._count}H", self._form.pack(*self._shown_by(face)))
        words = [0] * self._count
        for at, entry in self._entries:
            number = entry.in_mwh(face) if in_mwh else entry.get(face)
            words[at : at + entry.block.count] = words_of(number, entry.type, order)
        return tuple(words)

    def _shown_by(self, face: MeterFace) -> list[float]:
        """Return all numbers; while the car draws what it drew, only the totals are others."""
        volts, amperes, watts = face.voltage_phases_v, face.current_phases_a, face.power_phases_w
        display = volts, amperes, watts, face.frequency_hz, face.serial
        if display != self._display:
            self._display = display
            self._numbers = [entry.get(face) for _, entry in self._entries]
        for at, get in self._totals:
            self._numbers[at] = get(face)
        return self._numbers


class _RegisterMap:
    """Where a model keeps what."""

    def __init__(self, profile: MeterProfile) -> None:
        self.profile = profile
        self.order = profile.word_order
        self._entries: dict[Table, list[_Entry]] = {"input": [], "holding": []}
        self._layouts: dict[tuple[Table, Block], _Layout | None] = {}
        self._entries[profile.table] += _measured(profile)
        self._entries["holding"] += _told(profile)
        for entries in self._entries.values():
            entries.sort(key=lambda entry: entry.block.start)

    def layout(self, table: Table, block: Block) -> _Layout | None:
        """Return what stands in a block; None when it cannot be read in one go."""
        key = (table, block)
        if key not in self._layouts:
            self._layouts[key] = self._made(table, block)
        return self._layouts[key]

    def _made(self, table: Table, block: Block) -> _Layout | None:
        if not 0 < block.count <= self.profile.most_registers:
            return None
        inside = [
            entry
            for entry in self._entries[table]
            if entry.block.start < block.end and block.start < entry.block.end
        ]
        cut = any(e.block.start < block.start or e.block.end > block.end for e in inside)
        held = {n for entry in inside for n in range(entry.block.start, entry.block.end)}
        beyond = set(range(max(block.start, _LAST_REGISTER[table] + 1), block.end))
        return None if cut or beyond - held else _Layout(block, inside)


def _measured(profile: MeterProfile) -> Iterator[_Entry]:
    for name, value in profile.values.items():
        total = value.kind == "register"
        mega = 1000 if total else 1
        for phase, block in enumerate(value.blocks):
            get = _getter(name, phase, value.factor)
            in_mwh = _getter(name, phase, value.factor * mega)
            yield _Entry(block, value.type, get, in_mwh, total)
    for sign in profile.identity:
        if not sign.absent:
            yield _Entry(Block(sign.at, width(sign.type)), sign.type, _mean_volts, _mean_volts)


def _told(profile: MeterProfile) -> Iterator[_Entry]:
    """Yield what the meter tells of itself."""
    settings = profile.settings
    for place in settings.serial:
        bits = 16 * width(place.type)
        for part, address in enumerate(reversed(place.at)):
            get = _serial_part(part * bits, bits)
            yield _Entry(Block(address, width(place.type)), place.type, get, get)
    if settings.energy_prefix is not None:
        prefix = settings.energy_prefix
        block = Block(prefix.at, width(prefix.type))
        yield _Entry(block, prefix.type, lambda _: prefix.kWh, lambda _: prefix.MWh)
    if settings.word_order is not None:
        mark = settings.word_order
        block = Block(mark.at, width(mark.type))
        yield _Entry(block, mark.type, lambda _: mark.value, lambda _: mark.value)


def _serial_part(shift: int, bits: int) -> Callable[[MeterFace], float]:
    return lambda face: face.serial >> shift & (1 << bits) - 1


def _mean_volts(face: MeterFace) -> float:
    return sum(face.voltage_phases_v) / len(face.voltage_phases_v)


def _getter(name: str, phase: int, factor: float) -> Callable[[MeterFace], float]:
    """Return how to tell a value of a face, in the unit of its register."""
    show = _SHOWN[name]
    if factor == 1:
        return lambda face: show(face, phase)
    return lambda face: show(face, phase) / factor


_SHOWN: Final[Mapping[str, Callable[[MeterFace, int], float]]] = {
    "voltage": lambda face, phase: face.voltage_phases_v[phase],
    "current": lambda face, phase: face.current_phases_a[phase],
    "power": lambda face, phase: face.power_phases_w[phase],
    "apparent_power": lambda face, phase: abs(face.power_phases_w[phase]),
    "reactive_power": lambda face, phase: 0.0,
    "power_factor": lambda face, phase: 1.0,
    "phase_angle": lambda face, phase: 0.0,
    "energy_import_phases": lambda face, phase: face.energy_phases_wh[phase],
    "energy_export_phases": lambda face, _: 0.0,
    "energy_total_phases": lambda face, phase: face.energy_phases_wh[phase],
    "total_power": lambda face, _: sum(face.power_phases_w),
    "total_apparent_power": lambda face, _: sum(face.power_phases_w),
    "total_reactive_power": lambda face, _: 0.0,
    "total_power_factor": lambda face, _: 1.0,
    "frequency": lambda face, _: face.frequency_hz,
    "energy_import": lambda face, _: face.energy_import_wh,
    "energy_export": lambda face, _: 0.0,
    "energy_total": lambda face, _: face.energy_import_wh,
}
