"""Payloads and moments in the notation of a flow's tests, so that they can be copied into one."""

import dataclasses
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from enum import Enum
from typing import Any

_BARE = re.compile(r"[A-Za-z0-9_/][A-Za-z0-9_ ./+()%-]*")
_LONGEST = 200


def shown(payload: Any, zone: tzinfo) -> str:
    """Return a payload as `SwitchRequest {on: true, reason: "…"}`, on one line that is not long."""
    text = _text(payload, zone)
    if dataclasses.is_dataclass(payload):
        text = f"{type(payload).__name__} {text}"
    return cut(text)


def cut(text: str) -> str:
    """Return as much of a text as fits on a line."""
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def noted(value: Any, zone: tzinfo = UTC) -> str:
    """Return a value on one line, all of it."""
    return _text(value, zone)


def clock_time(moment: datetime, zone: tzinfo) -> str:
    """Return the local time of a moment, with its day: `Thu 23:30:00`."""
    local = moment.astimezone(zone)
    fraction = f".{local.microsecond // 1000:03d}" if local.microsecond >= 1000 else ""
    return f"{local:%a %H:%M:%S}{fraction}"


def _text(value: Any, zone: tzinfo) -> str:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _map({one.name: getattr(value, one.name) for one in dataclasses.fields(value)}, zone)
    if isinstance(value, Mapping):
        return _map(value, zone)
    if isinstance(value, list | tuple):
        return f"[{', '.join(_text(item, zone) for item in value)}]"
    return _scalar(value.value if isinstance(value, Enum) else value, zone)


def _scalar(value: Any, zone: tzinfo) -> str:
    if value is None:
        return "null"
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, datetime):
        return value.astimezone(zone).isoformat()
    return str(value).lower() if isinstance(value, bool) else str(value)


def _map(fields: Mapping[Any, Any], zone: tzinfo) -> str:
    return f"{{{', '.join(f'{name}: {_text(value, zone)}' for name, value in fields.items())}}}"


def _quoted(text: str) -> str:
    """Return text as a flow would have it: in quotes where it would mean something else."""
    bare = _BARE.fullmatch(text) and not text.endswith(" ")
    return text if bare else json.dumps(text, ensure_ascii=False)
