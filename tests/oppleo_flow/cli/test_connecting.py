"""`oppleo-flow check --connect`: is everything there that a flow is connected to?"""

import json
import os
from pathlib import Path

import pytest

from oppleo_flow.cli import main
from oppleo_flow.cli.folder import locked

FLOW = """\
flow: garage
format: 1
connections:
  pins: {type: gpio}
  spi: {type: spi-bus}
  rs485: {type: serial-bus, port: /dev/no-such-stick}
  store: {type: site-store}
  web: {type: http-client}
nodes:
  rfid: {type: rfid-reader, spi: spi}
  meter: {type: modbus-meter, bus: rs485}
  evse_state: {type: evse-state, gpio: pins}
  evse: {type: evse-switch, from: ask, gpio: pins, safe: off}
  ask: {type: ask}
  push: {type: prowl, from: flow.errors, http: web, key: not-a-key}
"""
ASK = '''\
"""Ask for access."""

from oppleo_flow import Node, NodeConfig, Level
from oppleo_flow.payloads import SwitchRequest


class Ask(Node[NodeConfig]):
    """Ask for access."""

    type_name = "ask"
    wanted: Level[SwitchRequest]

    def start(self) -> None:
        """Do nothing."""
'''


@pytest.fixture
def garage(site, monkeypatch):
    """Return a site with one of everything, on hardware that is not there."""
    settings = (site / "oppleo.yaml").read_text()
    (site / "oppleo.yaml").write_text(settings.replace("flow: charge-point", "flow: garage"))
    for name, text in (("flows/garage.yaml", FLOW), ("nodes/ask.py", ASK)):
        (site / name).parent.mkdir()
        (site / name).write_text(text)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[3]))
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    return site


def simulated(garage):
    settings = garage / "oppleo.yaml"
    settings.write_text(f"{settings.read_text()}simulate: true\n")


def verdicts(capsys):
    """Return what follows the findings."""
    return [line for line in capsys.readouterr().out.splitlines() if line[7:9] == "  "]


def test_everything_answers_where_it_is_simulated(garage, capsys):
    simulated(garage)
    assert main(["check", "--connect"]) == 0
    ledger = garage / ".oppleo" / "simulated" / "ledger.sqlite"
    assert verdicts(capsys) == [
        "ok       pins (gpio): simulated, opens",
        "ok       spi (spi-bus): simulated, opens",
        "ok       rs485 (serial-bus): simulated, opens",
        f"ok       store (site-store): simulated, {ledger}: is not there yet; "
        "the first run makes it",
        "ok       web (http-client): simulated, opens",
        "ok       rfid (rfid-reader): RC522, version 0x92, MFRC522 2.0; passes its own test",
        "ok       meter (modbus-meter): unit 1 answers: Eastron SDM630-Modbus V2, no. 19001234, "
        "0 W, 1234.6 kWh",
        "ok       evse_state (evse-state): GPIO 6: the LED line says access-off",
        "skipped  evse (evse-switch): is left alone, because it moves the world",
        "ok       push (prowl): simulated, not asked",
    ]
    assert not ledger.exists()


def test_what_is_not_there_is_told_and_stops_nobody_else(garage, capsys):
    assert main(["check", "--connect"]) == 1
    told = verdicts(capsys)
    assert told[2].startswith("bad      rs485 (serial-bus): /dev/no-such-stick: no such file")
    assert told[6] == "skipped  meter (modbus-meter): connection 'rs485' does not open"
    assert told[9].startswith("bad      push (prowl): api.prowlapp.com: ")


def test_a_ledger_is_read_and_not_touched(garage, capsys):
    main(["tokens", "add", "04A1B2C3", "--label", "family"])
    ledger = garage / ".oppleo" / "ledger.sqlite"
    before = ledger.read_bytes()
    main(["check", "--connect"])
    (told,) = [line for line in verdicts(capsys) if "site-store" in line]
    assert told.endswith(", 1 cards")
    assert ledger.read_bytes() == before


def test_a_program_is_told_all_verdicts(garage, capsys):
    simulated(garage)
    assert main(["check", "--connect", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)[5] == {
        "name": "rfid",
        "type": "rfid-reader",
        "level": "ok",
        "text": "RC522, version 0x92, MFRC522 2.0; passes its own test",
    }


def test_a_flow_with_errors_is_not_connected(garage, capsys):
    flow = garage / "flows" / "garage.yaml"
    flow.write_text(flow.read_text().replace("spi: spi}", "spi: sip}"))
    assert main(["check", "--connect"]) == 1
    assert verdicts(capsys) == []


def test_a_site_that_runs_is_left_alone(garage, capsys):
    with locked(garage):
        assert main(["check", "--connect"]) == 3
    assert capsys.readouterr().err == (
        f"oppleo-flow: {garage}: runs already, as process {os.getpid()}; stop that one first\n"
    )
