"""Fields by name and values by their text."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oppleo_flow.fields import ValueOfText, field_reader, plain_value
from oppleo_flow.payloads import EvseSignal, EvseState, MeterReading
from oppleo_flow.record import Record

RECORD = Record.of({"a": {"b": 1}, "none": None, "keys": 5})


@pytest.mark.parametrize(
    ("path", "payload", "value"),
    [
        pytest.param(None, 7, 7, id="no path is the payload"),
        pytest.param("keys", RECORD, 5, id="a record is asked by key, not by attribute"),
        pytest.param("a.b", RECORD, 1, id="a dot leads inside"),
        pytest.param("a.c", RECORD, None, id="not there"),
        pytest.param("none.b", RECORD, None, id="inside of nothing is nothing"),
        pytest.param("values", RECORD, None, id="a method of a record is no field"),
        pytest.param("power_w", MeterReading.sample(), 11040.0, id="an attribute"),
        pytest.param("charging", EvseState.sample(), True, id="a property"),
        pytest.param("since.year", EvseState.sample(), 2026, id="an attribute inside"),
        pytest.param("power_w", EvseState.sample(), None, id="no such attribute"),
    ],
)
def test_a_field_is_read(path: str | None, payload: object, value: object) -> None:
    assert field_reader(path)(payload) == value


@pytest.mark.parametrize(
    ("text", "value", "same"),
    [
        pytest.param(
            "2026-01-15T12:00:00Z", datetime(2026, 1, 15, 12, tzinfo=UTC), True, id="time"
        ),
        pytest.param("yesterday", datetime(2026, 1, 15, 12, tzinfo=UTC), False, id="no time"),
        pytest.param(
            "00000000-0000-4000-8000-000000000001",
            UUID("00000000-0000-4000-8000-000000000001"),
            True,
            id="an id",
        ),
        pytest.param("0.10", Decimal("0.1"), True, id="money"),
        pytest.param("ten", Decimal("0.1"), False, id="no money"),
        pytest.param("true", 1, False, id="a truth is no number"),
        pytest.param("charging", EvseSignal.CHARGING, True, id="a word of an enumeration"),
        pytest.param("(1,)", (1,), False, id="a tuple has no text"),
    ],
)
def test_a_text_means_what_the_value_it_is_compared_with_is(
    text: str, value: object, same: bool
) -> None:
    assert (ValueOfText(text)[type(value)] == value) is same


@given(st.integers(-(10**30), 10**30) | st.booleans() | st.none())
def test_a_plain_value_comes_back_from_its_text(value: object) -> None:
    read = plain_value(json.dumps(value))

    assert (type(read), read) == (type(value), value)


@given(st.text())
def test_a_plain_value_is_a_truth_nothing_a_finite_number_or_the_text(text: str) -> None:
    value = plain_value(text)

    assert value == text or value is None or abs(value) < float("inf")  # type: ignore[arg-type]
