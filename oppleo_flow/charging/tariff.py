"""The price of energy: versions with the moment each holds from, and one rounding rule.

A version is a flat price, or a tariff: components that add up, VAT on their sum, a second price in
the off-peak hours of a calendar, and a market price that is added where the tariff is dynamic.

Rounding: a price per kWh has at most six decimals, half up.  A session's amount is the sum of its
parts, each energy times price and exact, rounded once, half up, to cents.
"""

from collections.abc import Iterable
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Self
from uuid import UUID

from oppleo_flow.immutable import immutable

if TYPE_CHECKING:
    from oppleo_flow.charging.calendar_rules import CalendarRules

_CENT = Decimal("0.01")
_WH_PER_KWH = 1000
_DECIMALS = 6
_STEP = Decimal(1).scaleb(-_DECIMALS)
_NO_VAT = Decimal(0)


@immutable
class Component:
    """One part of a price per kWh, without VAT: `energy`, `grid`, `tax`; a rebate is negative.

    `off_peak_per_kwh` is what it is in the off-peak hours; None: the same.
    """

    name: str
    per_kwh: Decimal
    off_peak_per_kwh: Decimal | None = None

    def __post_init__(self) -> None:
        """Refuse what is not a price."""
        for value in (self.per_kwh, self.off_peak_per_kwh):
            if value is not None and not _is_exact(value):
                raise ValueError(
                    f"component {self.name!r}: at most {_DECIMALS} decimals, got {value}"
                )


@immutable
class Tariff:
    """How a price per kWh is made up.

    `calendar` says when it is off-peak; None: never.  `source` names the market prices that are
    added, before VAT; None: the tariff is not dynamic.
    """

    components: tuple[Component, ...] = ()
    vat_percent: Decimal = _NO_VAT
    calendar: "CalendarRules | None" = None
    source: str | None = None

    def __post_init__(self) -> None:
        """Refuse what is not a tariff."""
        if not self.vat_percent.is_finite() or not 0 <= self.vat_percent < 100:
            raise ValueError(f"vat: a percentage from 0 to 100 is needed, got {self.vat_percent}")
        if not self.components and self.source is None:
            raise ValueError("a component, or a source of market prices, is needed")
        if self.calendar is None and any(c.off_peak_per_kwh is not None for c in self.components):
            raise ValueError("off-peak prices need a calendar that says when they hold")

    def per_kwh(self, *, off_peak: bool = False, market: Decimal = Decimal(0)) -> Decimal:
        """Return what a kWh costs, VAT included, rounded to six decimals."""
        net = market + sum(
            (
                c.off_peak_per_kwh if off_peak and c.off_peak_per_kwh is not None else c.per_kwh
                for c in self.components
            ),
            Decimal(0),
        )
        gross = net * (100 + self.vat_percent) / 100
        return _short(gross.quantize(_STEP, ROUND_HALF_UP))


@immutable
class PriceVersion:
    """A price per kWh, from `valid_from` until the next version; never changed afterwards.

    `currency` is an ISO 4217 code; the price may have up to six decimals, more than the currency.
    Without a `tariff` it is the price at all hours.  With one it is the tariff's price in peak
    hours; of a dynamic tariff, what it adds to the market price.  VAT is included.
    """

    price_version_id: UUID
    valid_from: datetime
    price_per_kwh: Decimal
    currency: str
    tariff: Tariff | None = None

    @classmethod
    def of(
        cls, price_version_id: UUID, valid_from: datetime, tariff: Tariff, currency: str
    ) -> Self:
        """Return the version of a tariff."""
        return cls(price_version_id, valid_from, tariff.per_kwh(), currency, tariff)

    def __post_init__(self) -> None:
        """Refuse what is not a price."""
        price = self.price_per_kwh
        dynamic = self.tariff is not None and self.tariff.source is not None
        if not _is_exact(price) or (price < 0 and not dynamic):
            raise ValueError(
                f"price_per_kwh: 0 or more, with at most {_DECIMALS} decimals, got {price}"
            )
        if not (len(self.currency) == 3 and self.currency.isascii() and self.currency.isupper()):
            raise ValueError(f"currency: a code such as EUR is needed, got {self.currency!r}")
        if self.valid_from.tzinfo is None:
            raise ValueError(f"valid_from: an aware datetime is needed, got {self.valid_from!r}")


def price_at(versions: Iterable[PriceVersion], at: datetime) -> PriceVersion | None:
    """Return the version that holds at an instant; None when none does yet."""
    begun = [version for version in versions if version.valid_from <= at]
    return max(begun, key=lambda version: version.valid_from, default=None)


def amount(energy_wh: int | None, price: PriceVersion | None) -> Decimal | None:
    """Return what energy costs at a flat price; None when the energy or the price is unknown."""
    if energy_wh is None or price is None:
        return None
    return total([(energy_wh, price.price_per_kwh)])


def total(parts: Iterable[tuple[int, Decimal | None]]) -> Decimal | None:
    """Return what parts of energy cost together: multiplied, added, then rounded once to cents.

    None when the price of a part is unknown: that is not the same as free.
    """
    exact = Decimal(0)
    for energy_wh, per_kwh in parts:
        if per_kwh is None:
            return None
        exact += energy_wh * per_kwh
    return (exact / _WH_PER_KWH).quantize(_CENT, ROUND_HALF_UP)


def vat_in(gross: Decimal, vat_percent: Decimal) -> Decimal:
    """Return how much of an amount is VAT, rounded once, half up, to cents."""
    return (gross * vat_percent / (100 + vat_percent)).quantize(_CENT, ROUND_HALF_UP)


def _short(price: Decimal) -> Decimal:
    """Return a price as somebody would write it: 0.30 and 0.2783, without more zeros."""
    short = price.normalize()
    return short.quantize(_CENT) if short == short.quantize(_CENT) else short


def _is_exact(price: Decimal) -> bool:
    return price.is_finite() and price == round(price, _DECIMALS)
