"""A payload of any type as a part of a node's state."""

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from oppleo_flow.payloads import EvseSignal, MeterReading, Payload, payload_types
from oppleo_flow.record import Record
from oppleo_flow.state import AnyPayload


@dataclass(frozen=True, slots=True)
class Kept:
    payload: AnyPayload


@dataclass(frozen=True, slots=True)
class FromADropIn(Payload):
    level: int


ADAPTER = TypeAdapter(Kept)


def restored(payload: Any) -> Any:
    text = json.dumps(ADAPTER.dump_python(Kept(payload), mode="json"))
    return ADAPTER.validate_python(json.loads(text)).payload


@pytest.mark.parametrize(
    "payload",
    [
        *(pytest.param(kind.sample(), id=kind.__name__) for kind in payload_types()),
        pytest.param(Record.of({"a": [1, {"b": None}]}), id="a record"),
        pytest.param(FromADropIn(5), id="a payload type of a drop-in"),
        *(
            pytest.param(value, id=repr(value))
            for value in (None, True, 0, 1.5, "a", Decimal("0.10"))
        ),
    ],
)
def test_it_is_the_same_after_a_restart(payload: object) -> None:
    assert restored(payload) == payload
    assert type(restored(payload)) is type(payload)


def test_a_word_of_an_enumeration_comes_back_as_an_equal_text() -> None:
    assert restored(EvseSignal.CHARGING) == EvseSignal.CHARGING


def test_a_type_that_no_loaded_pack_has_is_told() -> None:
    data = ADAPTER.dump_python(Kept(MeterReading.sample()), mode="json")
    data["payload"]["type"] = "Gone"
    with pytest.raises(ValidationError) as refused:
        ADAPTER.validate_python(data)

    (error,) = refused.value.errors()
    assert error["msg"] == "Value error, no loaded node pack has the payload type 'Gone'"
