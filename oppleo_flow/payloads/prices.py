"""The payloads of prices that change by the hour: those of a market, and what a kWh costs now.

Prices are per kWh, without VAT, and may be negative.  A time for which there is no price is
unknown, never 0.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from oppleo_flow.payloads.base import Payload

_SAMPLE_TIME = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
_SAMPLE_END = _SAMPLE_TIME + timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class MarketPrice:
    """What a kWh costs on the market in [since, until)."""

    since: datetime
    until: datetime
    per_kwh: Decimal


@dataclass(frozen=True, slots=True)
class MarketPrices(Payload):
    """The prices that a source has told, the oldest first; `source` is what tariffs call it."""

    source: str
    currency: str
    slots: tuple[MarketPrice, ...]
    _sample = {
        "source": "day-ahead",
        "currency": "EUR",
        "slots": (MarketPrice(_SAMPLE_TIME, _SAMPLE_END, Decimal("0.08")),),
    }


@dataclass(frozen=True, slots=True)
class PriceNow(Payload):
    """What a kWh costs on the market now, in [since, until).

    `share_cheaper` is which share of the known prices of its local day is lower: 0 at the cheapest.
    """

    per_kwh: Decimal
    currency: str
    since: datetime
    until: datetime
    share_cheaper: float
    _sample = {
        "per_kwh": Decimal("0.08"),
        "currency": "EUR",
        "since": _SAMPLE_TIME,
        "until": _SAMPLE_END,
        "share_cheaper": 0.25,
    }


@dataclass(frozen=True, slots=True)
class PriceUnknown(Payload):
    """What a kWh costs now is not known; since when, and why."""

    since: datetime
    reason: str
    _sample = {"since": _SAMPLE_TIME, "reason": "no price for 13:00"}
