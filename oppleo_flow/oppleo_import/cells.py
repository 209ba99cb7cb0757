"""The values in Oppleo's tables, each from its text; None is what is not known.

Oppleo keeps numbers as binary fractions, of which many are one decimal with noise behind it, and a
column that it takes for filled may be empty.
"""

import math
from collections.abc import Mapping
from datetime import datetime, time
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Final

Row = Mapping[str, str | None]
"""One row of a table, by column; every value as PostgreSQL writes it, None for NULL."""

_WH_PER_KWH: Final = 1000
_MOST_KWH: Final = 1e9
_SIX_DECIMALS: Final = Decimal("0.000001")


def filled(row: Row) -> dict[str, str]:
    """Return what stands in a row, without the columns that are empty."""
    return {name: text for name, text in row.items() if text is not None}


def whole(text: str | None) -> int | None:
    """Return a whole number."""
    if text is None:
        return None
    try:
        return int(text)
    except ValueError:
        return None


def number(text: str | None) -> float | None:
    """Return a finite number."""
    if text is None:
        return None
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def energy_wh(text: str | None) -> int | None:
    """Return kWh as whole Wh, without the noise; what no counter could show is unknown."""
    kwh = number(text)
    return None if kwh is None or abs(kwh) > _MOST_KWH else round(kwh * _WH_PER_KWH)


def money(text: str | None) -> Decimal | None:
    """Return an amount, or a price per kWh, with six decimals at most and no noise."""
    if text is None:
        return None
    try:
        value = Decimal(text)
        exact = value.quantize(_SIX_DECIMALS, ROUND_HALF_UP) if value.is_finite() else None
    except InvalidOperation:  # no number, or one of which six decimals cannot be told
        return None
    return None if exact is None else _short(exact)


def _short(value: Decimal) -> Decimal:
    """Return the same without zeros at its end, and with two decimals at least."""
    text = f"{value:f}".rstrip("0")
    whole_part, _, decimals = text.partition(".")
    return Decimal(f"{whole_part}.{decimals:0<2}")


def truth(text: str | None) -> bool | None:
    """Return yes or no."""
    return None if text is None else {"t": True, "true": True, "f": False, "false": False}.get(text)


def moment(text: str | None) -> datetime | None:
    """Return a date with its time, as the machine's clock showed it, mostly without a zone."""
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:  # `infinity`, or a year that nobody will see
        return None


def clock_time(text: str | None) -> time | None:
    """Return a time of day; midnight at the end of a day is that at its beginning."""
    if text is None:
        return None
    try:
        return time.fromisoformat(text)
    except ValueError:
        return None


def words(text: str | None) -> str:
    """Return a text on one line, without space around it; empty where there is none."""
    return " ".join((text or "").split())
