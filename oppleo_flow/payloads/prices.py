"""The payloads of prices that change by the hour: those of a market, and what a kWh costs now.

Prices are per kWh, without VAT, and may be negative.  A time for which there is no price is
unknown, never 0.
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from oppleo_flow.immutable import immutable
from oppleo_flow.payloads.base import Payload

_SAMPLE_TIME = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
_SAMPLE_END = _SAMPLE_TIME + timedelta(hours=1)


@immutable
class MarketPrice:
    """What a kWh costs on the market in [since, until)."""

    since: datetime
    until: datetime
    per_kwh: Decimal


@immutable
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


@immutable
class BilledPart:
    """A part of a session's energy that costs the same; `per_kwh` is None where that is unknown.

    `tariff` is which price of a tariff it is: `flat`, `peak`, `off-peak`, `dynamic`, or `unknown`.
    """

    since: datetime
    until: datetime
    energy_wh: int
    tariff: str
    per_kwh: Decimal | None
    estimated: bool


@immutable
class SessionBilled(Payload):
    """What a session that ended costs, as the ledger has it; None where that is unknown."""

    session_id: UUID
    label: str
    started_at: datetime
    ended_at: datetime
    energy_wh: int | None
    amount: Decimal | None
    currency: str | None
    parts: tuple[BilledPart, ...]
    flags: tuple[str, ...] = ()
    _sample = {
        "session_id": UUID("00000000-0000-4000-8000-000000000001"),
        "label": "family",
        "started_at": _SAMPLE_TIME,
        "ended_at": _SAMPLE_END,
        "energy_wh": 10_000,
        "amount": Decimal("3.50"),
        "currency": "EUR",
        "parts": (
            BilledPart(_SAMPLE_TIME, _SAMPLE_END, 10_000, "flat", Decimal("0.35"), estimated=False),
        ),
    }


@immutable
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


@immutable
class PriceUnknown(Payload):
    """What a kWh costs now is not known; since when, and why."""

    since: datetime
    reason: str
    _sample = {"since": _SAMPLE_TIME, "reason": "no price for 13:00"}
