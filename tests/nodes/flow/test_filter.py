"""`filter`: only changes pass, and nothing is lost that it does not understand."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from nodes.flow.filter import Filter, FilterConfig
from oppleo_flow import Record
from oppleo_flow.payloads import EvseState, MeterReading, MeterUnknown
from oppleo_flow.testing import run_node
from oppleo_flow.testing.bench import Bench

NAN = float("nan")


@pytest.mark.parametrize(
    ("config", "values", "passed"),
    [
        pytest.param({}, [1, 1, 2, 2, 1], [1, 2, 1], id="any difference counts"),
        pytest.param({}, ["a", "a", "b"], ["a", "b"], id="text too"),
        pytest.param({"deadband": "5"}, [0, 5, 6, 2, 0.9], [0, 6, 0.9], id="more than a deadband"),
        pytest.param({"deadband": "5"}, [0, 3, 6], [0, 6], id="a slow drift does not slip by"),
        pytest.param({"deadband": "0"}, [1, 1, 1.1], [1, 1.1], id="a deadband of none"),
        pytest.param(
            {"deadband": "5", "percent": "10%"},
            [1000, 1100, 1101, 990, 3, 0, 9],
            [1000, 1101, 990, 3, 9],
            id="of a share and a deadband the larger counts",
        ),
        pytest.param(
            {"deadband": "5", "percent": "10%"},
            [-1000, -1100, -1101],
            [-1000, -1101],
            id="a share of a negative value is as large",
        ),
        pytest.param({"deadband": "5"}, [1, NAN, NAN, 1], [1, NAN, NAN, 1], id="NaN always passes"),
    ],
)
def test_only_changes_pass(config: dict[str, Any], values: list[Any], passed: list[Any]) -> None:
    assert str(run_node(Filter, config, *values).out) == str(passed)


def test_equal_payloads_are_the_same() -> None:
    state = EvseState.sample()

    assert run_node(Filter, {}, state, state.with_(), EvseState.sample()).out == [state]


def test_each_key_has_its_own_memory() -> None:
    readings = [
        MeterReading.sample(meter=meter, power_w=power)
        for meter, power in [("a", 1.0), ("b", 1.0), ("a", 1.0), ("b", 2.0)]
    ]
    run = run_node(Filter, {"field": "power_w", "by": "meter"}, *readings)

    assert run.out == [readings[0], readings[1], readings[3]]


def test_past_the_last_key_the_oldest_is_forgotten() -> None:
    records = [Record.of({"k": key, "v": 1}) for key in "abba"]
    run = run_node(Filter, {"field": "v", "by": "k", "max_keys": 1}, *records)

    assert run.out == [records[0], records[1], records[3]]


def test_what_has_no_such_field_passes_and_so_does_the_value_after_it() -> None:
    value, unknown = MeterReading.sample(), MeterUnknown.sample()
    config = {"field": "power_w", "deadband": "50"}
    run = run_node(Filter, config, value, value, unknown, unknown, value)

    assert run.out == [value, unknown, unknown, value]


def test_the_status_tells_of_a_field_that_is_not_there() -> None:
    run = run_node(Filter, {"field": "watt"}, MeterReading.sample())

    assert run.status == "MeterReading has no watt: passed on"


def test_a_message_passes_after_a_long_silence() -> None:
    with Bench(Filter, {"max_silence": "15m"}) as bench:
        bench.send(1)
        bench.advance(899.0)
        bench.send(1)
        bench.advance(1.0)
        bench.send(1)
        bench.send(1)
        assert bench.sent() == [1, 1]


def test_a_deadband_is_for_numbers() -> None:
    run = run_node(Filter, {"deadband": "5"}, "abc", True)

    assert run.out == []
    assert [f.message for f in run.failures] == [
        "deadband: a number is needed, got 'abc'",
        "deadband: a number is needed, got True",
    ]


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param(5, id="a number"),
        pytest.param(EvseState.sample(), id="a typed payload"),
        pytest.param(Record.of({"a": [1, {"b": None}]}), id="a record"),
    ],
)
def test_what_passed_last_survives_a_restart(payload: object, tmp_path: Path) -> None:
    for sent in ([payload], []):
        with Bench(Filter, durable=True, state_path=tmp_path / "state.sqlite") as bench:
            bench.send(payload)
            assert bench.sent() == sent


@pytest.mark.parametrize(
    ("config", "message"),
    [
        pytest.param(
            {"percent": "1%"},
            "Value error, percent needs a deadband beside it, such as `deadband: 10`: "
            "near zero a percentage is nothing",
            id="a percentage alone",
        ),
        pytest.param(
            {"deadband": "1%"},
            "Value error, a number in the field's own unit is needed; write `percent: 1%` too",
            id="a percentage as the deadband",
        ),
    ],
)
def test_a_percentage_needs_a_floor(config: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError) as refused:
        FilterConfig.model_validate(config)
    assert [error["msg"] for error in refused.value.errors()] == [message]


@given(st.lists(st.integers(-50, 50), max_size=20), st.integers(0, 20))
def test_what_passes_differs_and_what_is_held_back_does_not(values: list[int], band: int) -> None:
    with Bench(Filter, {"deadband": band}) as bench:
        for value in values:
            before = list(bench.sent())
            bench.send(value)
            if len(bench.sent()) == len(before):
                assert abs(value - before[-1]) <= band
        assert all(abs(a - b) > band for a, b in pairwise(bench.sent()))
