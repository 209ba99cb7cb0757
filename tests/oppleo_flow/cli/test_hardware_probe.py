"""`oppleo-flow hardware probe`: a verdict on every part, with what to check."""

import json
import os
import re

import pytest

from oppleo_flow.cli import main
from oppleo_flow.cli.folder import locked
from oppleo_flow.cli.hardware_probe import PartVerdict, in_a_sentence
from tests.oppleo_flow.cli.hardware_site import ROOT, with_flow, world
from tests.oppleo_flow.cli.test_connecting import ASK

ONE_METER = """\
flow: charge-point
format: 1
connections:
  rs485: {type: serial-bus, port: /dev/no-such-stick}
nodes:
  meter: {type: modbus-meter, bus: rs485, model: SDM120}
"""

NETWORK = """\
flow: charge-point
format: 1
connections: {web: {type: http-client}}
nodes:
  facts: {type: smart-evse, http: web, url: "http://192.168.1.20"}
  ask: {type: ask}
  evse:
    type: smart-evse-access
    from: ask
    http: web
    url: http://192.168.1.20
    safe: off
    stale_after: 90s
    fails_open: accepted
"""


@pytest.fixture
def garage(site, monkeypatch):
    """Return a site with the flow that ships; where it is simulated, so are its processes."""
    with_flow(site)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    return site


def probe(capsys, *words, code=0):
    """Return the lines that a probe prints."""
    capsys.readouterr()
    assert main(["hardware", "probe", *words]) == code
    return capsys.readouterr().out.splitlines()


def test_every_part_has_a_verdict_where_it_is_simulated(garage, capsys):
    assert probe(capsys, ".", "--simulate") == [
        "ok         pins (gpio): simulated, opens",
        "ok         spi (spi-bus): simulated, opens",
        "ok         rs485 (serial-bus): simulated, opens",
        "ok         rfid (rfid-reader): RC522, version 0x92, MFRC522 2.0; passes its own test",
        "not moved  evse (evse-switch): GPIO 5 (SW)",
        "           → try it: oppleo-flow hardware test evse-switch .",
        "ok         meter (modbus-meter): unit 1 answers: Eastron SDM630-Modbus V2, no. 19001234, "
        "0 W, 1234.6 kWh",
        "ok         evse_state (evse-state): GPIO 6: the LED line says access-off",
        "not moved  led (rgb-led): GPIO 13 (red), GPIO 12 (green), GPIO 16 (blue)",
        "           → try it: oppleo-flow hardware test led .",
        "not moved  buzzer (buzzer): GPIO 23 (signal)",
        "           → try it: oppleo-flow hardware test buzzer .",
        "6 of 6 parts answer, 3 were not moved",
    ]


def test_nothing_moves(garage, capsys):
    with world() as simulated:
        before = simulated.snapshot()["pins"]
        probe(capsys, "--simulate")
        after = simulated.snapshot()["pins"]
    outputs = ("5", "12", "13", "16", "23")
    assert [after.get(pin) for pin in outputs] == [before.get(pin) for pin in outputs]


def test_a_silent_meter_is_bad_and_its_wires_and_settings_are_what_to_check(garage, capsys):
    with world() as simulated:
        simulated.silence_meter(True)
        lines = probe(capsys, "--simulate", code=1)
    at = next(i for i, line in enumerate(lines) if "meter (modbus-meter)" in line)
    assert re.fullmatch(r"bad        meter \(modbus-meter\): unit 1: no answer.*", lines[at])
    assert lines[at + 1] == (
        "           → check that the meter has power, that its wires A and B are tight, and that "
        "its address, speed and parity are those of the flow (from the factory: unit 1, 9600 8N1)"
    )
    assert lines[-1] == "5 of 6 parts answer, 3 were not moved; look at meter"


def test_a_dead_reader_is_bad_and_the_wires_of_its_bus_are_what_to_check(garage, capsys):
    with world() as simulated:
        simulated.break_reader(True)
        lines = probe(capsys, "--simulate", code=1)
    at = next(i for i, line in enumerate(lines) if "rfid (rfid-reader)" in line)
    assert lines[at].startswith("bad        rfid (rfid-reader): RC522: no answer")
    assert lines[at + 1] == (
        "           → its wires: MISO to GPIO 9 (pin 21), MOSI to GPIO 10 (pin 19), "
        "SCK to GPIO 11 (pin 23), RST to GPIO 25 (pin 22), SDA to GPIO 8 (pin 24)"
    )


def test_a_smartevse_on_the_network_is_a_part_too_with_what_leads_to_it(site, capsys, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    with_flow(site, NETWORK)
    (site / "nodes").mkdir()
    (site / "nodes" / "ask.py").write_text(ASK)
    assert probe(capsys, "--simulate") == [
        "ok         web (http-client): simulated, opens",
        "ok         facts (smart-evse): 192.168.1.20: access-off, version v3.8.0",
        "not moved  evse (smart-evse-access): access of 192.168.1.20",
        "           → run the flow to try it",
        "2 of 2 parts answer, 1 was not moved",
    ]


def test_what_is_on_a_bus_that_is_not_there_is_bad_because_of_that(site, capsys):
    with_flow(site, ONE_METER)
    assert probe(capsys, code=1) == [
        "bad        rs485 (serial-bus): /dev/no-such-stick is not there",
        "           → plug the adapter in, or correct `port`",
        "bad        meter (modbus-meter): could not be asked, because rs485 is bad",
        "0 of 2 parts answer; look at rs485",
    ]


def test_a_program_is_told_the_same(site, capsys):
    with_flow(site, ONE_METER)
    assert main(["hardware", "probe", "--json"]) == 1
    assert json.loads(capsys.readouterr().out) == [
        {
            "name": "rs485",
            "type": "serial-bus",
            "level": "bad",
            "text": "/dev/no-such-stick is not there",
            "check": "plug the adapter in, or correct `port`",
            "behind": None,
        },
        {
            "name": "meter",
            "type": "modbus-meter",
            "level": "bad",
            "text": "could not be asked, because rs485 is bad",
            "check": "",
            "behind": "rs485",
        },
    ]


def test_a_flow_without_hardware_says_so(site, capsys):
    with_flow(site, "flow: charge-point\nformat: 1\nnodes: {tick: {type: schedule, every: 1h}}\n")
    assert probe(capsys) == ["this flow is wired to no hardware"]


def test_a_site_that_runs_is_left_alone(garage, capsys):
    with locked(garage):
        assert main(["hardware", "probe"]) == 3
    assert capsys.readouterr().err == (
        f"oppleo-flow: {garage}: runs already, as process {os.getpid()}; stop that one first\n"
    )


@pytest.mark.parametrize(
    ("verdicts", "sentence"),
    [
        pytest.param([("a", "ok")], "1 of 1 parts answer", id="all is well"),
        pytest.param(
            [("a", "ok"), ("b", "not moved")],
            "1 of 1 parts answer, 1 was not moved",
            id="what moves the world does not count",
        ),
        pytest.param(
            [("a", "bad"), ("b", "bad"), ("c", "bad"), ("d", "ok")],
            "1 of 4 parts answer; look at a, b and c",
            id="what to look at",
        ),
    ],
)
def test_the_last_line_counts(verdicts, sentence):
    told = [PartVerdict(name, "x", level, "") for name, level in verdicts]
    assert in_a_sentence(told) == sentence
