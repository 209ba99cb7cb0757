"""Tests that stand in flows, run."""

from collections.abc import Callable, Mapping
from textwrap import dedent, indent

import pytest

from oppleo_flow.flowfile import CheckResult, CheckSettings, check_text
from oppleo_flow.registry import Registry
from oppleo_flow.simulator.levers import world_words
from oppleo_flow.testing.flow_run import run_tests

FLOW = """\
flow: f
format: 1
vars: {hold: 5s}
connections:
  pins: {type: gpio}
  spi: {type: spi-bus}
  store: {type: site-store}
  bus: {type: serial-bus, port: x}
nodes:
  rfid: {type: rfid-reader, spi: spi}
  authorise: {type: authorise, from: rfid, store: store}
  meter: {type: modbus-meter, bus: bus}
  session: {type: charge-session, from: {token: authorise.accepted, meter: meter}, keep: durable}
  later: {type: delay, from: session.request, wait: $(hold)}
  evse: {type: evse-switch, from: later, gpio: pins, safe: off}
  buzzer: {type: buzzer, from: authorise.rejected, gpio: pins, safe: silent}
  errors: {type: debug, from: flow.errors}
tests:
"""  # the next line is 19

Run = Callable[..., list[str]]


@pytest.fixture(scope="module")
def registry() -> Registry:
    return Registry.installed()


@pytest.fixture
def run(registry: Registry) -> Run:
    """Run tests at the end of a flow; return what each has to say, nothing when it passed."""

    def ran(tests: str, flow: str = FLOW) -> list[str]:
        def check(variables: Mapping[str, str]) -> CheckResult:
            settings = CheckSettings(variables=variables, simulate=True, world_words=world_words)
            return check_text(flow + tests, "f.yaml", registry, settings)

        assert check({}).errors == ()
        return [verdict.render() for verdict in run_tests(check)]

    return ran


@pytest.fixture
def steps(run: Run) -> Run:
    """Run one test of some steps, the first in line 22, at a quarter past eight in the evening."""

    def ran(text: str) -> list[str]:
        head = "  - name: a test\n    at: 2026-01-15T20:15:00+01:00\n    do:\n"
        (said,) = run(head + indent(dedent(text), "      "))
        return said.splitlines()

    return ran
