"""Payloads: they never change, and come back from JSON as they went."""

import copy
import json
import pickle
from collections.abc import Callable
from dataclasses import FrozenInstanceError, fields
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oppleo_flow.encoding import decode, encode
from oppleo_flow.payloads import (
    BilledPart,
    EvseSignal,
    EvseState,
    MarketPrice,
    MeterReading,
    Payload,
    SwitchRequest,
    payload_types,
)
from oppleo_flow.record import Record, frozen

KINDS = list(payload_types())
TYPES: dict[str, type] = {kind.__name__: kind for kind in (*KINDS, Record)}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
FLOATS = st.floats(allow_nan=False)  # which is not equal to itself
TIMES = st.datetimes(timezones=st.just(UTC))
PRICES = st.decimals(allow_nan=False, allow_infinity=False)
BY_TYPE: dict[Any, st.SearchStrategy[Any]] = {
    tuple[MarketPrice, ...]: st.lists(st.builds(MarketPrice, TIMES, TIMES, PRICES)).map(tuple),
    Any: JSON,
    Decimal: PRICES,
    Decimal | None: st.none() | PRICES,
    tuple[BilledPart, ...]: st.lists(
        st.builds(BilledPart, TIMES, TIMES, per_kwh=st.none() | PRICES)
    ).map(tuple),
    datetime: TIMES,
    datetime | None: st.none() | TIMES,
    float: FLOATS,
    float | None: st.none() | FLOATS,
    tuple[float, ...]: st.lists(FLOATS).map(tuple),
    tuple[float, ...] | None: st.none() | st.lists(FLOATS).map(tuple),
}


def payloads(kind: type[Payload]) -> st.SearchStrategy[Payload]:
    """Return payloads of one type with anything in their fields that may be there."""
    hints = get_type_hints(kind)
    ours = {f.name: BY_TYPE[hints[f.name]] for f in fields(kind) if hints[f.name] in BY_TYPE}  # type: ignore[arg-type]
    return st.builds(kind, **ours)


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
def test_a_payload_comes_back_from_json_as_it_went(
    kind: type[Payload], data: st.DataObject
) -> None:
    payload = data.draw(payloads(kind))

    assert decode(json.loads(json.dumps(encode(payload))), TYPES) == payload


@given(st.dictionaries(st.text(), JSON))
def test_a_record_comes_back_from_json_as_it_went(fields_: dict[str, Any]) -> None:
    record = Record.of(fields_)

    assert decode(json.loads(json.dumps(encode(record))), TYPES) == record


def test_a_type_that_nobody_expects_is_not_decoded() -> None:
    with pytest.raises(KeyError, match=r"^'Beep'$"):
        decode({"type": "Beep", "value": {"pattern": "ok"}}, {})


@pytest.mark.parametrize("kind", KINDS)
def test_a_payload_does_not_change(kind: type[Payload]) -> None:
    payload = kind.sample()
    name = fields(payload)[0].name  # type: ignore[arg-type]
    with pytest.raises(FrozenInstanceError):
        setattr(payload, name, None)


@pytest.mark.parametrize("kind", KINDS)
def test_a_sample_can_be_part_of_a_set_and_says_what_it_is(kind: type[Payload]) -> None:
    assert len({kind.sample(), kind.sample()}) == 1
    assert kind.__doc__


def test_with_makes_a_copy_in_which_fields_differ() -> None:
    reading = MeterReading.sample()

    assert reading.with_(power_w=5.0) == MeterReading.sample(power_w=5.0)
    assert reading == MeterReading.sample()


@pytest.mark.parametrize(("on", "urgent"), [(True, False), (False, True)])
def test_only_switching_off_is_urgent(on: bool, urgent: bool) -> None:
    assert SwitchRequest.sample(on=on).urgent is urgent


@pytest.mark.parametrize(
    ("signal", "charging", "car_connected"),
    [
        (EvseSignal.ACCESS_OFF, False, None),
        (EvseSignal.STANDBY, False, False),
        (EvseSignal.CONNECTED, False, True),
        (EvseSignal.CHARGING, True, True),
        (EvseSignal.CHARGING_SOLAR, True, True),
        (EvseSignal.WAITING, False, True),
        (EvseSignal.ERROR, False, None),
    ],
)
def test_what_the_led_of_the_evse_tells(
    signal: EvseSignal, charging: bool, car_connected: bool | None
) -> None:
    state = EvseState.sample(signal=signal)

    assert (state.charging, state.car_connected) == (charging, car_connected)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda r: r.__setitem__("a", 2), id="setting"),
        pytest.param(lambda r: r.__delitem__("a"), id="deleting"),
        pytest.param(lambda r: r.__ior__({"a": 2}), id="merging in place"),
        pytest.param(lambda r: r.update(a=2), id="update"),
        pytest.param(lambda r: r.pop("a"), id="pop"),
        pytest.param(lambda r: r.popitem(), id="popitem"),
        pytest.param(lambda r: r.setdefault("b", 2), id="setdefault"),
        pytest.param(lambda r: r.clear(), id="clear"),
    ],
)
def test_a_record_does_not_change(change: Callable[[Record], object]) -> None:
    record = Record.of({"a": 1})
    with pytest.raises(TypeError, match=r"^a Record does not change; make a new one with"):
        change(record)
    assert record == {"a": 1}


@given(JSON)
def test_frozen_leaves_nothing_that_can_change(value: Any) -> None:
    def walk(thing: Any) -> None:
        assert not isinstance(thing, list)
        assert not isinstance(thing, dict) or isinstance(thing, Record)
        for inner in thing.values() if isinstance(thing, Record) else ():
            walk(inner)
        for inner in thing if isinstance(thing, tuple) else ():
            walk(inner)

    walk(frozen(value))
    walk(Record() | {"a": value})


def test_a_record_with_more_is_a_new_one() -> None:
    record = Record.of({"a": 1, "b": 2})

    assert record | {"b": 3} == {"a": 1, "b": 3}
    assert isinstance(record | {"b": [3]}, Record)
    assert record.with_field("b", {"c": [3]}) == record | {"b": {"c": [3]}}
    assert hash(record.with_field("b", {"c": [3]})) == hash(record | {"b": {"c": (3,)}})
    assert record == {"a": 1, "b": 2}


@pytest.mark.parametrize(
    "copied",
    [
        pytest.param(copy.copy, id="copy"),
        pytest.param(copy.deepcopy, id="deepcopy"),
        pytest.param(lambda r: pickle.loads(pickle.dumps(r)), id="pickle"),  # our own bytes
    ],
)
def test_a_record_can_be_copied(copied: Callable[[Record], Record]) -> None:
    record = Record.of({"a": {"b": [1, 2]}})

    assert copied(record) == record
    assert type(copied(record)["a"]) is Record


def test_equal_records_have_one_hash() -> None:
    assert len({Record.of({"a": [1], "b": 2}), Record.of({"b": 2, "a": [1]})}) == 1
