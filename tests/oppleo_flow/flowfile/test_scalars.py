from datetime import UTC, date, datetime, time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oppleo_flow.flowfile import check_text


def option(check, name: str, written: str) -> object:
    result = check(f"flow: f\nformat: 1\nnodes:\n  o:\n    type: options\n    {name}: {written}\n")
    assert [f.headline() for f in result.errors] == []
    return getattr(result.graph.nodes["o"].config, name)


@pytest.mark.parametrize(
    ("name", "written", "value"),
    [
        pytest.param("whole", "17", 17, id="a whole number"),
        pytest.param("whole", "-3", -3, id="a negative number"),
        pytest.param("whole", "0x0048", 72, id="a number in hexadecimal"),
        pytest.param("whole", "0412", 412, id="a number with a zero in front is not octal"),
        pytest.param("whole", "'17'", 17, id="a number in quotes"),
        pytest.param("whole", "", None, id="nothing is the default"),
        pytest.param("whole", "null", None, id="null where the option may be null"),
        pytest.param("number", "1e3", 1000.0, id="an exponent"),
        pytest.param("number", "17", 17.0, id="a whole number for a number"),
        pytest.param("number", "~", 0.0, id="null where the option cannot be null is the default"),
        pytest.param("money", "0.10", Decimal("0.10"), id="money is exact"),
        pytest.param("truth", "on", True, id="on"),
        pytest.param("truth", "Yes", True, id="Yes"),
        pytest.param("truth", "FALSE", False, id="FALSE"),
        pytest.param("truth", "no", False, id="no"),
        pytest.param("text", "0412345", "0412345", id="a card number keeps its zero"),
        pytest.param("text", "12:34:56", "12:34:56", id="a card number with colons"),
        pytest.param("text", "no", "no", id="a word that YAML takes for a truth"),
        pytest.param("text", "1.10", "1.10", id="a version"),
        pytest.param("clock", "23:00", time(23), id="a time that YAML takes for 1380"),
        pytest.param("clock", "07:30", time(7, 30), id="a time"),
        pytest.param("day", "2026-01-31", date(2026, 1, 31), id="a day"),
        pytest.param("moment", "2026-01-31T12:00:00+00:00", datetime(2026, 1, 31, 12, tzinfo=UTC),
                     id="a moment"),
        pytest.param("wait", "1h30m", 5400.0, id="a duration"),
        pytest.param("share", "1%", 0.01, id="a percentage"),
        pytest.param("colour", "green", "green", id="a member of an enumeration"),
        pytest.param("word", "two", "two", id="one of some words"),
        pytest.param("word", "3", 3, id="a number among words"),
        pytest.param("either", "5", 5.0, id="a number where a word may stand"),
        pytest.param("either", "auto", "auto", id="a word where a number may stand"),
        pytest.param("mixed", "5", 5, id="a number where text may stand"),
        pytest.param("mixed", "0412", "0412", id="digits with a zero in front stay text there"),
        pytest.param("mixed", "'5'", "5", id="digits in quotes stay text there"),
        pytest.param("many", "[1, 2]", [1, 2], id="a list"),
        pytest.param("named", "{a: 1}", {"a": 1}, id="a map"),
        pytest.param("pair", "[1, 1]", (1, "1"), id="a number and a text"),
        pytest.param("anything", "[1, 1.5, true, no, '2', {a: null}]",
                     [1, 1.5, True, "no", "2", {"a": None}], id="anything, by the rules of JSON"),
    ],
)  # fmt: skip
def test_the_type_of_the_option_reads_the_text(check, name: str, written: str, value) -> None:
    assert option(check, name, written) == value


def test_a_map_is_read_as_the_member_of_a_union_that_it_fits(check) -> None:
    circle = option(check, "shape", "{shape: circle, radius: 2}")
    square = option(check, "shape", "{side: 3, shape: square}")
    assert (circle.radius, square.side) == (2.0, 3.0)


@pytest.mark.parametrize(
    ("name", "written", "message"),
    [
        pytest.param("whole", "17.0", "must be a whole number, got 17.0", id="a float"),
        pytest.param("whole", "1_000", "must be a whole number, got '1_000'", id="an underscore"),
        pytest.param("whole", "9" * 500, f"must be a whole number, got '{'9' * 40}…'",
                     id="a number without end"),
        pytest.param("number", "nan", "must be a number, got 'nan'", id="not a number"),
        pytest.param("number", ".inf", "must be a number, got '.inf'", id="infinity"),
        pytest.param("number", "1e999", "must be a number, got 1e999", id="too large a number"),
        pytest.param("money", "0.123", "must have at most 2 decimals, got 0.123", id="decimals"),
        pytest.param("money", "12345.67", "must have at most 6 digits, got 12345.67", id="digits"),
        pytest.param("truth", "1", "must be on or off, got 1", id="one for on"),
        pytest.param("truth", "maybe", "must be on or off, got 'maybe'", id="neither on nor off"),
        pytest.param("text", "[a]", "must be text, got a list", id="a list for a text"),
        pytest.param("text", "'!'", "must match ^[^!]*$, got '!'", id="a pattern"),
        pytest.param("clock", "2300", "must be a time such as 23:00, got 2300",
                     id="digits that pydantic takes for seconds"),
        pytest.param("clock", "24:00", "must be a time such as 23:00, got '24:00'", id="midnight"),
        pytest.param("day", "20260131", "must be a date such as 2026-01-31, got 20260131",
                     id="digits that pydantic takes for a moment"),
        pytest.param("moment", "soon", "must be a time such as 2026-01-31T12:00:00+01:00, "
                     "got 'soon'", id="no moment"),
        pytest.param("span", "90", "must be a length of time, got 90", id="a span without a unit"),
        pytest.param("wait", "-1s", ": a duration such as 500ms, 10s, 5m, 1h30m or 2d is needed, "
                     "got '-1s'", id="a negative duration"),
        pytest.param("colour", "greem", "must be red or green, got 'greem'; did you mean 'green'?",
                     id="a slip in a word"),
        pytest.param("word", "four", "must be one, two or 3, got 'four'", id="another word"),
        pytest.param("either", "often", "must be a number or auto, got 'often'",
                     id="neither a number nor the word"),
        pytest.param("many", "5", "must be a list, got 5", id="a number for a list"),
        pytest.param("many", "[1, 2, 3, 4]", "must have at most 3 items, got a list",
                     id="too long a list"),
        pytest.param("named", "[1]", "must be a map, got a list", id="a list for a map"),
        pytest.param("shape", "5", "must be a map, got 5", id="a number for a shape"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told_in_plain_words(in_nodes, name, written, message) -> None:
    joint = "" if message.startswith(":") else " "
    told = in_nodes(f"  o:\n    type: options\n    {name}: {written}\n")
    assert told == [f"6:{7 + len(name)}: o: '{name}'{joint}{message}"]


@pytest.mark.parametrize(
    ("written", "message"),
    [
        pytest.param("{shape: circle, radius: 0}",
                     "6:36: o: 'shape.radius' must be more than 0, got 0", id="in the one meant"),
        pytest.param("{shape: circle}",
                     "6:12: o: 'shape.radius' is missing; add 'radius: …'", id="missing in it"),
        pytest.param("{shape: circle, side: 1}",
                     "6:28: o: 'side' is not an option of options in 'shape'; "
                     "it has: shape, radius",
                     id="of the other one"),
    ],
)  # fmt: skip
def test_a_slip_within_a_union_is_told_of_the_member_that_was_meant(
    in_nodes, written: str, message: str
) -> None:
    assert message in in_nodes(f"  o:\n    type: options\n    shape: {written}\n")


@pytest.mark.parametrize(
    ("name", "written", "place", "path"),
    [
        pytest.param("many", "[1, x, 3]", "6:15", "many[1]", id="an item"),
        pytest.param("named", "{a: 1, b: x}", "6:22", "named.b", id="a value by its name"),
    ],
)
def test_a_value_deep_inside_is_told_by_its_path(in_nodes, name, written, place, path) -> None:
    told = in_nodes(f"  o:\n    type: options\n    {name}: {written}\n")
    assert told == [f"{place}: o: {path!r} must be a whole number, got 'x'"]


@given(number=st.integers(-(10**12), 10**12))
def test_any_whole_number_comes_back_as_it_is(registry, number: int) -> None:
    options = f"type: options, whole: {number}, mixed: {number}"
    text = f"flow: f\nformat: 1\nnodes:\n  o: {{{options}}}\n"
    config = check_text(text, "f.yaml", registry).graph.nodes["o"].config
    assert (config.whole, config.mixed) == (number, number)
