"""Payloads as plain JSON data, and back: for durable wires, durable state and child processes."""

import functools
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from oppleo_flow.payloads import Payload
from oppleo_flow.record import Record


def encode(payload: Any) -> dict[str, Any]:
    """Return `payload` as plain JSON data, with the name of its type.

    Raises:
        ValueError: Something in it has no JSON form.
    """
    from pydantic_core import to_jsonable_python  # noqa: PLC0415  (costs start-up time)

    # Otherwise an infinity would come back as None.
    value = to_jsonable_python(payload, inf_nan_mode="constants")
    return {"type": type(payload).__name__, "value": value}


def decode(data: Mapping[str, Any], types: Mapping[str, type]) -> Any:
    """Return what `encode` was given; `types` maps the names that may occur to their types.

    Raises:
        KeyError: The type's name is not among `types`.
    """
    kind = types[data["type"]]
    value = _adapter(kind).validate_python(data["value"])
    return Record.of(value) if kind is Record else value


@functools.cache
def _adapter(kind: type) -> Any:
    """Return pydantic's converter for `kind`, made when first needed: it costs start-up time."""
    from pydantic import TypeAdapter  # noqa: PLC0415

    return TypeAdapter(dict[str, Any] if kind is Record else kind)


def known_types() -> dict[str, type]:
    """Return every type that a message may be kept as, by name: all payloads, and plain values."""
    plain = (Record, str, bool, int, float, list, tuple, Decimal, datetime, UUID)
    return {kind.__name__: kind for kind in (*_below(Payload), *plain)}


def _below(base: type[Any]) -> Iterator[type[Any]]:
    for kind in base.__subclasses__():
        yield kind
        yield from _below(kind)
