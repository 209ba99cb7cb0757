"""What the lines of a statement come to by tariff, and how much of it is VAT."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from oppleo_flow.charging.price_parts import TariffKind
from oppleo_flow.charging.record import SessionRecord
from oppleo_flow.charging.slices import EnergySlice
from oppleo_flow.charging.tariff import vat_in

_ORDER: tuple[TariffKind, ...] = ("flat", "peak", "off-peak", "dynamic", "unknown")
_WH_PER_KWH = 1000


@dataclass(frozen=True, slots=True)
class TariffTotal:
    """How much energy was used at one kind of price."""

    kind: TariffKind
    energy_wh: int


@dataclass(frozen=True, slots=True)
class VatTotal:
    """How much of the total is VAT of one rate, rounded once."""

    percent: Decimal
    vat: Decimal


def tariff_totals(lines: Iterable[SessionRecord]) -> tuple[TariffTotal, ...]:
    """Return the energy of each kind of price, of the lines that have slices."""
    energy_wh: dict[TariffKind, int] = {}
    for part in _parts(lines):
        energy_wh[part.kind] = energy_wh.get(part.kind, 0) + part.energy_wh
    return tuple(TariffTotal(kind, energy_wh[kind]) for kind in _ORDER if energy_wh.get(kind))


def vat_totals(lines: Iterable[SessionRecord]) -> tuple[VatTotal, ...]:
    """Return the VAT of each rate, of the lines whose price is known."""
    gross: dict[Decimal, Decimal] = {}
    for part in _parts(line for line in lines if not line.price_unknown):
        tariff = part.version and part.version.tariff
        if tariff and tariff.vat_percent and part.per_kwh is not None:
            so_far = gross.get(tariff.vat_percent, Decimal(0))
            gross[tariff.vat_percent] = so_far + part.energy_wh * part.per_kwh / _WH_PER_KWH
    return tuple(VatTotal(rate, vat_in(amount, rate)) for rate, amount in sorted(gross.items()))


def _parts(lines: Iterable[SessionRecord]) -> Iterator[EnergySlice]:
    return (part for line in lines for part in line.slices)
