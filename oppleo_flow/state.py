"""A payload of any type as a part of a node's state."""

from enum import Enum
from typing import Annotated, Any

from pydantic import PlainSerializer, PlainValidator

from oppleo_flow.encoding import decode, encode, known_types


def _stored(payload: Any) -> Any:
    """Return `payload` as JSON data that names its type; a word of an enumeration as its value."""
    if payload is None:
        return None
    return encode(payload.value if isinstance(payload, Enum) else payload)


def _restored(data: Any) -> Any:
    if data is None:
        return None
    types = known_types()
    if data["type"] not in types:
        raise ValueError(f"no loaded node pack has the payload type {data['type']!r}")
    return decode(data, types)


AnyPayload = Annotated[Any, PlainSerializer(_stored), PlainValidator(_restored)]
"""What a node keeps of what came in, whatever its type: a field of a state's dataclass."""
