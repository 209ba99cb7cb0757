"""Settings: their base class, and types that read the text YAML hands them."""

import re
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

_UNITS_S = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+")
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")


class NodeConfig(BaseModel):
    """The settings of a node or connection; unknown options are errors, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)


def parse_seconds(value: object) -> object:
    """Return a duration such as `500ms`, `10s`, `1h30m` or `2d` as seconds.

    A number passes as it is; any other text is refused, a bare `10` too, because nobody can see
    whether it means seconds or minutes.
    """
    if not isinstance(value, str):
        return value
    text = value.replace(" ", "")
    if not _DURATION.fullmatch(text):
        raise ValueError("a duration such as 500ms, 10s, 5m, 1h30m or 2d is needed")
    return sum(float(number) * _UNITS_S[unit] for number, unit in _PART.findall(text))


def parse_share(value: object) -> object:
    """Return `1%` as 0.01; a number passes as it is."""
    if isinstance(value, str):
        if not re.fullmatch(r"\d+(\.\d+)?\s*%", value):
            raise ValueError("a percentage such as 1% is needed")
        return float(value.rstrip("% ")) / 100
    return value


def _known_zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("an IANA time zone such as Europe/Amsterdam is needed") from None
    return value


Seconds = Annotated[
    float,
    BeforeValidator(parse_seconds, json_schema_input_type=float | str),
    Field(ge=0, json_schema_extra={"unit": "s"}),
]
"""A duration in seconds; a flow writes `10s`, `5m`, `1h30m`."""

Share = Annotated[
    float, BeforeValidator(parse_share, json_schema_input_type=float | str), Field(ge=0)
]
"""A share of one; a flow writes `1%`."""

TimeZone = Annotated[str, BeforeValidator(_known_zone)]
"""The name of an IANA time zone."""
