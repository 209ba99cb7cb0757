"""The schema of `tests:`: it takes the steps that the checker takes, and flags a slip in one."""

import re

import pytest

from oppleo_flow.cli.schema import schema_files
from oppleo_flow.flowfile import CheckSettings, check_text
from oppleo_flow.registry import Registry
from oppleo_flow.simulator.levers import world_words
from tests.oppleo_flow.cli.editor import complaints

FLOW = """\
flow: hello
format: 1
connections: {pins: {type: gpio}}
nodes:
  state: {type: evse-state, gpio: pins}
  tick: {type: schedule, every: 10s}
  show: {type: debug, from: tick}
  wait: {type: delay, from: tick, wait: 1m}
tests:
  - name: it ticks
    at: 2026-01-15T23:30:00+01:00
    ignore: [wait]
    stub: {state: off}
    do:
      - STEP
"""


@pytest.fixture(scope="module")
def schema():
    return schema_files(Registry(["nodes"]))["flow.schema.json"]


def codes(text: str) -> set[str]:
    settings = CheckSettings(world_words=world_words)
    found = check_text(text, "hello.yaml", Registry(["nodes"]), settings).errors
    return {finding.code for finding in found}


RIGHT = [
    "send: tick",
    "send: {tick: {missed: 2}}",
    "inject: {show: 5}",
    "inject: {wait.in: {due: 2026-01-15T12:00:00+00:00}}",
    "expect: {show: {missed: 0}, wait: }",
    "expect: [show, wait]",
    "expect_none: [show]",
    "expect_none: show",
    "expect_state: {show: {status: ok}}",
    "expect_error: {show: timeout}",
    "advance: 1h30m",
    "fail: {tick: timeout}",
    "fail: {tick: off}",
    "fail: tick",
    "stub: {tick: {tick: {missed: 1}}}",
    "stub: {tick: off}",
    "restart",
    "restart: ",
    "restart: 3d",
    "set_clock: 2027-01-15T23:30:00+01:00",
    "{advance: 10s, expect: {show: }}",
    "plug_in",
    "plug_in: 20%",
    "plug_in: {charge: 20%}",
    "unplug",
    "swipe: family",
    "swipe: {card: family, hold: 2s}",
    "silence: meter",
    "silence: {meter: off}",
    "break: evse",
    "shine: {sun: on}",
    "flash",
    "flash: evse",
]


@pytest.mark.parametrize("step", RIGHT)
def test_a_step_that_the_checker_takes_fits(schema, step):
    text = FLOW.replace("STEP", step)
    assert codes(text) == set()
    assert complaints(schema, text) == []


@pytest.mark.parametrize(
    "step",
    [
        "sned: tick",
        "advnace: 10s",
        "advance: 10",
        "advance: ",
        "advance: [10s]",
        "expect_none: {show: {missed: 0}}",
        "expect_state: show",
        "fail: {tick: tiemout}",
        "stub: [tick]",
        "stub: {tick: 5}",
        "restart: soon",
        "replug",
        "swipe: ",
        "swipe: {cord: family}",
        "plug_in: {charge: 20}",
        "silence: moter",
        "silence: {meter: perhaps}",
    ],
)
def test_a_step_with_a_slip_does_not_fit(schema, step):
    text = FLOW.replace("STEP", step)
    assert codes(text) != set()
    assert complaints(schema, text) != []


def test_the_schema_knows_the_steps_that_the_checker_knows(schema):
    text = FLOW.replace("STEP", "qqqqqqqq: 1")
    settings = CheckSettings(world_words=world_words)
    (finding,) = check_text(text, "hello.yaml", Registry(["nodes"]), settings).errors
    known = re.findall(r"\w+", finding.message.partition("known: ")[2])
    step = schema["definitions"]["tests"]["items"]["properties"]["do"]["items"]["anyOf"][0]
    assert sorted(step["properties"]) == sorted(known)


GIVEN = [
    "{}",
    "{cards: {family: {valid_until: 2026-01-15, energy_wh: 1000, duration: 2h}}, enrol: guest}",
    "{prices: []}",
    "{prices: [{from: 2026-01-01, per_kwh: 0.40, off_peak: 0.30, calendar: dal}]}",
    "{prices: [{from: 2026-01-01, components: {energy: 0.15/0.08, tax: 0.1}, vat: 21, "
    "calendar: {open: [{days: daily, from: 23:00, to: 07:00}]}}]}",
]


@pytest.mark.parametrize("given", GIVEN)
def test_what_may_be_given_fits(schema, given):
    text = FLOW.replace("ignore: [wait]", f"given: {given}").replace("STEP", "restart")
    assert codes(text) == set()
    assert complaints(schema, text) == []


@pytest.mark.parametrize(
    "given",
    [
        "[]",
        "{card: {}}",
        "{cards: {family: {valid: no}}}",
        "{prices: [{per_kwh: 0.40}]}",
        "{prices: {from: 2026-01-01}}",
    ],
)
def test_what_may_not_be_given_does_not_fit(schema, given):
    text = FLOW.replace("ignore: [wait]", f"given: {given}").replace("STEP", "restart")
    assert codes(text) != set()
    assert complaints(schema, text) != []
