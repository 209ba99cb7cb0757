"""Settings: their base class, and types that read the text YAML hands them."""

import re
from datetime import time
from decimal import Decimal
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

SITE_NAMES = "site_names"
"""In a validator's context: tells the names of what the site has of a kind, None: not known."""

_UNITS_S = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_UNITS_BYTES = {"kB": 1000, "MB": 1000**2, "GB": 1000**3}
_SIZE = re.compile(r"([1-9][0-9]{0,5})(kB|MB|GB)")
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+")
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_TIME_OF_DAY = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?")
_RATE = re.compile(r"([1-9][0-9]{0,6})/((?:[0-9.]+)?(?:ms|s|m|h|d))")
_FIELD = re.compile(r"[A-Za-z]\w*(?:\.[A-Za-z0-9]\w*)*")
_PORT = re.compile(r"[a-z][a-z0-9_]*")


class NodeConfig(BaseModel):
    """The settings of a node or connection; unknown options are errors, values do not change."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        validate_default=True,
        allow_inf_nan=False,
        # The registry does it: a start whose flow was checked before has no use for a validator.
        defer_build=True,
    )


def parse_seconds(value: object) -> object:
    """Return a duration such as `500ms`, `10s`, `1h30m` or `2d` as seconds.

    A number passes as it is; any other text is refused, a bare `10` too, because nobody can see
    whether it means seconds or minutes.

    Raises:
        ValueError: It is another text.
    """
    if not isinstance(value, str):
        return value
    text = value.replace(" ", "")
    if not _DURATION.fullmatch(text):
        raise ValueError("a duration such as 500ms, 10s, 5m, 1h30m or 2d is needed")
    return sum(float(number) * _UNITS_S[unit] for number, unit in _PART.findall(text))


def parse_share(value: object) -> object:
    """Return `1%` as 0.01; a number passes as it is.

    Raises:
        ValueError: It is another text.
    """
    if isinstance(value, str):
        if not re.fullmatch(r"\d+(\.\d+)?\s*%", value):
            raise ValueError("a percentage such as 1% is needed")
        return float(value.rstrip("% ")) / 100
    return value


def parse_bytes(value: object) -> object:
    """Return a size such as `50MB` as bytes, 50 000 000; a number passes as it is.

    Raises:
        ValueError: It is another text.
    """
    if not isinstance(value, str):
        return value
    found = _SIZE.fullmatch(value.replace(" ", ""))
    if found is None:
        raise ValueError("a size such as 50MB, 500kB or 2GB is needed")
    return int(found[1]) * _UNITS_BYTES[found[2]]


def parse_rate(value: object) -> object:
    """Return `6/h` as (6, 3600.0): so many messages in so many seconds.

    Raises:
        ValueError: It is another text.
    """
    if not isinstance(value, str):
        return value
    found = _RATE.fullmatch(value.replace(" ", ""))
    if found is None:
        raise ValueError("a number of messages in a time, such as 6/h or 1/30s, is needed")
    number, period = found.groups()
    return int(number), parse_seconds(period if period[0].isdigit() else f"1{period}")


def parse_time_of_day(value: object) -> object:
    """Return `06:00` or `06:00:30` as a time; a time passes as it is.

    Raises:
        ValueError: It is anything else.
    """
    if isinstance(value, time):
        return value
    found = _TIME_OF_DAY.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        raise ValueError("a time of day such as 06:00 is needed")
    hour, minute, second = found.groups(default="0")
    return time(int(hour), int(minute), int(second))


def scalar_text(value: object) -> object:
    """Return a scalar as the text a flow file would have for it; text passes as it is."""
    if value is None or isinstance(value, bool):
        return str(value).lower().replace("none", "null")
    return str(value) if isinstance(value, int | float | Decimal) else value


def notation(pattern: str, *examples: str, form: str = "notation") -> Any:
    """Return what a flow has for an option, as a `json_schema_input_type`: text, never a number.

    `pattern` is a regular expression that Python and JavaScript read alike; it may take too much.
    """
    about = Field(pattern=pattern, examples=[*examples], json_schema_extra={"format": form})
    return Annotated[str, about]


def _field_path(value: str) -> str:
    if not _FIELD.fullmatch(value):
        raise ValueError("the name of a field is needed, such as power_w or car.soc")
    return value


def _port_name(value: str) -> str:
    if not _PORT.fullmatch(value) or value == "error":
        raise ValueError("a port's name is small letters, digits and _, and not `error`")
    return value


def known_zone(value: str) -> str:
    """Return the name of an IANA time zone; any other text is refused.

    Raises:
        ValueError: It is another text.
    """
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("an IANA time zone such as Europe/Amsterdam is needed") from None
    return value


Seconds = Annotated[
    float,
    BeforeValidator(
        parse_seconds,
        json_schema_input_type=notation(
            r"^ *(\d+(\.\d+)? *(ms|s|m|h|d) *)+$", "10s", "500ms", "1h30m"
        ),
    ),
    Field(ge=0, json_schema_extra={"unit": "s"}),
]
"""A duration in seconds; a flow writes `10s`, `5m`, `1h30m`."""

Share = Annotated[
    float,
    BeforeValidator(
        parse_share, json_schema_input_type=notation(r"^\d+(\.\d+)?\s*%$", "1%", "12.5%")
    ),
    Field(ge=0, json_schema_extra={"unit": "%"}),
]
"""A share of one; a flow writes `1%`."""

Bytes = Annotated[
    int,
    BeforeValidator(
        parse_bytes,
        json_schema_input_type=notation(r"^ *[1-9][0-9]{0,5} *(kB|MB|GB) *$", "50MB", "2GB"),
    ),
]
"""A size on disk in bytes; a flow writes `50MB`."""

RateText = notation(r"^[0-9 ]+/[0-9. ]*(ms|s|m|h|d) *$", "6/h", "1/30s")

Rate = Annotated[tuple[int, float], BeforeValidator(parse_rate, json_schema_input_type=RateText)]
"""So many in so many seconds; a flow writes `6/h`."""

TimeZone = Annotated[str, AfterValidator(known_zone)]
"""The name of an IANA time zone."""

TimeOfDay = Annotated[
    time,
    BeforeValidator(
        parse_time_of_day,
        json_schema_input_type=notation(
            rf"^\s*({_TIME_OF_DAY.pattern})\s*$", "06:00", "06:00:30", form="time"
        ),
    ),
]
"""A time on the local clock; a flow writes `06:00`."""

ScalarText = Annotated[
    str, BeforeValidator(scalar_text, json_schema_input_type=str | float | bool | None)
]
"""A plain value that stays text until the type is known that it must have."""

FieldPath = Annotated[str, AfterValidator(_field_path)]
"""The name of a field of a payload; dots lead into what is inside."""

PortName = Annotated[str, AfterValidator(_port_name)]
"""The name of an output that the settings make."""
