"""`switch`: each message to the output where it belongs, and no guessing."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from nodes.flow.switch import Switch, SwitchConfig
from oppleo_flow import Record
from oppleo_flow.node_spec import read_node
from oppleo_flow.payloads import EvseSignal, EvseState, MeterReading, MeterUnknown
from oppleo_flow.testing import Run, run_node


def ports(run: Run) -> list[str]:
    """Return the outputs that anything left."""
    return [port for port, sent in run.outputs.items() if sent]


def fits(case: dict[str, Any], value: object) -> bool:
    config = {"field": "v", "cases": {"yes": case}, "otherwise": "no"}
    run = run_node(Switch, config, Record.of({"v": value}))
    assert run.failures == []
    return ports(run) == ["yes"]


@pytest.mark.parametrize(
    ("case", "value", "holds"),
    [
        pytest.param({"above": "5"}, 5.1, True, id="above is more"),
        pytest.param({"above": "5"}, 5, False, id="above leaves the limit out"),
        pytest.param({"below": "5"}, 5, False, id="below leaves the limit out"),
        pytest.param({"at_least": "5"}, 5, True, id="at_least takes the limit in"),
        pytest.param({"at_most": "5"}, Decimal(5), True, id="at_most takes the limit in"),
        pytest.param({"above": "1", "below": "3"}, 3, False, id="all tests of a case must hold"),
        pytest.param({"above": "1", "below": "3"}, 2, True, id="two tests hold"),
        pytest.param({"equals": "1"}, 1, True, id="a number is equal to its text"),
        pytest.param({"equals": "1"}, 1.0, True, id="whole or with a point"),
        pytest.param({"equals": "1.50"}, Decimal("1.5"), True, id="money by its amount"),
        pytest.param({"equals": "1"}, "1", True, id="a text is equal to the same text"),
        pytest.param({"equals": "1"}, "01", False, id="a text is not read as a number"),
        pytest.param({"equals": "1"}, True, False, id="a truth is no number"),
        pytest.param({"equals": "true"}, True, True, id="a truth is equal to its word"),
        pytest.param({"equals": "0412345"}, "0412345", True, id="a zero in front stays"),
        pytest.param({"equals": "0412345"}, 412345, False, id="and is no number"),
        pytest.param({"equals": "1e2"}, 100, True, id="numbers are written as in JSON"),
        pytest.param({"equals": "1_0"}, 10, False, id="and not as in Python"),
        pytest.param({"equals": "charging"}, EvseSignal.CHARGING, True, id="a word of an enum"),
        pytest.param({"one_of": ["a", "2"]}, 2, True, id="one of several"),
        pytest.param({"one_of": ["a", "2"]}, "b", False, id="none of several"),
        pytest.param({"matches": "04.*"}, "0412", True, id="an expression for the whole text"),
        pytest.param({"matches": "4"}, "0412", False, id="not for a part of it"),
        pytest.param({"present": "true"}, 0, True, id="zero is there"),
        pytest.param({"present": "true"}, None, False, id="nothing is not there"),
        pytest.param({"present": "false"}, None, True, id="nothing is absent"),
        pytest.param({"above": "5"}, None, False, id="nothing is not above"),
        pytest.param({"equals": "null"}, None, False, id="nothing is equal to nothing"),
        pytest.param({"above": "5"}, float("nan"), False, id="NaN is not above"),
    ],
)
def test_a_case_holds(case: dict[str, Any], value: object, holds: bool) -> None:
    assert fits(case, value) is holds


@pytest.mark.parametrize(
    ("everything", "left_by"),
    [
        pytest.param(False, ["low"], id="the first case that holds takes it"),
        pytest.param(True, ["low", "any"], id="with `all` each that holds does"),
    ],
)
def test_cases_are_tried_from_the_top(everything: bool, left_by: list[str]) -> None:
    config = {
        "cases": {"low": {"below": 10}, "any": {"present": True}, "high": {"above": 10}},
        "all": everything,
    }
    assert ports(run_node(Switch, config, 5)) == left_by


def test_otherwise_comes_last_wherever_it_stands() -> None:
    config = {"otherwise": "rest", "all": "true", "cases": {"high": {"above": "10"}}}
    run = run_node(Switch, config, 5, 15)

    assert run.outputs == {"high": [15], "rest": [5]}


def test_a_value_that_fits_no_case_goes_nowhere_without_otherwise() -> None:
    run = run_node(Switch, {"cases": {"high": {"above": "10"}}}, 5)

    assert (run.outputs, run.failures) == ({"high": []}, [])


def test_a_typed_payload_is_asked_by_attribute_and_by_property() -> None:
    config = {"field": "charging", "cases": {"yes": {"equals": "true"}}, "otherwise": "no"}
    run = run_node(Switch, config, EvseState.sample(signal=EvseSignal.STANDBY), EvseState.sample())

    assert [len(run.outputs[port]) for port in ("yes", "no")] == [1, 1]


def test_a_dot_leads_inside() -> None:
    config = {"field": "car.soc", "cases": {"full": {"at_least": "80"}}, "otherwise": "rest"}
    run = run_node(Switch, config, Record.of({"car": {"soc": 80}}), Record.of({"car": "Zoe"}))

    assert [len(run.outputs[port]) for port in ("full", "rest")] == [1, 1]


@pytest.mark.parametrize(
    ("config", "payload", "message"),
    [
        pytest.param(
            {"field": "power_w", "cases": {"high": {"above": "5"}}},
            MeterUnknown.sample(),
            "field 'power_w': MeterUnknown has none; "
            "give the switch an `otherwise`, or a case with `present: false`",
            id="a missing field that nobody takes",
        ),
        pytest.param(
            {"field": "v", "cases": {"high": {"above": "5"}}, "otherwise": "rest"},
            Record.of({"v": "10"}),
            "above: a number is needed, got '10'",
            id="a text is not compared with a number",
        ),
        pytest.param(
            {"field": "v", "cases": {"high": {"above": "0"}}},
            Record.of({"v": True}),
            "above: a number is needed, got True",
            id="nor is a truth",
        ),
        pytest.param(
            {"field": "v", "cases": {"card": {"matches": "04.*"}}},
            Record.of({"v": 4}),
            "matches: a text is needed, got 4",
            id="a number has no letters",
        ),
    ],
)
def test_what_a_rule_cannot_be_applied_to_is_an_error(
    config: dict[str, Any], payload: object, message: str
) -> None:
    run = run_node(Switch, config, payload)

    assert ports(run) == []
    assert [(f.error, f.message) for f in run.failures] == [("PayloadError", message)]


def test_a_case_by_type_carries_only_that_type() -> None:
    config = SwitchConfig.model_validate(
        {"cases": {"value": {"type": "MeterReading"}, "big": {"above": "5"}}, "otherwise": "rest"}
    )
    types = {name: output.type for name, output in read_node(Switch).outputs_for(config).items()}

    assert types["value"] is MeterReading
    assert types["big"] is types["rest"] is read_node(Switch).inputs["in"].type


@pytest.mark.parametrize(
    ("config", "message"),
    [
        pytest.param(
            {"cases": {}},
            "Dictionary should have at least 1 item after validation, not 0",
            id="a case is needed",
        ),
        pytest.param(
            {"cases": {"a": {}}},
            "Value error, a case needs a test, such as `above: 5` or `equals: charging`",
            id="a case tests something",
        ),
        pytest.param(
            {"cases": {"error": {"above": "5"}}},
            "Value error, a port's name is small letters, digits and _, and not `error`",
            id="every node has an error output already",
        ),
        pytest.param(
            {"cases": {"a": {"matches": "("}}},
            "Value error, not a regular expression: "
            "missing ), unterminated subpattern at position 0",
            id="an expression that is none",
        ),
        pytest.param(
            {"cases": {"a": {"above": "nan"}}},
            "Input should be a finite number",
            id="a limit that is no number",
        ),
        pytest.param(
            {"cases": {"a": {"type": "MeterReadin"}}},
            "Value error, not a payload type; did you mean 'MeterReading'?",
            id="a payload type that is not there",
        ),
        pytest.param(
            {"cases": {"a": {"type": "x"}}},
            "Value error, not a payload type, such as MeterReading",
            id="a payload type like none there is",
        ),
    ],
)
def test_settings_that_mean_nothing_are_refused(config: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError) as refused:
        SwitchConfig.model_validate(config)
    assert [error["msg"] for error in refused.value.errors()] == [message]


@given(st.integers() | st.floats(allow_nan=False), st.floats(allow_nan=False, allow_infinity=False))
def test_above_and_at_most_leave_no_gap_and_do_not_overlap(value: float, limit: float) -> None:
    cases = {"over": {"above": limit}, "under": {"at_most": limit}}

    assert len(ports(run_node(Switch, {"cases": cases, "all": True}, value))) == 1
