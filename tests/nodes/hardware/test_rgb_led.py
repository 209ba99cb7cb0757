from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from nodes.hardware.rgb_led import RgbLed, RgbLedConfig
from oppleo_flow.node import Claim, SafePin
from oppleo_flow.payloads import (
    EvseSignal,
    EvseState,
    EvseUnknown,
    LedState,
    Rejected,
    SessionStatus,
)
from tests.nodes.hardware.hardware import HardwareBench

IDLE, READY = SessionStatus(phase="idle"), SessionStatus(phase="ready")
CHARGING = SessionStatus(phase="charging")
ERROR = EvseState.sample(signal=EvseSignal.ERROR)
CONNECTED = EvseState.sample(signal=EvseSignal.CONNECTED)
UNKNOWN = EvseUnknown(datetime(2026, 1, 15, tzinfo=UTC), "no samples")
REJECTED = Rejected.sample()


def led(**options):
    return HardwareBench(RgbLed, {"gpio": "pins", **options})


@pytest.mark.parametrize(
    ("payloads", "name", "lamp"),
    [
        pytest.param([], "off", (0, 0, 0), id="nothing is known: dark"),
        pytest.param([IDLE], "available", (0, 100, 0), id="free: green"),
        pytest.param([READY], "ready", (100, 40, 0), id="a session, not charging: yellow"),
        pytest.param(
            [SessionStatus(phase="waiting")], "ready", (100, 40, 0), id="it waits: yellow"
        ),
        pytest.param([CHARGING], "charging", (0, 0, 3), id="charging: blue, from its darkest"),
        pytest.param([ERROR], "error", (100, 0, 0), id="an error of the EVSE: red"),
        pytest.param([CHARGING, ERROR], "error", (100, 0, 0), id="an error is above charging"),
        pytest.param([ERROR, CHARGING], "error", (100, 0, 0), id="also when it came first"),
        pytest.param([READY, ERROR, CONNECTED], "ready", (100, 40, 0), id="an error ends"),
        pytest.param([READY, ERROR, UNKNOWN], "ready", (100, 40, 0), id="nobody knows of one"),
        pytest.param([ERROR, REJECTED], "rejected", (100, 0, 0), id="a refusal is above all"),
    ],
)
def test_what_stands_highest_is_shown(payloads, name, lamp):
    with led() as bench:
        for payload in payloads:
            bench.send(payload)
        seen = bench.world.snapshot()["lamp"]

        assert (seen["red"], seen["green"], seen["blue"]) == lamp
        assert bench.sent("shown")[-1:] == [bench.node.shown.value]
        assert bench.node.shown.value.name == name


def test_charging_breathes_in_two_seconds():
    with led(pulse_min="10%", pulse_max="90%") as bench:
        bench.send(CHARGING)
        seen = []
        for _ in range(5):
            seen.append(bench.world.snapshot()["lamp"]["blue"])
            bench.advance(0.5)

    assert seen == [10, 50, 90, 50, 10]


def test_the_darkest_of_the_breathing_is_darker_than_the_brightest():
    with pytest.raises(ValidationError) as refused:
        RgbLedConfig(gpio="pins", pulse_min="50%", pulse_max="50%")
    assert [error["msg"] for error in refused.value.errors()] == [
        "Value error, pulse_min must be less than pulse_max, got 50% and 50%"
    ]


def test_breathing_ends_with_charging():
    with led() as bench:
        bench.send(CHARGING)
        bench.advance(0.7)
        bench.send(IDLE)

        assert bench.world.snapshot()["lamp"] == {"red": 0, "green": 100, "blue": 0}


def test_a_refused_card_is_red_for_400_ms():
    with led() as bench:
        bench.send(IDLE)
        bench.send(REJECTED)
        bench.advance(0.39)
        during = bench.world.snapshot()["lamp"]
        bench.advance(0.02)

        assert during == {"red": 100, "green": 0, "blue": 0}
        assert bench.world.snapshot()["lamp"] == {"red": 0, "green": 100, "blue": 0}
        assert [state.name for state in bench.sent("shown")] == [
            *("off", "available"),
            *("rejected", "available"),
        ]


def test_what_happens_during_the_flash_is_shown_after_it():
    with led() as bench:
        bench.send(REJECTED)
        bench.send(CHARGING)
        bench.advance(0.5)

        assert bench.node.shown.value == LedState("charging", 0, 0, 100, "breathe")


def test_a_second_refusal_makes_the_flash_longer():
    with led() as bench:
        bench.send(IDLE)
        bench.send(REJECTED)
        bench.advance(0.3)
        bench.send(REJECTED)
        bench.advance(0.3)

        assert bench.node.shown.value.name == "rejected"


@pytest.mark.parametrize("active_low", [False, True])
def test_it_is_dark_after_the_stop(active_low):
    with led(active_low=active_low) as bench:
        bench.send(READY)

    pins = bench.world.snapshot()["pins"]
    assert {pins[pin]["percent"] for pin in ("13", "12", "16")} == {100 if active_low else 0}


def test_a_common_anode_is_driven_the_other_way_round():
    with led(active_low=True) as bench:
        bench.send(READY)
        pins = bench.world.snapshot()["pins"]

    assert [pins[pin]["percent"] for pin in ("13", "12", "16")] == [0, 60, 100]


def test_the_same_state_again_is_not_told_again():
    with led() as bench:
        bench.send(IDLE)
        bench.send(IDLE)

        assert [state.name for state in bench.sent("shown")] == ["off", "available"]


def test_its_pins_are_claimed_and_made_dark_by_the_guardian():
    config = led(red=1, green=2, blue=3).node.config

    assert RgbLed.claims(config) == [Claim("GPIO 1"), Claim("GPIO 2"), Claim("GPIO 3")]
    assert RgbLed.safe_pins(config, "off") == [SafePin(n, False, "pins") for n in (1, 2, 3)]
