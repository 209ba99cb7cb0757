"""How a trial of hardware tells what it does and sees."""

import pytest

from oppleo_flow.cli.trial_words import colour_of, duration, fields_of
from oppleo_flow.payloads import LedState, MeterReading


@pytest.mark.parametrize(
    ("state", "words"),
    [
        pytest.param(LedState("a", 0, 100, 0, "steady"), "green", id="a colour"),
        pytest.param(LedState("a", 100, 40, 0, "blink"), "yellow, blinking", id="and what it does"),
        pytest.param(LedState("a", 0, 0, 100, "breathe"), "blue, breathing", id="breathing"),
        pytest.param(LedState("a", 100, 0, 0, "flash"), "red, for a moment", id="a flash"),
        pytest.param(LedState("a", 0, 0, 0, "off"), "dark", id="nothing"),
        pytest.param(
            LedState("a", 10, 20, 30, "steady"),
            "red 10 %, green 20 %, blue 30 %",
            id="a colour without a name",
        ),
    ],
)
def test_a_colour_has_a_name_where_people_have_one_for_it(state, words):
    assert colour_of(state) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(5, "5 s"), (0.5, "0.5 s"), (90, "90 s"), (120, "2 min"), (150, "150 s"), (3600, "60 min")],
)
def test_a_duration_is_in_the_unit_that_fits(seconds, words):
    assert duration(seconds) == words


def test_each_value_of_a_reading_has_its_unit():
    reading = MeterReading.sample(voltage_phases_v=(), serial=None)
    assert list(fields_of(reading)) == [
        "  meter             meter",
        "  time              2026-01-15 12:00:00+00:00",
        "  energy_import_wh  1234567 Wh",
        "  power_w           11040.0 W",
        "  power_phases_w    3680.0 W, 3680.0 W, 3680.0 W",
        "  voltage_phases_v  -",
        "  current_phases_a  16.0 A, 16.0 A, 16.0 A",
        "  frequency_hz      50.0 Hz",
        "  serial            -",
        "  energy_phases_wh  411522 Wh, 411522 Wh, 411522 Wh",
        "  energy_register   import",
        "  also              -",
    ]
