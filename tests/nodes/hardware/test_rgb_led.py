from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from nodes.hardware.rgb_led import RgbLed, RgbLedConfig
from oppleo_flow.flow_events import NodeChanged
from oppleo_flow.node import Claim, SafePin
from oppleo_flow.payloads import (
    EvseSignal,
    EvseState,
    EvseUnknown,
    LedState,
    OffPeak,
    PriceNow,
    PriceUnknown,
    Rejected,
    SessionStatus,
)
from tests.nodes.hardware.hardware import HardwareBench

IDLE, READY = SessionStatus(phase="idle"), SessionStatus(phase="ready")
CHARGING = SessionStatus(phase="charging")
ERROR = EvseState.sample(signal=EvseSignal.ERROR)
CONNECTED = EvseState.sample(signal=EvseSignal.CONNECTED)
UNKNOWN = EvseUnknown(datetime(2026, 1, 15, tzinfo=UTC), "no samples")
STANDBY = EvseState.sample(signal=EvseSignal.STANDBY)
NO_ACCESS = EvseState.sample(signal=EvseSignal.ACCESS_OFF)
REJECTED = Rejected.sample()
CHEAP, DEAR = OffPeak.sample(), OffPeak.sample(now=False)
LOW_PRICE, HIGH_PRICE = PriceNow.sample(share_cheaper=0.2), PriceNow.sample(share_cheaper=0.3)
NO_PRICE = PriceUnknown.sample()
FAULT = NodeChanged.sample(node="meter", kind="fault", code="meter-silent")
FAULT_2 = NodeChanged.sample(node="rfid", kind="fault", code="reader-silent")
OVER = NodeChanged.sample(node="meter", kind="clear", code="meter-silent")
WORDS = NodeChanged.sample(node="meter", kind="status", code="")


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
        pytest.param(
            [IDLE, CHEAP], "cheap", (0, 3, 0), id="it would be cheap now: green, breathing"
        ),
        pytest.param([IDLE, CHEAP, DEAR], "available", (0, 100, 0), id="the cheap hours end"),
        pytest.param([READY, CHEAP], "ready", (100, 40, 0), id="a session is above a cheap hour"),
        pytest.param(
            [IDLE, LOW_PRICE], "cheap", (0, 3, 0), id="among the lowest prices of the day"
        ),
        pytest.param([IDLE, HIGH_PRICE], "available", (0, 100, 0), id="not among the lowest"),
        pytest.param([IDLE, LOW_PRICE, NO_PRICE], "available", (0, 100, 0), id="an unknown price"),
        pytest.param([READY, STANDBY], "plug_in", (100, 40, 0), id="no car: plug in"),
        pytest.param([READY, STANDBY, CONNECTED], "ready", (100, 40, 0), id="the car comes"),
        pytest.param([READY, NO_ACCESS], "ready", (100, 40, 0), id="nobody knows of a car"),
        pytest.param([IDLE, STANDBY], "available", (0, 100, 0), id="nobody has to plug in"),
        pytest.param([IDLE, FAULT], "error", (100, 0, 0), id="a node is in fault: red"),
        pytest.param([IDLE, FAULT, OVER], "available", (0, 100, 0), id="the fault is over"),
        pytest.param([IDLE, FAULT, FAULT_2, OVER], "error", (100, 0, 0), id="one of two is over"),
        pytest.param([IDLE, WORDS], "available", (0, 100, 0), id="a status is no fault"),
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


def lamp(bench):
    seen = bench.world.snapshot()["lamp"]
    return seen["red"], seen["green"], seen["blue"]


@pytest.mark.parametrize(
    ("look", "seen"),
    [
        pytest.param("white", [(100, 100, 100)] * 4, id="a colour alone"),
        pytest.param("#ff6600", [(100, 40, 0)] * 4, id="a colour as on a page"),
        pytest.param(
            {"colour": "white", "brightness": "30%"}, [(30, 30, 30)] * 4, id="a brightness"
        ),
        pytest.param(
            {"colour": "yellow", "pattern": "blink", "period": "1s"},
            [(100, 40, 0), (100, 40, 0), (0, 0, 0), (100, 40, 0)],
            id="blinking: on for half of the time",
        ),
        pytest.param(
            {"colour": "red", "pattern": "flash", "period": "1s"},
            [(100, 0, 0), (0, 0, 0), (0, 0, 0), (100, 0, 0)],
            id="flashing: on for a fifth of it",
        ),
        pytest.param(
            {"colour": "white", "pattern": "breathe", "period": "2s", "brightness": "50%"},
            [(2, 2, 2), (26, 26, 26), (49, 49, 49), (2, 2, 2)],
            id="breathing",
        ),
        pytest.param("off", [(0, 0, 0)] * 4, id="dark"),
    ],
)
def test_each_look_is_a_setting(look, seen):
    moments = [0.0, 0.5, 1.0, 2.0] if "breathe" in str(look) else [0.1, 0.3, 0.7, 1.1]
    with led(available=look) as bench:
        bench.send(IDLE)
        found, before = [], 0.0
        for moment in moments:
            bench.advance(moment - before)
            before = moment
            found.append(lamp(bench))

    assert found == seen


def test_a_pattern_ends_with_what_it_says():
    with led() as bench:
        bench.send(READY)
        bench.send(STANDBY)
        bench.advance(0.7)
        assert lamp(bench) == (0, 0, 0)
        bench.send(IDLE)
        bench.advance(10)

        assert lamp(bench) == (0, 100, 0)


def test_a_blinking_led_is_dark_after_the_stop():
    with led(error={"colour": "red", "pattern": "blink"}) as bench:
        bench.send(ERROR)

    assert lamp(bench) == (0, 0, 0)


@pytest.mark.parametrize(
    ("look", "message"),
    [
        pytest.param(
            "mauve",
            "Value error, a colour is one of off, red, orange, yellow, green, cyan, blue, purple, "
            "magenta, white, or #rrggbb",
            id="a colour that there is not",
        ),
        pytest.param(
            {"colour": "red", "period": "0.1s"},
            "Input should be greater than or equal to 0.2",
            id="faster than anybody can see",
        ),
    ],
)
def test_a_look_that_cannot_be_is_refused(look, message):
    with pytest.raises(ValidationError) as refused:
        RgbLedConfig(gpio="pins", error=look)

    assert [error["msg"] for error in refused.value.errors()] == [message]
