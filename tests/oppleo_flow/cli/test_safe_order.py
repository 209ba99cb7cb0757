import pytest

from oppleo_flow.cli.safe_order import safe_order
from oppleo_flow.flowfile import check_text
from oppleo_flow.node import SafePin
from oppleo_flow.registry import Registry


def graph(*, real: bool, simulated: bool):
    links = ["  real_pins: {type: gpio}\n"] * real
    links += ["  other_pins: {type: gpio, simulate: true}\n"] * simulated
    text = "flow: pins\nformat: 1\nconnections:\n" + "".join(links)
    text += "nodes:\n  tick: {type: schedule, every: 1h}\n"
    return check_text(text, "flow.yaml", Registry(["nodes"])).graph


REAL = SafePin(pin=5, high=True, within="real_pins")
SIMULATED = SafePin(pin=23, high=False, within="other_pins")
WORLD = {"driver": "world", "socket": ".oppleo/simulated/world.sock"}


@pytest.mark.parametrize(
    ("pins", "order"),
    [
        pytest.param([], None, id="without pins there is nothing to do"),
        pytest.param(
            [REAL],
            {"driver": "rpi-gpio", "pins": [{"pin": 5, "high": True}]},
            id="real pins by the real driver",
        ),
        pytest.param(
            [SIMULATED],
            {**WORLD, "pins": [{"pin": 23, "high": False}]},
            id="simulated pins in the world",
        ),
        pytest.param(
            [SIMULATED, REAL],
            {"driver": "rpi-gpio", "pins": [{"pin": 5, "high": True}]},
            id="of both, the real ones matter",
        ),
    ],
)
def test_the_guardian_is_told_which_pins_to_drive(pins, order):
    assert safe_order(graph(real=True, simulated=True), pins) == order
