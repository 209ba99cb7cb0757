"""Prices that several tests go by."""

from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from oppleo_flow.charging.calendar_rules import CalendarRules
from oppleo_flow.charging.tariff import Component, PriceVersion, Tariff

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
DAL = CalendarRules.model_validate(
    {
        "timezone": "Europe/Amsterdam",
        "open": [
            {"days": "mon-fri", "from": "23:00", "to": "07:00"},
            {"days": "sat,sun", "from": "00:00", "to": "24:00"},
        ],
        "holidays": "nl-off-peak",
    }
)
FLAT = PriceVersion(UUID(int=1), LONG_AGO, Decimal("0.35"), "EUR")
DUAL = PriceVersion.of(
    UUID(int=2),
    LONG_AGO,
    Tariff(
        (
            Component("energy", Decimal("0.15"), Decimal("0.08")),
            Component("grid", Decimal("0.05")),
            Component("tax", Decimal("0.10")),
        ),
        vat_percent=Decimal(21),
        calendar=DAL,
    ),
    "EUR",
)
"""0.363 in peak hours, 0.2783 off-peak."""
DYNAMIC = PriceVersion.of(
    UUID(int=3),
    LONG_AGO,
    Tariff((Component("tax", Decimal("0.10")),), Decimal(21), source="day-ahead"),
    "EUR",
)
