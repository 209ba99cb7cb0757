"""Where in an answer a vehicle's fields stand, and what they may be."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oppleo_flow.errors import PayloadError
from oppleo_flow.systems.vehicle_answer import check_place, found, moment, number

NOON = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
AMSTERDAM = ZoneInfo("Europe/Amsterdam")


@pytest.mark.parametrize(
    ("answer", "place", "value"),
    [
        ('{"a": {"b": [1, {"km": 7}]}}', "a.b.1.km", 7),
        ('{"km": null}', "km", None),
        (" 42137.4\n", ".", "42137.4"),
        ("", ".", None),
        ("range 240 km, odometer 42137 km", r"/odometer (\d+)/", "42137"),
    ],
)
def test_a_field_is_found_where_it_stands(answer: str, place: str, value: object) -> None:
    assert found(answer, place) == value


@pytest.mark.parametrize(
    ("answer", "place", "says"),
    [
        ('{"a": 1}', "a.b", "'a.b' is not there, at 'b'"),
        ("[1]", "3", "'3' is not there, at '3'"),
        ("<html>", "a", "JSON is needed for 'a', got '<html>'"),
        ("nothing", r"/(\d+)/", r"nothing fits /(\d+)/, got 'nothing'"),
    ],
)
def test_what_is_not_there_is_named(answer: str, place: str, says: str) -> None:
    with pytest.raises(PayloadError) as error:
        found(answer, place)
    assert str(error.value) == says


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("/a", "stands between slashes"),
        ("//", "stands between slashes"),
        ("/(/", "is no regular expression"),
        (r"/\d+/", "the value is the first group"),
    ],
)
def test_a_regular_expression_that_is_none_is_refused(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        check_place(text)


@given(st.floats(0, 99_999))
def test_miles_and_km_are_the_same_way(km: float) -> None:
    miles = number("odometer", km / 1.609344, "miles")
    assert miles == pytest.approx(km)
    assert number("soc", "61", "miles") == 61


@pytest.mark.parametrize("value", [None, "unknown", "unavailable", "null", "None"])
def test_what_a_source_calls_unknown_is_unknown(value: object) -> None:
    assert number("odometer", value, "km") is None


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("odometer", "-1", "odometer: 0 to 9999999 is possible, got '-1'"),
        ("soc", 101, "soc: 0 to 100 is possible, got '101'"),
        ("range", "nan", "range: 0 to 9999 is possible, got 'nan'"),
        ("soc", True, "soc: a number is needed, got 'True'"),
        ("soc", "61 %", "soc: a number is needed, got '61 %'"),
        ("soc", [61], "soc: a number is needed, got '[61]'"),
    ],
)
def test_what_no_vehicle_has_is_refused(name: str, value: object, says: str) -> None:
    with pytest.raises(PayloadError) as error:
        number(name, value, "km")  # type: ignore[arg-type]
    assert str(error.value) == says


@pytest.mark.parametrize(
    "told",
    [
        "2026-01-15T11:00:00Z",
        "2026-01-15T12:00:00+01:00",
        "2026-01-15 12:00:00",
        "1768474800",
        1768474800.0,
        1768474800000,
    ],
)
def test_a_time_is_read_as_sources_write_it(told: object) -> None:
    assert moment(told, NOON, AMSTERDAM) == datetime(2026, 1, 15, 11, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("told", "says"),
    [
        ("yesterday", "time: is none, got 'yesterday'"),
        (None, "time: is none, got 'None'"),
        ("2026-01-15T13:00:00Z", "time: is yet to come, got '2026-01-15T13:00:00Z'"),
    ],
)
def test_a_time_that_is_none_or_yet_to_come_is_refused(told: object, says: str) -> None:
    with pytest.raises(PayloadError) as error:
        moment(told, NOON, AMSTERDAM)
    assert str(error.value) == says


def test_a_clock_a_little_ahead_is_now() -> None:
    assert moment("2026-01-15T12:04:00Z", NOON, AMSTERDAM) == NOON
