"""`oppleo-flow hardware`: which parts a flow is wired to, and a drawing of the wires."""

import json
import re
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest

from oppleo_flow.cli import main
from oppleo_flow.cli.wiring_diagram import BOARD_PIN_OF, diagram
from oppleo_flow.flowfile.hardware_parts import Part
from oppleo_flow.node import Claim
from tests.oppleo_flow.cli.hardware_site import with_flow

ROOT = Path(__file__).parents[3]
FLOW = ROOT / "flows" / "charge-point.yaml"
SVG = "{http://www.w3.org/2000/svg}"


def drawn(capsys: pytest.CaptureFixture[str], *arguments: str) -> ElementTree.Element:
    assert main(["hardware", "diagram", str(FLOW), *arguments]) == 0
    return ElementTree.fromstring(capsys.readouterr().out)


def wires(picture: ElementTree.Element) -> set[str]:
    return {title.text or "" for title in picture.iter(f"{SVG}title")}


def test_the_parts_of_a_flow_are_listed_with_the_places_that_they_are_wired_to(capsys):
    assert main(["hardware", "list", str(FLOW)]) == 0
    lines = [re.split(r"  +", line) for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == ["part", "type", "through", "where"]
    assert ["rs485", "serial-bus", "serial port /dev/ttyUSB0"] in [line[:3] for line in lines]
    assert ["evse", "evse-switch", "pins", "GPIO 5 (SW)"] in [line[:4] for line in lines]
    assert ["meter", "modbus-meter", "rs485", "unit 1"] in [line[:4] for line in lines]
    led = ["led", "rgb-led", "pins", "GPIO 13 (red), GPIO 12 (green), GPIO 16 (blue)"]
    assert led in [line[:4] for line in lines]


def test_a_program_gets_the_parts_as_json(capsys):
    assert main(["hardware", "list", str(FLOW), "--json"]) == 0
    parts = {part["name"]: part for part in json.loads(capsys.readouterr().out)}
    assert parts["evse_state"] == {
        "name": "evse_state",
        "type": "evse-state",
        "through": "pins",
        "simulated": False,
        "where": [{"resource": "GPIO 6", "pin": 6, "wire": "LED"}],
    }


def test_on_a_simulated_site_every_part_is_told_to_be_simulated(site, capsys):
    with_flow(site)
    settings = site / "oppleo.yaml"
    settings.write_text(f"{settings.read_text()}simulate: true\n")
    assert main(["hardware", "list", "--json"]) == 0
    assert {part["simulated"] for part in json.loads(capsys.readouterr().out)} == {True}


def test_a_slip_in_the_name_of_a_variable_does_not_try_another_port(capsys):
    assert main(["hardware", "list", str(FLOW), "--set", "meter_prot=/dev/ttyUSB1"]) == 2
    assert capsys.readouterr().err == (
        f"oppleo-flow: {FLOW}: the flow has no variable 'meter_prot' to set; "
        "did you mean 'meter_port'?\n"
    )


def test_the_drawing_has_every_wire_of_the_flow_at_the_pin_of_the_header_that_its_settings_say(
    capsys,
):
    assert wires(drawn(capsys)) == {
        "spi MOSI: GPIO 10, pin 19",
        "spi MISO: GPIO 9, pin 21",
        "spi SCK: GPIO 11, pin 23",
        "spi RST: GPIO 25, pin 22",
        "spi SDA: GPIO 8, pin 24",
        "evse SW: GPIO 5, pin 29",
        "evse_state LED: GPIO 6, pin 31",
        "led red: GPIO 13, pin 33",
        "led green: GPIO 12, pin 32",
        "led blue: GPIO 16, pin 36",
        "buzzer signal: GPIO 23, pin 16",
    }


def test_another_pin_in_the_flow_is_another_wire_in_the_drawing(capsys, tmp_path):
    (tmp_path / "flows").mkdir()
    flow = tmp_path / "flows" / "charge-point.yaml"
    text = FLOW.read_text()
    assert text.count("pin: 23") == 1
    flow.write_text(text.replace("pin: 23", "pin: 24"))
    file = tmp_path / "wiring.svg"
    assert main(["hardware", "diagram", str(flow), "-o", str(file)]) == 0
    assert capsys.readouterr().out == f"wrote {file}\n"
    assert "buzzer signal: GPIO 24, pin 18" in wires(ElementTree.parse(file).getroot())


def test_a_pin_that_two_readers_share_is_one_line_of_the_table(capsys):
    two = FLOW.parents[1] / "examples" / "two-charge-points.yaml"
    assert main(["hardware", "pins", str(two)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if "spi-bus" in line] == [
        "| 18 | 24 | RST | `right_reader` (spi-bus) |",
        "| 19 | 10 | MOSI | `left_reader` (spi-bus), `right_reader` (spi-bus) |",
        "| 21 | 9 | MISO | `left_reader` (spi-bus), `right_reader` (spi-bus) |",
        "| 22 | 25 | RST | `left_reader` (spi-bus) |",
        "| 23 | 11 | SCK | `left_reader` (spi-bus), `right_reader` (spi-bus) |",
        "| 24 | 8 | SDA | `left_reader` (spi-bus) |",
        "| 26 | 7 | SDA | `right_reader` (spi-bus) |",
    ]


def test_the_pins_are_a_table_in_the_order_of_the_header(capsys):
    assert main(["hardware", "pins", str(FLOW)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:3] == [
        "| pin | GPIO | wire | of |",
        "| --- | --- | --- | --- |",
        "| 16 | 23 | signal | `buzzer` (buzzer) |",
    ]
    pins = [int(line.split("|")[1]) for line in lines[2:]]
    assert pins == sorted(pins)
    assert len(pins) == 11


def test_how_each_model_of_meter_comes_is_a_table_too(capsys):
    assert main(["hardware", "meters"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "| `SDM120` | Eastron SDM120-Modbus | 1 | unit 1, 2400 8N1 |" in lines
    assert "| `SDM230` | Eastron SDM230-Modbus | 1 | see its menu |" in lines


def test_what_is_not_at_the_header_stands_below_it(capsys):
    texts = ["".join(text.itertext()) for text in drawn(capsys).iter(f"{SVG}text")]
    assert "meter (modbus-meter): unit 1, through rs485" in texts


def test_no_two_wires_lie_over_each_other_and_no_box_over_another():
    pins = sorted(BOARD_PIN_OF)
    parts = [
        Part(f"p{pin}", "x", "pins", simulated=False, claims=(Claim.of_pin(pin, "on & off"),))
        for pin in pins
    ]
    picture = ElementTree.fromstring(diagram('all "28" pins', parts))
    paths = [path.get("d", "") for path in picture.iter(f"{SVG}path")]
    bends = [re.match(r"M\d+ \d+H(\d+)v", path)[1] for path in paths]
    assert (len(paths), len(set(bends))) == (len(pins), len(pins))
    boxes = [r for r in picture.iter(f"{SVG}rect") if r.get("class") == "box"]
    for side in {box.get("x") for box in boxes}:
        spans = sorted(
            (float(box.get("y", "")), float(box.get("height", "")))
            for box in boxes
            if box.get("x") == side
        )
        assert all(top + high < below for (top, high), (below, _) in pairwise(spans))


def test_a_flow_with_errors_is_not_drawn(capsys, tmp_path):
    (tmp_path / "flows").mkdir()
    flow = tmp_path / "flows" / "broken.yaml"
    flow.write_text("flow: broken\nformat: 1\nnodes: {a: {type: nothing}}\n")
    assert main(["hardware", "diagram", str(flow)]) == 2
    assert f"{flow}: has errors; see `oppleo-flow check {flow}`" in capsys.readouterr().err
