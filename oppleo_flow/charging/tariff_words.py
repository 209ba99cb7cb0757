"""Prices, and the parts of a session at each, in words: for statements and for lists."""

from collections.abc import Sequence
from decimal import Decimal

from oppleo_flow.charging.price_parts import TariffKind
from oppleo_flow.charging.slices import EnergySlice
from oppleo_flow.charging.statement import Statement
from oppleo_flow.charging.tariff import Component, PriceVersion
from oppleo_flow.wording import Wording

_MOST_PARTS = 4
"""So many parts of a session are told one by one."""


def price_of(version: PriceVersion, say: Wording) -> str:
    """Return what a kWh costs: `0.35`, `peak 0.363, off-peak 0.2783` or `day-ahead, + 0.121`."""
    tariff, per_kwh = version.tariff, number(version.price_per_kwh, say)
    if tariff is None:
        return per_kwh
    both = per_kwh
    if tariff.calendar is not None:
        off_peak = number(tariff.per_kwh(off_peak=True), say)
        peak_name, off_peak_name = _kind("peak", say), _kind("off-peak", say)
        both = f"{peak_name} {per_kwh}, {off_peak_name} {off_peak}"
    if tariff.source is None:
        return both
    more = f", {_vat(tariff.vat_percent, say)}" if tariff.vat_percent else ""
    return f"{tariff.source}{more}, + {both}" if tariff.components else f"{tariff.source}{more}"


def components_of(version: PriceVersion, say: Wording) -> str:
    """Return how a price is made up: `energy 0.15/0.08, grid 0.05, VAT 21 %`; "" if flat."""
    if version.tariff is None:
        return ""
    words = [_component(one, say) for one in version.tariff.components]
    if version.tariff.vat_percent:
        words.append(_vat(version.tariff.vat_percent, say))
    return ", ".join(words)


def slices_of(slices: Sequence[EnergySlice], say: Wording) -> str:
    """Return what the parts of a session are, in kWh; empty when all of it costs the same."""
    if len(slices) < 2:
        return ""
    used: dict[tuple[TariffKind, Decimal | None], int] = {}
    for one in slices:
        used[one.kind, one.per_kwh] = used.get((one.kind, one.per_kwh), 0) + one.energy_wh
    if len(used) < 2:
        return ""
    kinds = [kind for kind, _ in used]
    if len(set(kinds)) == len(kinds) and None not in [per_kwh for _, per_kwh in used]:
        # Each kind has one price, which stands above the lines.
        parts = (f"{_kind(kind, say)} {_kwh(used[kind, each], say)}" for kind, each in used)
        return f"{', '.join(parts)} kWh"
    known = [per_kwh for _, per_kwh in used if per_kwh is not None]
    if len(used) > _MOST_PARTS and known:
        low, high = number(min(known), say), number(max(known), say)
        return say("statement.prices_between", count=len(used), low=low, high=high)
    return ", ".join(
        f"{_kwh(energy_wh, say)} kWh {_kind(kind, say)} "
        f"à {'?' if each is None else number(each, say)}"
        for (kind, each), energy_wh in used.items()
    )


def prices_of(statement: Statement) -> list[PriceVersion]:
    """Return the price versions that the lines cost by, the oldest first."""
    parts = [part for line in statement.lines for part in line.slices]
    found = {part.version for part in parts if part.version}
    found |= {line.price for line in statement.lines if line.price and not line.slices}
    return sorted(found, key=lambda one: one.valid_from)


def number(value: Decimal, say: Wording) -> str:
    """Return a number without zeros that say nothing: `0.35` of `0.350000`."""
    short = value.normalize()
    exponent = short.as_tuple().exponent
    return say.number(short if isinstance(exponent, int) and exponent < 0 else short.quantize(1))


def _kwh(energy_wh: int, say: Wording) -> str:
    return say.number(Decimal(energy_wh).scaleb(-3))


def _vat(percent: Decimal, say: Wording) -> str:
    return say("statement.vat", percent=number(percent, say))


def _kind(kind: TariffKind, say: Wording) -> str:
    return say(f"statement.tariff.{kind}")


def _component(one: Component, say: Wording) -> str:
    off_peak = "" if one.off_peak_per_kwh is None else f"/{number(one.off_peak_per_kwh, say)}"
    return f"{one.name} {number(one.per_kwh, say)}{off_peak}"
