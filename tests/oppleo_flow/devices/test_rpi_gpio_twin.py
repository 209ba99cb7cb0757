"""The simulated RPi.GPIO refuses what the library refuses; rpi-lgpio itself is the judge."""

import importlib.util
from pathlib import Path

import pytest

from oppleo_flow.devices.library_copy import load_copy
from oppleo_flow.devices.rpi_gpio_twin import SimulatedRpiGpio
from tests.oppleo_flow.devices.worlds import fake_lgpio, still_world


@pytest.fixture(params=["simulated", "rpi-lgpio"])
def gpio(request, monkeypatch):
    if request.param == "simulated":
        return SimulatedRpiGpio(still_world())
    package = importlib.util.find_spec("RPi")
    if package is None:
        pytest.skip("rpi-lgpio is not installed")
    monkeypatch.setenv("RPI_LGPIO_REVISION", "c03114")
    monkeypatch.setenv("RPI_LGPIO_CHIP", "0")
    file = Path(package.submodule_search_locations[0]) / "GPIO" / "__init__.py"
    return load_copy(file, {"lgpio": fake_lgpio(still_world())})


@pytest.mark.parametrize(
    ("use", "error"),
    [
        pytest.param(lambda g: g.output(5, 1), RuntimeError, id="an output not set up"),
        pytest.param(lambda g: g.PWM(5, 100), RuntimeError, id="a modulation not set up"),
        pytest.param(lambda g: g.setup(99, g.OUT), ValueError, id="a pin that is not there"),
        pytest.param(
            lambda g: (g.setup(5, g.OUT), g.PWM(5, 0)), ValueError, id="a frequency of zero"
        ),
        pytest.param(
            lambda g: (g.setup(5, g.IN), g.output(5, 1)), RuntimeError, id="an input as an output"
        ),
        pytest.param(
            lambda g: g.setup(5, g.OUT, pull_up_down=g.PUD_UP), ValueError, id="a pull on an output"
        ),
        pytest.param(
            lambda g: (g.setup(5, g.OUT), g.PWM(5, 100).start(101)),
            ValueError,
            id="a duty above the whole",
        ),
    ],
)
def test_a_wrong_use_is_refused_with_the_library_s_kind_of_error(gpio, use, error):
    gpio.setmode(gpio.BCM)

    with pytest.raises(error):
        use(gpio)


def test_a_pin_has_one_modulation_at_most(gpio):
    gpio.setmode(gpio.BCM)
    gpio.setup(12, gpio.OUT)
    first = gpio.PWM(12, 100)

    with pytest.raises(RuntimeError):
        gpio.PWM(12, 100)
    first.stop()


def test_an_output_set_up_again_without_a_level_keeps_its_own(gpio):
    gpio.setmode(gpio.BCM)
    gpio.setup(5, gpio.OUT, initial=gpio.LOW)
    gpio.setup(5, gpio.OUT)

    assert gpio.input(5) == gpio.LOW


def test_a_pin_that_was_cleaned_up_is_no_output_any_more(gpio):
    gpio.setmode(gpio.BCM)
    gpio.setup(5, gpio.OUT, initial=gpio.HIGH)
    gpio.cleanup(5)

    with pytest.raises(RuntimeError):
        gpio.output(5, gpio.LOW)


def test_nothing_works_before_the_numbering_was_chosen(gpio):
    with pytest.raises(RuntimeError):
        gpio.setup(5, gpio.OUT)


def test_the_numbers_of_the_header_itself_are_not_simulated():
    gpio = SimulatedRpiGpio(still_world())

    with pytest.raises(ValueError, match=r"^the simulated header has BCM numbers only$"):
        gpio.setmode(gpio.BOARD)
    assert gpio.getmode() is None
