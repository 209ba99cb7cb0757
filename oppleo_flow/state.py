"""A payload of any type as a part of a node's state."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any
from uuid import UUID

from pydantic import PlainSerializer, PlainValidator

from oppleo_flow.payloads import Payload, Record, decode, encode

_PLAIN: tuple[type, ...] = (
    *(Record, str, bool, int, float, list, tuple),
    *(Decimal, datetime, UUID),
)


def _stored(payload: Any) -> Any:
    """Return `payload` as JSON data that names its type; a word of an enumeration as its value."""
    if payload is None:
        return None
    return encode(payload.value if isinstance(payload, Enum) else payload)


def _restored(data: Any) -> Any:
    if data is None:
        return None
    types: dict[str, type] = {kind.__name__: kind for kind in (*_below(Payload), *_PLAIN)}
    if data["type"] not in types:
        raise ValueError(f"no loaded node pack has the payload type {data['type']!r}")
    return decode(data, types)


def _below(base: type[Any]) -> Iterator[type[Any]]:
    for kind in base.__subclasses__():
        yield kind
        yield from _below(kind)


AnyPayload = Annotated[Any, PlainSerializer(_stored), PlainValidator(_restored)]
"""What a node keeps of what came in, whatever its type: a field of a state's dataclass."""
