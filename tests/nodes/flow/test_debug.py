"""`debug`: the last message in the status, some in the log, none sent on."""

import logging

import pytest

from nodes.flow.debug import Debug
from oppleo_flow import Record
from oppleo_flow.payloads import MeterReading, MeterUnknown
from oppleo_flow.testing import run_node
from oppleo_flow.testing.bench import Bench


@pytest.mark.parametrize(
    ("payload", "text"),
    [
        pytest.param(7, "7", id="a number"),
        pytest.param("a", "'a'", id="a text with its quotes"),
        pytest.param(
            Record.of({"b": 1, "a": [True, {"c": None}]}),
            "{'b': 1, 'a': (True, {'c': None})}",
            id="a record in the order of its fields",
        ),
        pytest.param(
            Record.of({"a": {"b": {"c": {"d": {"e": {"f": {"g": 1}}}}}}}),
            "{'a': {'b': {'c': {'d': {'e': {'f': {…}}}}}}}",
            id="a deep record to its sixth level",
        ),
        pytest.param(
            Record.of({str(n): n for n in range(60)}),
            "{" + "".join(f"'{n}': {n}, " for n in range(21)) + "'21': 21…",
            id="a long record cut off",
        ),
    ],
)
def test_the_status_shows_the_last_payload(payload: object, text: str) -> None:
    assert run_node(Debug, {}, "before", payload).status == text


def test_one_field_may_be_enough() -> None:
    assert run_node(Debug, {"field": "power_w"}, MeterReading.sample()).status == "11040.0"


def test_a_field_that_is_not_there_is_shown_as_none() -> None:
    assert run_node(Debug, {"field": "power_w"}, MeterUnknown.sample()).status == "None"


def test_a_long_payload_is_shortened() -> None:
    status = run_node(Debug, {"max_length": "20"}, MeterReading.sample()).status

    assert status == "MeterReading(meter=…"


def test_the_log_gets_a_line_now_and_then(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with Bench(Debug, {"every": "10s"}) as bench:
        for number in (1, 2, 3):
            bench.send(number)
        bench.advance(10.0)
        bench.send(4)
        bench.advance(10.0)
        bench.send(5)
        assert bench.run().status == "5"

    lines = [r.getMessage() for r in caplog.records if r.name == "oppleo_flow.node.node"]
    assert lines == ["1", "4 (2 before it not logged)", "5"]
