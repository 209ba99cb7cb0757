"""What a model of kWh meter keeps in which register: the shape of a profile file.

Addresses are those on the wire, from 0: a document's register 30073 is 0x0048 here.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import pairwise
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from oppleo_flow.devices.modbus_blocks import Block
from oppleo_flow.devices.register_words import RegisterType, WordOrder, width
from oppleo_flow.devices.serial_bus import Parity, Table
from oppleo_flow.errors import ConfigError

Dimension = Literal["V", "A", "W", "VA", "var", "Hz", "Wh", "1", "deg"]

UNITS: Final[Mapping[str, tuple[Dimension, float]]] = {
    "V": ("V", 1),
    "A": ("A", 1),
    "mA": ("A", 0.001),
    "W": ("W", 1),
    "kW": ("W", 1000),
    "VA": ("VA", 1),
    "var": ("var", 1),
    "Hz": ("Hz", 1),
    "Wh": ("Wh", 1),
    "kWh": ("Wh", 1000),
    "MWh": ("Wh", 1_000_000),
    "1": ("1", 1),
    "deg": ("deg", 1),
}
"""Unit of a register → what it measures, and how much of our own unit it is."""

PER_PHASE: Final[Mapping[str, Dimension]] = {
    "voltage": "V",
    "current": "A",
    "power": "W",
    "apparent_power": "VA",
    "reactive_power": "var",
    "power_factor": "1",
    "phase_angle": "deg",
    "energy_import_phases": "Wh",
    "energy_export_phases": "Wh",
    "energy_total_phases": "Wh",
}
"""Values that a meter has once for each phase."""

WHOLE: Final[Mapping[str, Dimension]] = {
    "total_power": "W",
    "total_apparent_power": "VA",
    "total_reactive_power": "var",
    "total_power_factor": "1",
    "frequency": "Hz",
    "energy_import": "Wh",
    "energy_export": "Wh",
    "energy_total": "Wh",
}
"""Values that a meter has once.  The total of energy is import plus export, as Eastron counts."""

BilledRegister = Literal["import", "total"]
_ENERGY: Final[Mapping[str, str]] = {"import": "energy_import", "total": "energy_total"}


def _one_or_more(value: object) -> object:
    return value if isinstance(value, list | tuple) else (value,)


Address = Annotated[int, Field(ge=0, le=0xFFFF)]
Addresses = Annotated[
    tuple[Address, ...],
    BeforeValidator(_one_or_more, json_schema_input_type=Address | tuple[Address, ...]),
]


class _Part(BaseModel):
    """A part of a profile; what it does not know is an error."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        allow_inf_nan=False,
        defer_build=True,  # a start whose flow was checked before has no use for a validator
    )


class Value(_Part):
    """A value that the meter shows: where, as what, and what of it can be true.

    `kind` is `register` for a running total, which never falls.  `range` is in the unit given, of
    one phase where there are several.  With `tenfold`, some firmware gives ten times the value.
    """

    at: Addresses
    type: RegisterType = "float32"
    unit: Annotated[str, Field(json_schema_extra={"enum": [*UNITS]})]
    kind: Literal["instantaneous", "register"] = "instantaneous"
    range: tuple[float, float]
    tenfold: bool = False

    @model_validator(mode="after")
    def _can_be(self) -> Self:
        if self.unit not in UNITS:
            raise ValueError(f"unit: one of {', '.join(UNITS)} is needed, got {self.unit!r}")
        if not self.range[0] < self.range[1]:
            raise ValueError(f"range: the least comes first, got {list(self.range)}")
        return self

    @property
    def factor(self) -> float:
        """Return how much of our own unit one unit of the register is."""
        return UNITS[self.unit][1]

    @property
    def bounds(self) -> tuple[float, float]:
        """Return what the value lies between, in our own unit."""
        return self.range[0] * self.factor, self.range[1] * self.factor

    @property
    def blocks(self) -> tuple[Block, ...]:
        """Return the registers of the value, phase by phase."""
        return tuple(Block(address, width(self.type)) for address in self.at)


class SerialNumber(_Part):
    """Holding registers with the serial number, the high part first."""

    at: Addresses
    type: Literal["uint16", "uint32"]


class EnergyPrefix(_Part):
    """A holding register that says in which unit the energy is counted."""

    at: Address
    type: RegisterType = "float32"
    kWh: float  # noqa: N815  (the unit's own spelling)
    MWh: float


class WordOrderMark(_Part):
    """A holding register that has a known value in whatever word order is set."""

    at: Address
    type: RegisterType = "float32"
    value: float


class Settings(_Part):
    """What the meter tells of itself; a place that it does not have is passed over.

    Of several places of the serial number the first that has one counts.
    """

    serial: tuple[SerialNumber, ...] = ()
    energy_prefix: EnergyPrefix | None = None
    word_order: WordOrderMark | None = None


class Sign(_Part):
    """A register by which another model is told: within `range` here, or not there at all.

    Registers that a meter does not have may be refused, zero, or no number.
    """

    at: Address
    type: RegisterType = "float32"
    range: tuple[float, float]
    absent: bool = False
    means: str = Field(min_length=1, description="What it is, and of which model.")


class Factory(_Part):
    """How the meter comes from the factory."""

    unit_id: int = Field(ge=1, le=247)
    baud: Literal[1200, 2400, 4800, 9600, 19200, 38400]
    parity: Parity
    stop_bits: Literal[1, 2]

    def __str__(self) -> str:
        """Return `unit 1, 9600 8N1`."""
        return f"unit {self.unit_id}, {self.baud} 8{self.parity[0].upper()}{self.stop_bits}"


class MeterProfile(_Part):
    """A model of kWh meter.

    `most_registers` is how many it gives in one answer.
    """

    title: str = Field(min_length=1)
    document: str = Field(min_length=1, description="Where the addresses come from.")
    phases: Literal[1, 3]
    table: Table = "input"
    word_order: WordOrder = "high-first"
    most_registers: int = Field(ge=2, le=125)
    factory: Factory | None = None
    values: Annotated[
        dict[str, Value],
        Field(json_schema_extra={"propertyNames": {"enum": [*PER_PHASE, *WHOLE]}}),
    ]
    settings: Settings = Settings()
    identity: tuple[Sign, ...] = ()

    @model_validator(mode="after")
    def _makes_a_reading(self) -> Self:
        for complaint in self._complaints():
            raise ValueError(complaint)
        return self

    def _complaints(self) -> Iterator[str]:
        for name, value in self.values.items():
            yield from self._misfits(name, value)
        if "energy_import" not in self.values:
            yield "values: 'energy_import' is needed, the total that may be billed"
        if not {"power", "total_power"} & self.values.keys():
            yield "values: 'power' or 'total_power' is needed"
        blocks = sorted(
            (block.start, block.end) for value in self.values.values() for block in value.blocks
        )
        for one, next_one in pairwise(blocks):
            if next_one[0] < one[1]:
                yield f"values: two share register 0x{next_one[0]:04X}"

    def _misfits(self, name: str, value: Value) -> Iterator[str]:
        dimension = PER_PHASE.get(name) or WHOLE.get(name)
        if dimension is None:
            yield f"values: unknown value {name!r}; known: {', '.join([*PER_PHASE, *WHOLE])}"
            return
        if UNITS[value.unit][0] != dimension:
            units = [unit for unit, (kind, _) in UNITS.items() if kind == dimension]
            yield f"values: {name}: its unit is {' or '.join(units)}, got {value.unit!r}"
        count = self.phases if name in PER_PHASE else 1
        if len(value.at) != count:
            yield f"values: {name}: {count} addresses are needed, got {len(value.at)}"
        if (value.kind == "register") != (dimension == "Wh"):
            yield f"values: {name}: energy, and nothing else, is of kind 'register'"
        if width(value.type) > self.most_registers:
            yield f"values: {name}: a {value.type} is wider than {self.most_registers} registers"

    @property
    def power(self) -> str:
        """Return the name of the value that is the power."""
        return "power" if "power" in self.values else "total_power"

    @property
    def usual(self) -> tuple[str, ...]:
        """Return the values that every reading has, so far as the model has them."""
        names = ("voltage", "current", self.power, "frequency", "energy_import")
        return tuple(name for name in names if name in self.values)

    @cached_property
    def probe(self) -> Block:
        """Return the value to ask for first, when it is not known whether the meter answers."""
        return min((block for name in self.usual for block in self.values[name].blocks), key=_start)

    @property
    def most_power_w(self) -> float:
        """Return the most power that it can measure, all phases together."""
        value = self.values[self.power]
        return value.range[1] * value.factor * len(value.at)


class Selection:
    """What to read of a model: what every reading has, one running total, and what is named.

    `phase_energies` is the value that is this total phase by phase; None where the model has none.
    """

    def __init__(
        self,
        profile: MeterProfile,
        register: BilledRegister = "import",
        also: Sequence[str] = (),
    ) -> None:
        self.profile = profile
        self.energy = _ENERGY[register]
        self.also = tuple(also)
        phases = f"{self.energy}_phases"
        self.phase_energies = phases if phases in profile.values else None
        usual = [name for name in profile.usual if name != "energy_import"]
        apart = [phases] if self.phase_energies else []
        names = list(dict.fromkeys([*usual, self.energy, *apart, *also]))
        missing = next((name for name in names if name not in profile.values), None)
        if missing is not None:
            raise ConfigError(
                f"{profile.title} has no {missing!r}; it has {', '.join(profile.values)}"
            )
        self.values: dict[str, Value] = {name: profile.values[name] for name in names}


def _start(block: Block) -> int:
    return block.start
