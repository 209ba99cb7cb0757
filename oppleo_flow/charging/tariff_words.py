"""Prices in words, for lists and for statements."""

from collections.abc import Sequence
from decimal import Decimal

from oppleo_flow.charging.price_parts import TariffKind
from oppleo_flow.charging.slices import EnergySlice
from oppleo_flow.charging.tariff import Component, PriceVersion

_MOST_PARTS = 4
"""So many parts of a session are told one by one."""


def price_words(version: PriceVersion) -> str:
    """Return what a kWh costs: `0.35`, `peak 0.363, off-peak 0.2783` or `day-ahead + 0.121`."""
    tariff, per_kwh = version.tariff, plain(version.price_per_kwh)
    if tariff is None:
        return per_kwh
    off_peak = plain(tariff.per_kwh(off_peak=True))
    both = per_kwh if tariff.calendar is None else f"peak {per_kwh}, off-peak {off_peak}"
    if tariff.source is None:
        return both
    more = "" if not tariff.vat_percent else f", with {plain(tariff.vat_percent)} % VAT"
    return f"{tariff.source}{more}, + {both}" if tariff.components else f"{tariff.source}{more}"


def component_words(version: PriceVersion) -> str:
    """Return how a price is made up: `energy 0.15/0.08, grid 0.05, VAT 21 %`; empty if flat."""
    if version.tariff is None:
        return ""
    words = [_component(one) for one in version.tariff.components]
    if version.tariff.vat_percent:
        words.append(f"VAT {plain(version.tariff.vat_percent)} %")
    return ", ".join(words)


def slice_words(slices: Sequence[EnergySlice]) -> str:
    """Return what the parts of a session are, in kWh; empty when all of it costs the same."""
    used: dict[tuple[TariffKind, Decimal | None], int] = {}
    for one in slices:
        used[one.kind, one.per_kwh] = used.get((one.kind, one.per_kwh), 0) + one.energy_wh
    if len(used) < 2:
        return ""
    kinds = [kind for kind, _ in used]
    if len(set(kinds)) == len(kinds) and None not in [per_kwh for _, per_kwh in used]:
        # Each kind has one price, which stands above the lines.
        parts = ", ".join(f"{kind} {_kwh(used[kind, each])}" for kind, each in used)
        return f"{parts} kWh"
    known = [per_kwh for _, per_kwh in used if per_kwh is not None]
    if len(used) > _MOST_PARTS and known:
        return f"{len(used)} prices, {plain(min(known))} to {plain(max(known))}"
    return ", ".join(
        f"{_kwh(energy_wh)} kWh {kind} at {'?' if each is None else plain(each)}"
        for (kind, each), energy_wh in used.items()
    )


def plain(number: Decimal) -> str:
    """Return a number without zeros that say nothing: `0.35` of `0.350000`."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _kwh(energy_wh: int) -> Decimal:
    return Decimal(energy_wh).scaleb(-3)


def _component(one: Component) -> str:
    off_peak = "" if one.off_peak_per_kwh is None else f"/{plain(one.off_peak_per_kwh)}"
    return f"{one.name} {plain(one.per_kwh)}{off_peak}"
