"""Scalars by the type of the option they are for.

YAML 1.1 reads `23:00` as 1380, `0412345` as octal and `no` as false.  Here a scalar stays text
until the field's type is known: text that pydantic would misread (`17.0` for an int, `2300`
for a time) becomes a `Misfit`, which it refuses.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final

from oppleo_flow.fields import plain_value
from oppleo_flow.flowfile.tree import Scalar, Value, YamlList, YamlMap

TRUTHS: Final = {"on": True, "yes": True, "true": True, "off": False, "no": False, "false": False}
NULLS: Final = frozenset({"", "~", "null", "Null", "NULL"})
_INT = re.compile(r"[-+]?[0-9]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]{1,3})?")
LEADING_ZERO = re.compile(r"[-+]?0[0-9]")
_LONGEST_NUMBER = 400


class Misfit:
    """Text that is not what the type of its option needs."""

    def __init__(self, text: str) -> None:
        self.text = text


class _Absent:
    """Nothing: the option has its default, the item is left out."""


ABSENT: Final = _Absent()


@dataclass(slots=True)
class Unknown:
    """A key that a map has and its model does not; `path` leads to the map."""

    key: Scalar
    path: tuple[str | int, ...]
    known: tuple[str, ...]


@dataclass(slots=True)
class Reading:
    """One value being read: the keys nobody knows, and the way from the top to here."""

    unknown: list[Unknown] = field(default_factory=list)
    path: list[str | int] = field(default_factory=list)


Read = Callable[[Value, Reading], Any]


def is_null(scalar: Scalar) -> bool:
    """Return whether nothing, `~` or `null` was written."""
    return scalar.plain and not scalar.secret and scalar.text in NULLS


def as_written(value: Value, reading: Reading) -> Any:
    """Return a value with every scalar as the text that it is."""
    match value:
        case YamlList():
            return [as_written(item, reading) for item in value.items if not _lost(item)]
        case YamlMap():
            return {
                name: as_written(entry.value, reading)
                for name, entry in value.entries.items()
                if not _lost(entry.value)
            }
        case Scalar():
            return _known(value, value.text)


def freely(value: Value, reading: Reading) -> Any:
    """Return a value of which nothing is known: by the rules of JSON, quotes make text."""
    match value:
        case YamlList():
            return [freely(item, reading) for item in value.items if not _lost(item)]
        case YamlMap():
            return {
                name: freely(entry.value, reading)
                for name, entry in value.entries.items()
                if not _lost(entry.value)
            }
        case Scalar():
            if not value.plain:
                return _known(value, value.text)
            return _known(value, plain_value(value.text) if value.text else None)


def _lost(value: Value) -> bool:
    return isinstance(value, Scalar) and value.unreadable


def _known(scalar: Scalar, made: Any) -> Any:
    """Return what was made of a scalar; a secret is handed on wrapped."""
    if scalar.unreadable:
        return ABSENT
    return made if scalar.hidden is None else scalar.hidden


def _scalar(make: Callable[[str], Any]) -> Read:
    """Return what reads one scalar with `make`, which returns None for text that does not fit."""

    def read(value: Value, reading: Reading) -> Any:
        if not isinstance(value, Scalar):
            return as_written(value, reading)
        made = make(value.text) if value.hidden is None else None
        return _known(value, Misfit(value.text) if made is None else made)

    return read


def _int(text: str) -> int | None:
    if len(text) > _LONGEST_NUMBER or not _INT.fullmatch(text):
        return None
    return int(text, 16) if "x" in text else int(text)


def _float(text: str) -> float | None:
    number = float(text) if _FLOAT.fullmatch(text) else math.inf
    return number if math.isfinite(number) else None


def _decimal(text: str) -> Decimal | None:
    return Decimal(text) if len(text) < _LONGEST_NUMBER and _FLOAT.fullmatch(text) else None


def _truth(text: str) -> bool | None:
    return TRUTHS.get(text.lower())


def _with(sign: str) -> Callable[[str], str | None]:
    """Return a check that refuses what pydantic would take for a number of seconds."""
    return lambda text: text if sign in text[1:] else None


def _duration(text: str) -> str | None:
    return None if _FLOAT.fullmatch(text) else text


BY_TYPE: Final[tuple[tuple[type, Read], ...]] = (
    (bool, _scalar(_truth)),
    (int, _scalar(_int)),
    (float, _scalar(_float)),
    (Decimal, _scalar(_decimal)),
    (time, _scalar(_with(":"))),
    (datetime, _scalar(_with("-"))),
    (date, _scalar(_with("-"))),
    (timedelta, _scalar(_duration)),
)


def one_of(choices: tuple[Any, ...]) -> Read:
    """Return what reads one of some values: text as it is, a number or a truth by its kind."""
    readers = {bool: _truth, int: _int, float: _float}

    def make(text: str) -> Any:
        if text in choices:
            return text
        for choice in choices:
            read = readers.get(type(choice))
            if read is not None and read(text) == choice:
                return choice
        return text

    return _scalar(make)
