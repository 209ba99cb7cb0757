"""What the lines of a statement come to by tariff, and how much of it is VAT."""

from collections.abc import Iterable, Iterator
from decimal import Decimal

from oppleo_flow.charging.price_parts import TariffKind
from oppleo_flow.charging.record import SessionRecord
from oppleo_flow.charging.slices import EnergySlice
from oppleo_flow.charging.tariff import total, vat_in
from oppleo_flow.immutable import immutable

_ORDER: tuple[TariffKind, ...] = ("flat", "peak", "off-peak", "dynamic", "unknown")
_WH_PER_KWH = 1000


@immutable
class TariffTotal:
    """How much energy was used at one kind of price, and what it cost, rounded once.

    `amount` is None where the price of a part of it is unknown.
    """

    kind: TariffKind
    energy_wh: int
    amount: Decimal | None


@immutable
class VatTotal:
    """How much of the total is VAT of one rate, rounded once."""

    percent: Decimal
    vat: Decimal


def tariff_totals(lines: Iterable[SessionRecord]) -> tuple[TariffTotal, ...]:
    """Return what was used at each kind of price, of the lines that have slices."""
    parts: dict[TariffKind, list[EnergySlice]] = {}
    for part in _parts(lines):
        parts.setdefault(part.kind, []).append(part)
    totals = (_total(kind, parts[kind]) for kind in _ORDER if kind in parts)
    return tuple(one for one in totals if one.energy_wh)


def _total(kind: TariffKind, parts: Iterable[EnergySlice]) -> TariffTotal:
    used = [(part.energy_wh, part.per_kwh) for part in parts]
    return TariffTotal(kind, sum(energy_wh for energy_wh, _ in used), total(used))


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
