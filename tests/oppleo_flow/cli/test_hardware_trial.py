"""`oppleo-flow hardware test`: each part by hand, in processes of its own as its user runs it."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from oppleo_flow.cli import main
from oppleo_flow.cli.folder import locked
from tests.oppleo_flow.cli.hardware_site import ROOT, with_flow, world
from tests.oppleo_flow.cli.running_site import runtime_of

PATIENCE_S = 60.0
SWITCH = ("evse-switch", "--yes")


@pytest.fixture
def garage(site, monkeypatch):
    """Return a site with the flow that ships, in which every hour is a quiet one."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    flow = with_flow(site)
    quiet = "buzzer:\n    type: buzzer\n"
    assert flow.read_text().count(quiet) == 1
    loud = f"{quiet}    quiet: [{{days: daily, from: 00:00, to: 24:00}}]\n"
    flow.write_text(flow.read_text().replace(quiet, loud))
    return site


@contextmanager
def trial(*words: str, answer: str = "") -> Iterator[subprocess.Popen[str]]:
    """Start a trial on simulated hardware; whatever becomes of the test, it ends."""
    with subprocess.Popen(
        [sys.executable, "-m", "oppleo_flow", "hardware", "test", *words, "--simulate"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        process.stdin.write(answer)
        process.stdin.close()
        process.stdin = None
        try:
            yield process
        finally:
            process.terminate()


def tried(*words: str, answer: str = "") -> tuple[int, list[str]]:
    """Carry a trial out; return its exit code and its lines."""
    with trial(*words, answer=answer) as process:
        out, err = process.communicate(timeout=PATIENCE_S)
        assert err == ""
        return process.returncode, out.splitlines()


def until(process: subprocess.Popen[str], beginning: str) -> None:
    """Read what a trial says until a line begins so."""
    assert process.stdout is not None
    assert any(line.startswith(beginning) for line in process.stdout)


@pytest.mark.parametrize(
    ("words", "lines"),
    [
        pytest.param(
            ("led", "--for", "50ms"),
            [
                r"green: free",
                r"green, breathing: free, and charging is cheap now",
                r"yellow: a session is open, and nothing is charged now",
                r"yellow, blinking: a session is open, and no car is plugged in",
                r"blue, breathing: charging",
                r"red, for a moment: this card was refused",
                r"red: the EVSE has an error, or a node is in fault",
                r"ok: the LED was told to show 7 things, and every pin took it",
                r"     → another colour than said here: .*",
            ],
            id="the LED shows all that it can say",
        ),
        pytest.param(
            ("buzzer", "--for", "50ms"),
            [
                r"ok: 1 beep of 100 ms",
                r"error: 2 beeps of 100 ms",
                r"ok: 2 patterns were sounded, and the pin took them",
                r"     → nothing heard: .*",
            ],
            id="the buzzer sounds each pattern",
        ),
        pytest.param(
            ("rfid", "--for", "2s"),
            [
                r"hold cards to the reader, one after the other, for 2 s",
                r"\(the simulated world holds its card 'family' there\)",
                r"card 04A1B2C3; Oppleo knows it as 19892716500",
                r"ok: the reader saw 1 card",
            ],
            id="the reader tells each card",
        ),
        pytest.param(
            ("meter", "--for", "1s"),
            [
                r"  meter +meter",
                r"  time +\d{4}-.*",
                r"  energy_import_wh +\d+ Wh",
                r"  power_w +0\.0 W",
                r"  power_phases_w +0\.0 W, 0\.0 W, 0\.0 W",
                r"  voltage_phases_v +230\.0 V, 230\.0 V, 230\.0 V",
                r"  current_phases_a +0\.0 A, 0\.0 A, 0\.0 A",
                r"  frequency_hz +50\.0 Hz",
                r"  serial +19001234",
                r"  energy_phases_wh +411522 Wh, 411522 Wh, 411522 Wh",
                r"  energy_register +import",
                r"  also +-",
                r"\d+\.\d readings a second; \d+ questions, \d+ failed \(.*\)",
                r"ok: the meter answers, \d+ readings",
            ],
            id="the meter is read as fast as it answers",
        ),
        pytest.param(
            ("evse-state", "--for", "4s"),
            [
                r"looking at the LED line for 4 s",
                r"unknown \(not-seen-yet\): .*",
                r"(access-off, \d+% sure(\n|$))+",
                r"ok: the line says access-off",
            ],
            id="the LED of the SmartEVSE is told in words",
        ),
        pytest.param(
            (*SWITCH, "--for", "100ms"),
            [
                r"open: the SmartEVSE shows access-off",
                r"closed: GPIO 5 reads back low",
                r"the SmartEVSE followed after \d\.\d s: it shows standby",
                r"open: GPIO 5 reads back high",
                r"the SmartEVSE followed after \d\.\d s: no access",
                r"ok: the pin closes and opens, and the SmartEVSE followed",
            ],
            id="the switch closes and opens, and the SmartEVSE follows",
        ),
    ],
)
def test_each_part_is_tried_on_simulated_hardware(garage, words, lines):
    code, said = tried(*words)
    assert re.fullmatch("\n".join(lines).replace("(\\n|$))+\n", "\n)+"), "\n".join(said))
    assert code == 0


def test_a_meter_that_says_nothing_is_bad_with_what_to_check(garage):
    with world() as simulated:
        simulated.silence_meter(True)
        code, said = tried("meter", "--for", "1500ms")
    assert code == 1
    assert said[0].startswith("unknown: unit 1: no answer")
    assert re.match(r"0\.0 readings a second; \d+ questions, \d+ failed", said[-2])
    assert said[-1].startswith("bad: unit 1: no answer")
    assert "check that the meter has power" in said[-1]


def test_a_reader_that_is_dead_is_bad_with_its_wires(garage):
    with world() as simulated:
        simulated.break_reader(True)
        code, said = tried("rfid", "--for", "1s")
    assert code == 1
    assert re.match(r"bad: RC522: no answer", said[-2])
    assert "SDA to GPIO 8 (pin 24)" in said[-1]


@pytest.mark.parametrize(
    ("trouble", "verdict"),
    [
        pytest.param(
            "two-cards",
            ["bad: RC522: two cards at once", "     → hold one of them alone"],
            id="two cards",
        ),
        pytest.param(
            "wrong-check-byte",
            [
                "bad: RC522: a card that cannot be read, its number and check byte do not match",
                "     → hold it flat and still, away from metal",
            ],
            id="one that cannot be read",
        ),
    ],
)
def test_what_was_held_there_and_is_no_card_is_told_at_once_and_is_the_verdict(
    garage, trouble, verdict
):
    with world() as simulated:
        simulated.trouble_reader(trouble)
        code, said = tried("rfid", "--for", "2s")
    assert (code, said[-2:]) == (1, verdict)
    assert said[-3].startswith(verdict[0].removeprefix("bad: "))


def test_the_switch_is_left_alone_unless_somebody_says_that_it_may_close(garage):
    with world() as simulated:
        code, said = tried("evse-switch", answer="n\n")
        pins = simulated.snapshot()["pins"]
    assert (code, said) == (
        1,
        [
            "evse: the switch will close: a car that is plugged in may charge. "
            "Close it? [y/N] left alone"
        ],
    )
    assert pins.get("5", {}).get("edges", 0) == 0


def test_a_trial_that_is_killed_leaves_the_switch_open_and_is_not_begun_again(garage):
    with world() as simulated, trial(*SWITCH, "--for", "10m") as process:
        until(process, "closed")
        assert simulated.snapshot()["pins"]["5"]["percent"] == 0
        os.kill(runtime_of(process), signal.SIGKILL)
        _, errors = process.communicate(timeout=PATIENCE_S)
        pin = simulated.snapshot()["pins"]["5"]
    assert process.returncode == 1
    assert errors == "oppleo-flow guardian: the runtime was ended by SIGKILL; pins are safe\n"
    assert (pin["percent"], pin["edges"]) == (100, 2)  # closed once, and opened once


def test_a_trial_that_is_stopped_leaves_the_switch_open_and_has_no_verdict(garage):
    with world() as simulated, trial(*SWITCH, "--for", "10m") as process:
        until(process, "closed")
        process.send_signal(signal.SIGINT)
        said, errors = process.communicate(timeout=PATIENCE_S)
        pin = simulated.snapshot()["pins"]["5"]
    assert (process.returncode, errors) == (130, "")
    assert said.splitlines()[-1] == "told to stop: no verdict"
    assert (pin["percent"], pin["edges"]) == (100, 2)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        pytest.param(
            ("led", "--node", "lamp"),
            2,
            "{flow}: node 'lamp': there is no such node; of this type there are: led",
            id="a node that is not there",
        ),
        pytest.param(
            ("led", "--node", "meter"),
            2,
            "{flow}: node 'meter': it is of type modbus-meter, not rgb-led; of this type there "
            "are: led",
            id="a node of another type",
        ),
        pytest.param(
            ("bell",),
            2,
            "argument PART: invalid choice: 'bell' (choose from 'led', 'buzzer', 'rfid', 'meter', "
            "'evse-switch', 'evse-state'); see `oppleo-flow hardware test --help`",
            id="a part that nobody knows",
        ),
        pytest.param(
            ("led", "--for", "10"),
            2,
            "argument --for: a duration such as 500ms, 10s, 5m, 1h30m or 2d is needed, got '10'; "
            "see `oppleo-flow hardware test --help`",
            id="a time without a unit",
        ),
        pytest.param(
            ("led", "--for", "2h"),
            2,
            "argument --for: at most 1h, and more than 0s, got '2h'; "
            "see `oppleo-flow hardware test --help`",
            id="a time that is too long",
        ),
        pytest.param(
            ("meter", "--set", "meter_port=/dev/no-such-stick"),
            1,
            "connection 'rs485': /dev/no-such-stick is not there; plug the adapter in, or correct "
            "`port`",
            id="an adapter that is not plugged in",
        ),
    ],
)
def test_what_cannot_be_tried_is_told_in_one_line(garage, capsys, words, code, said):
    assert main(["hardware", "test", *words]) == code
    flow = garage / "flows" / "charge-point.yaml"
    assert capsys.readouterr().err == f"oppleo-flow: {said.format(flow=flow)}\n"


TWO_LEDS = """\
flow: charge-point
format: 1
connections: {pins: {type: gpio}, spi: {type: spi-bus}}
nodes:
  line: {type: evse-state, gpio: pins, pin: 4}
  left: {type: rgb-led, from: line, gpio: pins, red: 1, green: 2, blue: 3, safe: off}
  right: {type: rgb-led, from: line, gpio: pins, safe: off}
  old: {type: rfid-reader, spi: spi, disabled: true}
"""


@pytest.mark.parametrize(
    ("part", "said"),
    [
        pytest.param(
            "led",
            "has 2 nodes of type rgb-led; say which with --node: left, right",
            id="several of a type",
        ),
        pytest.param(
            "rfid",
            "has no node of type rfid-reader or usb-card-reader to test; 'old' is disabled in it; "
            "`oppleo-flow nodes rfid-reader` tells how one is written",
            id="one that is disabled",
        ),
        pytest.param(
            "meter",
            "has no node of type modbus-meter to test; `oppleo-flow nodes modbus-meter` tells how "
            "one is written",
            id="none of a type",
        ),
    ],
)
def test_a_flow_that_does_not_say_which_part_is_meant(site, capsys, part, said):
    flow = with_flow(site, TWO_LEDS)
    assert main(["hardware", "test", part]) == 2
    assert capsys.readouterr().err == f"oppleo-flow: {flow}: {said}\n"


ANOTHER_BUS = """\
flow: charge-point
format: 1
connections: {spi: {type: spi-bus, bus: 1, device: 2}}
nodes:
  rfid: {type: rfid-reader, spi: spi}
"""


def test_a_bus_that_is_not_enabled_is_told_with_the_setting_that_enables_it(site, capsys):
    with_flow(site, ANOTHER_BUS)
    assert main(["hardware", "test", "rfid"]) == 1
    assert capsys.readouterr().err == (
        "oppleo-flow: connection 'spi': /dev/spidev1.2 is not there; "
        "enable SPI: `dtparam=spi=on` in the Pi's config.txt\n"
    )


def test_a_wrong_pin_is_for_the_checker_to_tell(garage, capsys):
    flow = garage / "flows" / "charge-point.yaml"
    flow.write_text(flow.read_text().replace("pin: 23", "pin: 28"))
    assert main(["hardware", "test", "buzzer"]) == 2
    assert capsys.readouterr().err == (
        f"oppleo-flow: {flow}: has errors; see `oppleo-flow check {flow}`\n"
    )


def test_nobody_is_asked_where_nobody_can_answer(garage):
    with trial("evse-switch") as process:
        _, errors = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 2
    assert errors.endswith(
        "oppleo-flow: evse-switch: nobody is there to say that it may close; --yes says so; "
        "see `oppleo-flow hardware --help`\n"
    )


def test_a_site_that_runs_is_not_tried(garage, capsys):
    with locked(garage):
        assert main(["hardware", "test", "led", "--simulate"]) == 3
    assert capsys.readouterr().err == (
        f"oppleo-flow: {garage}: runs already, as process {os.getpid()}; stop that one first\n"
    )
