"""`change`: fields set, renamed and deleted, and what came in left alone."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from nodes.flow.change import Change, ChangeConfig, compiled
from oppleo_flow import Record
from oppleo_flow.testing import run_node

READING = Record.of({"power": 11040.0, "unit": "W", "car": {"name": "Zoe", "soc": 80}})


def changed(config: dict[str, Any], record: Record = READING) -> Record:
    (result,) = run_node(Change, config, record).out
    assert isinstance(result, Record)
    return result


@pytest.mark.parametrize(
    ("config", "record"),
    [
        pytest.param({}, READING, id="without options the record leaves as it came"),
        pytest.param({"set": {"unit": "kW"}}, READING | {"unit": "kW"}, id="set replaces"),
        pytest.param({"set": {"ok": "true"}}, READING | {"ok": True}, id="set adds"),
        pytest.param(
            {"set": {"car.soc": "81"}},
            READING | {"car": Record.of({"name": "Zoe", "soc": 81})},
            id="a dot leads into a record inside",
        ),
        pytest.param(
            {"set": {"site.name": "home"}},
            READING | {"site": Record.of({"name": "home"})},
            id="records on the way are made",
        ),
        pytest.param(
            {"set_text": {"uid": "0412", "n": 16, "ok": True}},
            READING | {"uid": "0412", "n": "16", "ok": "true"},
            id="set_text makes text of anything",
        ),
        pytest.param(
            {"delete": ["car", "nowhere"]},
            Record.of({"power": 11040.0, "unit": "W"}),
            id="delete takes away, also what is not there",
        ),
        pytest.param(
            {"delete": ["car.soc", "unit.x"]},
            READING | {"car": Record.of({"name": "Zoe"})},
            id="delete reaches inside",
        ),
        pytest.param(
            {"rename": {"power": "power_w", "car.name": "name"}},
            Record.of({"unit": "W", "car": {"soc": 80}, "power_w": 11040.0, "name": "Zoe"}),
            id="rename moves, also out of a record",
        ),
        pytest.param(
            {"rename": {"power": "unit"}},
            Record.of({"car": {"name": "Zoe", "soc": 80}, "unit": 11040.0}),
            id="rename replaces a field of the new name",
        ),
        pytest.param(
            {"only": ["unit", "car.soc", "nowhere"]},
            Record.of({"unit": "W", "car": {"soc": 80}}),
            id="only keeps what is named and there",
        ),
        pytest.param(
            {"set": {"a": "1"}, "rename": {"power": "b"}, "delete": ["unit"], "only": ["power"]},
            Record.of({"b": 11040.0, "a": 1}),
            id="the order is only, delete, rename, set",
        ),
    ],
)
def test_change_makes_a_new_record(config: dict[str, Any], record: Record) -> None:
    assert changed(config) == record


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("16", 16, id="a whole number"),
        pytest.param("-1.5e3", -1500.0, id="a number with all parts"),
        pytest.param("false", False, id="a truth"),
        pytest.param("null", None, id="nothing"),
        pytest.param("0412345", "0412345", id="a card number with a zero in front is text"),
        pytest.param("on", "on", id="on is text"),
        pytest.param("23:00", "23:00", id="a time is text"),
        pytest.param("NaN", "NaN", id="NaN is text"),
        pytest.param("True", "True", id="a capital makes it text"),
        pytest.param(2.5, 2.5, id="a number from JSON stays one"),
        pytest.param(None, None, id="a null from JSON stays one"),
    ],
)
def test_set_reads_a_value_as_json_would(text: object, value: object) -> None:
    result = changed({"set": {"field": text}}, Record())["field"]

    assert (type(result), result) == (type(value), value)


@pytest.mark.parametrize(
    ("config", "error", "message"),
    [
        pytest.param(
            {"rename": {"watt": "power_w"}},
            "PayloadError",
            "field 'watt': not there to be renamed; the record has 'power', 'unit', 'car'",
            id="a field to be renamed must be there",
        ),
        pytest.param(
            {"set": {"unit.name": "W"}},
            "PayloadError",
            "field 'unit': a record is needed to set 'name' in it, got 'W'",
            id="a path leads through records only",
        ),
    ],
)
def test_what_cannot_be_changed_is_an_error(
    config: dict[str, Any], error: str, message: str
) -> None:
    run = run_node(Change, config, READING)

    assert run.out == []
    assert [(f.error, f.message) for f in run.failures] == [(error, message)]


@pytest.mark.parametrize(
    ("config", "message"),
    [
        pytest.param(
            {"set": {"a": "1"}, "set_text": {"a": "1"}},
            "Value error, 'a' is set twice, or lies in 'a', which is set too",
            id="a field is set once",
        ),
        pytest.param(
            {"set": {"a": "1", "a.b": "2"}},
            "Value error, 'a.b' is set twice, or lies in 'a', which is set too",
            id="nor is a field inside another that is set",
        ),
        pytest.param(
            {"delete": ["a b"]},
            "Value error, the name of a field is needed, such as power_w or car.soc",
            id="a field has a name",
        ),
    ],
)
def test_settings_that_contradict_are_refused(config: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError) as refused:
        ChangeConfig.model_validate(config)
    assert [error["msg"] for error in refused.value.errors()] == [message]


FIELDS = st.dictionaries(st.sampled_from("abcd"), st.integers() | st.text(), max_size=4)


@given(FIELDS, st.sampled_from("abcd"))
def test_what_came_in_never_changes(fields: dict[str, Any], name: str) -> None:
    record = Record.of(fields)
    config = ChangeConfig(only=("a", "b"), delete=("c",), set={name: "1"}, set_text={"x.y": "1"})

    compiled(config)(record)

    assert record == fields


@given(FIELDS)
def test_renaming_there_and_back_changes_nothing(fields: dict[str, Any]) -> None:
    record = Record.of({**fields, "here": 1})
    there = compiled(ChangeConfig(rename={"here": "there"}))
    back = compiled(ChangeConfig(rename={"there": "here"}))

    assert back(there(record)) == record
