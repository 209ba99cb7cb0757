r"""What a source says of a vehicle, and where in its answer that stands.

A field is found by a path into JSON (`attributes.odometer`, `list.0.km`), by a regular expression
between slashes, whose first group it is (`/km: (\d+)/`), or it is the whole answer (`.`).
"""

import json
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from oppleo_flow.errors import PayloadError

FieldName = Literal["odometer", "soc", "range", "time"]
Unit = Literal["km", "miles"]
WHOLE: Final = "."
_KM_PER_MILE: Final = 1.609344
_MOST: Final[Mapping[FieldName, float]] = {"odometer": 9_999_999, "soc": 100, "range": 9_999}
_MILLISECONDS_FROM: Final = 1e11  # as seconds that would be in the year 5138
_AHEAD: Final = timedelta(minutes=5)
_SHOWN: Final = 60


def check_place(text: str) -> str:
    """Return where a field stands, as it was written.

    Raises:
        ValueError: It is a regular expression that is none, or without a group.
    """
    if not text.startswith("/"):
        return text
    if len(text) < 3 or not text.endswith("/"):
        raise ValueError(f"a regular expression stands between slashes, got {text!r}")
    try:
        groups = re.compile(text[1:-1]).groups
    except re.error as error:
        raise ValueError(f"is no regular expression: {error}, got {text!r}") from None
    if groups < 1:
        raise ValueError(f"the value is the first group, in round brackets, got {text!r}")
    return text


def found(answer: str, place: str) -> Any:
    """Return what stands at a place of an answer; None: the source does not know it now.

    Raises:
        PayloadError: There is nothing at that place.
    """
    if place == WHOLE:
        return answer.strip() or None
    if place.startswith("/"):
        match = re.search(place[1:-1], answer)
        if match is None:
            raise PayloadError(f"nothing fits {place}, got {answer[:_SHOWN]!r}")
        return match[1]
    try:
        value = json.loads(answer)
    except ValueError:
        raise PayloadError(f"JSON is needed for {place!r}, got {answer[:_SHOWN]!r}") from None
    for name in place.split("."):
        try:
            value = value[int(name)] if isinstance(value, list) else value[name]
        except (KeyError, IndexError, TypeError, ValueError):
            raise PayloadError(f"{place!r} is not there, at {name!r}") from None
    return value


def number(name: FieldName, value: Any, unit: Unit) -> float | None:
    """Return a number in km or percent; None where the source says that it does not know.

    Raises:
        PayloadError: It is none, or no vehicle can have it.
    """
    if value is None or value in ("unknown", "unavailable", "null", "None"):
        return None
    try:
        if isinstance(value, bool):
            raise ValueError
        read = float(value)
    except (TypeError, ValueError):
        raise PayloadError(f"{name}: a number is needed, got {str(value)[:_SHOWN]!r}") from None
    if name != "soc" and unit == "miles":
        read *= _KM_PER_MILE
    if not (math.isfinite(read) and 0 <= read <= _MOST[name]):
        raise PayloadError(
            f"{name}: 0 to {_MOST[name]:.0f} is possible, got {str(value)[:_SHOWN]!r}"
        )
    return read


def moment(value: Any, now: datetime, zone: ZoneInfo) -> datetime:
    """Return a time of the source's: ISO 8601, local where it says no zone, or seconds since 1970.

    Raises:
        PayloadError: It is no time, or is yet to come.
    """
    at = _moment(value, zone)
    if at > now + _AHEAD:
        raise PayloadError(f"time: is yet to come, got {str(value)[:_SHOWN]!r}")
    return min(at, now)


def _moment(value: Any, zone: ZoneInfo) -> datetime:
    try:
        since_1970 = float(value)
        divisor = 1000 if since_1970 >= _MILLISECONDS_FROM else 1
        return datetime.fromtimestamp(since_1970 / divisor, UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        pass
    try:
        at = datetime.fromisoformat(str(value))
    except ValueError:
        raise PayloadError(f"time: is none, got {str(value)[:_SHOWN]!r}") from None
    return at.replace(tzinfo=at.tzinfo or zone).astimezone(UTC)
