"""A lamp of three colours, on the pins of both twins."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oppleo_flow.devices.gpio import RpiGpio
from oppleo_flow.devices.lamp import COLOURS, Lamp, Look, percents_of
from oppleo_flow.devices.rpi_gpio_twin import SimulatedRpiGpio, WorldPins
from oppleo_flow.payloads import LedState
from tests.oppleo_flow.devices.worlds import still_world

PINS = (13, 12, 16)


class Later:
    """Keeps what is to be called later, and calls it."""

    def __init__(self):
        self.calls = []

    def __call__(self, seconds, call):
        self.calls.append((seconds, call))
        return self

    def cancel(self):
        self.calls.clear()

    def go_on(self):
        """Let the time pass until the next call; return how long that was."""
        seconds, call = self.calls.pop()
        call()
        return seconds


@pytest.fixture
def world():
    return still_world()


@pytest.fixture(params=["RPi.GPIO on simulated pins", "port twin"])
def chip(request, world):
    chip = WorldPins(world) if request.param == "port twin" else RpiGpio(SimulatedRpiGpio(world))
    for pin in PINS:
        chip.claim_output(pin, high=False)
    yield chip
    chip.close()


@pytest.fixture
def later():
    return Later()


@pytest.fixture
def lamp(chip, later):
    return Lamp(chip, PINS, active_low=False, breath=(0.03, 0.98), after=later)


def lit(world):
    seen = world.snapshot()["lamp"]
    return seen["red"], seen["green"], seen["blue"]


@pytest.mark.parametrize("colour", COLOURS)
def test_each_colour_is_what_its_name_says(lamp, world, colour):
    lamp.show(Look(colour=colour).state("a look"), 2.0)

    assert lit(world) == COLOURS[colour]


@pytest.mark.parametrize(("pattern", "lasts_s"), [("blink", [1.0, 1.0]), ("flash", [0.4, 1.6])])
def test_a_pattern_is_on_and_off_in_turns(lamp, later, world, pattern, lasts_s):
    lamp.show(Look(colour="yellow", pattern=pattern).state("a look"), 2.0)
    seen, waited_s = [lit(world)], []
    for _ in range(4):
        waited_s.append(later.go_on())
        seen.append(lit(world))

    assert seen == [(100, 40, 0), (0, 0, 0)] * 2 + [(100, 40, 0)]
    assert waited_s == lasts_s * 2


def test_another_look_ends_a_pattern(lamp, later, world):
    lamp.show(Look(colour="red", pattern="blink").state("a look"), 2.0)
    lamp.show(Look(colour="green").state("another"), 2.0)

    assert (lit(world), later.calls) == ((0, 100, 0), [])


def test_a_lamp_that_is_let_go_of_stays_as_it_is(lamp, later, world):
    lamp.show(Look(colour="red", pattern="blink").state("a look"), 2.0)
    lamp.release()

    assert (lit(world), later.calls) == ((100, 0, 0), [])


def test_a_look_without_light_has_no_pattern():
    dark = Look(colour="red", pattern="blink", brightness="0%")

    assert dark.state("dark") == LedState("dark", 0, 0, 0, "off")


@given(parts=st.tuples(*[st.integers(0, 255)] * 3))
def test_a_colour_as_on_a_page_is_that_share_of_each(parts):
    found = percents_of("#{:02x}{:02x}{:02x}".format(*parts))

    assert all(
        abs(percent - part / 2.55) <= 0.5 for percent, part in zip(found, parts, strict=True)
    )


def test_a_colour_that_there_is_not_is_refused():
    with pytest.raises(ValueError, match=r"^a colour is one of off, red, orange, .*, or #rrggbb$"):
        percents_of("#ff00")
