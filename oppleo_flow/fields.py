"""Fields of payloads by name, and plain values by their text: what general nodes are made of."""

import re
from collections.abc import Callable, Iterable
from datetime import datetime
from decimal import Decimal
from operator import attrgetter
from typing import Any, Final
from uuid import UUID

from oppleo_flow.record import Record

_NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,30})(\.\d{1,30})?([eE][+-]?\d{1,2})?")
_WORDS: Final = {"true": True, "false": False}
_NOTHING: Final = object()


def field_reader(path: str | None) -> Callable[[Any], Any]:
    """Return a function that takes a payload and returns its field; without a path, the payload.

    A `Record` is asked by key, anything else by attribute.  What is not there is None, as is what
    the payload itself says it does not have.
    """
    if path is None:
        return lambda payload: payload
    first, *rest = path.split(".")
    if rest:
        steps = [_one(name) for name in (first, *rest)]

        def read(payload: Any) -> Any:
            for step in steps:
                payload = step(payload)
            return payload

        return read
    return _one(first)


def _one(name: str) -> Callable[[Any], Any]:
    def read(payload: Any) -> Any:
        if isinstance(payload, Record):
            return payload.get(name)
        return getattr(payload, name, None)

    return read


def plain_value(text: str) -> bool | int | float | str | None:
    """Return what a scalar of a flow file means by itself, by the rules of JSON.

    `true`, `false` and `null` are themselves, a number as JSON writes it is a number (of at most 31
    digits), all else is text: `0412`, `1_000`, `on`, `23:00` and `NaN` stay text.
    """
    if text == "null":
        return None
    if text in _WORDS:
        return _WORDS[text]
    number = _NUMBER.fullmatch(text)
    if number is None:
        return text
    return float(text) if any(number.groups()) else int(text)


class ValueOfText(dict[type, Any]):
    """What one text means to each type of value it is compared with, worked out once per type.

    `ValueOfText("16")[type(value)] == value` never takes `"16"` for `True`, nor `"1"` for `"01"`: a
    number is equal to its text, a text to the same text, a truth to `true` or `false`.
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text

    def is_a(self, kind: type) -> bool:
        """Return whether the text means anything as a `kind`."""
        return self[kind] is not _NOTHING

    def __missing__(self, kind: type) -> Any:
        value = self[kind] = _as_type(self.text, kind)
        return value


def _as_type(text: str, kind: type) -> Any:
    """Return what `text` means as a `kind`; something that equals nothing when it means nothing."""
    for base, read in _READERS:
        if issubclass(kind, base):
            try:
                return read(text)
            except ValueError:
                return _NOTHING
    return _NOTHING


def _number(text: str) -> int | float:
    value = plain_value(text)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"not a number: {text!r}")
    return value


def _decimal(text: str) -> Decimal:
    _number(text)
    return Decimal(text)


# In this order: a truth is an int to Python.
_READERS: Final[tuple[tuple[type, Callable[[str], Any]], ...]] = (
    (str, str),
    (bool, lambda text: _WORDS.get(text, _NOTHING)),
    (int, _number),
    (float, _number),
    (Decimal, _decimal),
    (datetime, datetime.fromisoformat),
    (UUID, UUID),
)


def attributes_reader(names: Iterable[str]) -> Callable[[Any], tuple[Any, ...]]:
    """Return what reads some attributes of an object, in less time than asking for each."""
    several = tuple(names)
    if len(several) < 2:  # an `attrgetter` of one name gives no tuple
        return lambda owner: tuple([getattr(owner, name) for name in several])
    return attrgetter(*several)
