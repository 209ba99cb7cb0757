"""A trace becomes a test of the flow, and the test passes."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from textwrap import indent
from typing import Any

import pytest

from oppleo_flow.engine.traces import Trace, TraceStep
from oppleo_flow.errors import Refused
from oppleo_flow.flowfile import CheckResult, CheckSettings, check_text
from oppleo_flow.payloads import CardSeen, MeterReading
from oppleo_flow.record import Record
from oppleo_flow.registry import Registry
from oppleo_flow.simulator.levers import world_words
from oppleo_flow.testing import Collect, graph_of, plan
from oppleo_flow.testing.copying import as_test
from oppleo_flow.testing.flow_run import run_tests
from oppleo_flow.testing.house import House
from tests.oppleo_flow.engine.watched_chain import Doubled

START = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
SHIPPED = Path(__file__).parents[3] / "flows" / "charge-point.yaml"


def checked(text: str) -> Callable[[Mapping[str, str]], CheckResult]:
    def check(variables: Mapping[str, str]) -> CheckResult:
        settings = CheckSettings(variables=variables, simulate=True, world_words=world_words)
        return check_text(text, "flow.yaml", Registry.installed(), settings)

    assert check({}).errors == ()
    return check


def passes(flow: str, test: str) -> list[str]:
    """Return what the tests of a flow have to say of one that is added."""
    text = flow.partition("\ntests:")[0] + "\ntests:\n" + indent(test, "  ")
    return [verdict.render() for verdict in run_tests(checked(text))]


def lived(folder: Path, card: str) -> tuple[str, str, Trace]:
    """Return the shipped flow, and the test and the trace of a card that was held to its reader."""
    flow = SHIPPED.read_text()
    with House(flow, folder, START) as house:
        traces = house.runtime.trace(node="rfid")
        house.swipe(card)
        (trace,) = traces.so_far()
        return flow, as_test(trace, house.runtime.graph, f"the card: {card}"), trace


@pytest.mark.parametrize("card", ["family", "stranger", "visitor"])
def test_what_a_card_brought_about_is_brought_about_again(tmp_path, card):
    flow, test, _ = lived(tmp_path, card)
    assert f'name: "the card: {card}"' in test
    assert passes(flow, test) == [""]


def test_it_fails_on_a_flow_that_does_something_else(tmp_path):
    flow, test, _ = lived(tmp_path, "stranger")
    assert passes(flow, test.replace("reason: unknown", "reason: expired")) != [""]


def test_what_is_put_into_an_input_is_sent_by_the_output_that_leads_there(tmp_path):
    flow = SHIPPED.read_text()
    with House(flow, tmp_path, START) as house:
        traces = house.runtime.trace()
        house.runtime.inject("authorise", "in", CardSeen.sample(uid="DEADBEEF"))
        house.run_for(0)
        test = as_test(traces.so_far()[0], house.runtime.graph, "an unknown card")
    assert "    - send: {rfid.card: {type: CardSeen, uid: DEADBEEF, " in test
    assert passes(flow, test) == [""]


def step(node: str, port: str | None, payload: Any, **more: Any) -> TraceStep:
    return TraceStep(node, port, payload, START, 1, more.get("sent", ()), more.get("failure"))


def trace_of(*steps: TraceStep) -> Trace:
    return Trace(1, "test/inject", START, steps, cut=False)


GRAPH = graph_of({name: plan(Collect) for name in ("a", "b")}, ["flow.errors > b.in"])


def test_the_text_has_what_each_node_received_and_what_failed():
    wired = graph_of({"a": plan(Doubled), "b": plan(Collect)}, ["a.out > b.in", "a.error > b.in"])
    trace = trace_of(
        step("a", None, None, sent=(("out", Record.of({"n": [1, 2.5, None, "a: b"]})),)),
        step("b", "in", Record.of({"n": 1})),
        step("b", "in", MeterReading.sample(energy_import_wh=7), failure="OSError: no: book"),
    )
    head, *lines = as_test(trace, wired, "x").splitlines()
    assert head == "- name: x"
    assert lines[0] == "  at: 2026-01-15T12:00:00+00:00"
    assert lines[2:4] == [
        '    - send: {a.out: {n: [1, 2.5, null, "a: b"]}}',
        "    - expect:",
    ]
    assert lines[4].startswith("        b: [{n: 1}, {type: MeterReading, ")
    assert "at: 2026" not in lines[4]
    assert lines[5] == '    - expect_error: {b: {error: OSError, message: "no: book"}}'


@pytest.mark.parametrize(
    ("trace", "why"),
    [
        (trace_of(), "without a step"),
        (trace_of(step("a", "in", 1)), "a.in: no output leads there"),
        (trace_of(step("b", "in", 1)), "b.in: no output leads there"),
        (trace_of(step("flow", None, None, sent=(("start", 1),))), "the flow's own output"),
    ],
    ids=["empty", "nothing leads there", "only the flow leads there", "the flow itself"],
)
def test_what_no_test_can_bring_about_is_refused(trace, why):
    with pytest.raises(Refused, match=why):
        as_test(trace, GRAPH, "x")
