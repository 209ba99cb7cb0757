"""The price of energy: versions with the moment each holds from, and one rounding rule."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from uuid import UUID

_CENT = Decimal("0.01")
_WH_PER_KWH = 1000
_DECIMALS = 6


@dataclass(frozen=True, slots=True)
class PriceVersion:
    """A flat price per kWh, from `valid_from` until the next version; never changed afterwards.

    `currency` is an ISO 4217 code; the price may have up to six decimals, more than the currency.
    """

    price_version_id: UUID
    valid_from: datetime
    price_per_kwh: Decimal
    currency: str

    def __post_init__(self) -> None:
        """Refuse what is not a price."""
        price = self.price_per_kwh
        if not price.is_finite() or price < 0 or price != round(price, _DECIMALS):
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
    """Return what energy costs: multiplied, then rounded once, half up, to cents.

    None when the energy or the price is unknown: that is not the same as free.
    """
    if energy_wh is None or price is None:
        return None
    return (energy_wh * price.price_per_kwh / _WH_PER_KWH).quantize(_CENT, ROUND_HALF_UP)
