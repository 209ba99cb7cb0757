"""The decoder on the true waveforms, sampled at computed times: no time passes here."""

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oppleo_flow.devices.evse_envelope import NOTHING_SEEN, EvseDecoder
from oppleo_flow.devices.evse_led import SAMPLE_EVERY_S, SAMPLES_PER_WINDOW, WINDOW_EVERY_S
from oppleo_flow.devices.evse_waveform import (
    SMART_EVSE_2,
    SMART_EVSE_3,
    EvseWaveform,
    LedHardware,
    LedLine,
)
from oppleo_flow.payloads import EvseSignal

HOLD_S = 3.6


class Bench:
    """A sampler of a line, in a time of its own; sleeping takes a little longer than asked."""

    def __init__(self, *, inverted: bool = False, hardware: LedHardware = SMART_EVSE_2) -> None:
        self.now_s = 100.0
        self.inverted = inverted
        self.hardware = hardware
        self.wrong_polarity = False
        self.decoder = EvseDecoder()
        self._late = random.Random(7)

    def watch(self, signal: EvseSignal, seconds: float) -> list[EvseSignal | None]:
        """Sample `signal` for a while; return what was told, each change once."""
        waveform = EvseWaveform(signal, self.now_s, self.hardware)
        line = LedLine(6, self.inverted is not self.wrong_polarity, waveform)
        told: list[EvseSignal | None] = []
        until_s = self.now_s + seconds
        while self.now_s < until_s:
            began_s, highs = self.now_s, 0
            for _ in range(SAMPLES_PER_WINDOW):
                highs += line.high_at(self.now_s)
                self.now_s += SAMPLE_EVERY_S + self._late.uniform(0.00006, 0.0002)
            share = highs / SAMPLES_PER_WINDOW
            seen, self.reason = self.decoder.add(self.now_s, 1 - share if self.inverted else share)
            self.now_s = max(self.now_s, began_s + WINDOW_EVERY_S)
            if not told or told[-1] is not seen:
                told.append(seen)
        return told


@pytest.mark.parametrize("signal", EvseSignal)
@pytest.mark.parametrize("hardware", [SMART_EVSE_2, SMART_EVSE_3], ids=["v2", "v3"])
@pytest.mark.parametrize("inverted", [False, True], ids=["lit is high", "lit is low"])
def test_every_signal_of_both_generations_is_recognised(signal, hardware, inverted):
    bench = Bench(inverted=inverted, hardware=hardware)

    told = bench.watch(signal, 20.0)

    assert told == [None, signal]
    assert bench.reason == ""


@pytest.mark.parametrize(
    ("signal", "within_s"),
    [
        pytest.param(EvseSignal.ACCESS_OFF, 1.7, id="off"),
        pytest.param(EvseSignal.STANDBY, 1.7, id="dim"),
        pytest.param(EvseSignal.CONNECTED, 1.7, id="fully on"),
        pytest.param(EvseSignal.ERROR, 1.7, id="a fast blink"),
        pytest.param(EvseSignal.CHARGING, 2.0, id="a triangle"),
        pytest.param(EvseSignal.WAITING, 2.8, id="flashes"),
        pytest.param(EvseSignal.CHARGING_SOLAR, 3.7, id="a slow triangle"),
    ],
)
def test_a_signal_is_known_after_little_more_than_it_needs_to_show_itself(signal, within_s):
    assert Bench().watch(signal, within_s)[-1] is signal


def test_nothing_is_said_before_a_full_period_was_seen():
    bench = Bench()

    assert bench.watch(EvseSignal.CHARGING, 1.4) == [None]
    assert bench.reason == NOTHING_SEEN


@pytest.mark.parametrize(("before", "after"), [*itertools.permutations(EvseSignal, 2)])
def test_a_change_is_told_without_another_signal_in_between(before, after):
    bench = Bench()
    bench.watch(before, 6.0)

    told = [signal for signal in bench.watch(after, 8.0) if signal is not None]

    assert told[-1] is after
    assert set(told) <= {before, after}


def test_charging_that_ends_fully_lit_is_not_charging_any_more():
    # A reader of edges sees none on a line that stays lit, and goes on saying `charging`.
    bench = Bench()
    bench.watch(EvseSignal.CHARGING, 10.0)

    assert bench.watch(EvseSignal.CONNECTED, 1.8)[-1] is EvseSignal.CONNECTED


@pytest.mark.parametrize(
    ("signal", "hint"),
    [
        pytest.param(
            EvseSignal.STANDBY,
            "steady, but neither off, dim nor fully lit; is `active_low` right?",
            id="dim looks bright",
        ),
        pytest.param(EvseSignal.WAITING, "not the rhythm of a SmartEVSE", id="flashes look dark"),
    ],
)
def test_the_wrong_polarity_is_unknown_and_hinted_at(signal, hint):
    bench = Bench()
    bench.wrong_polarity = True

    assert bench.watch(signal, 8.0) == [None]
    assert bench.reason == hint


@given(level=st.floats(0.3, 0.9), noise=st.floats(0.0, 0.05))
def test_a_steady_level_that_no_signal_has_is_unknown(level, noise):
    decoder = EvseDecoder()
    for index in range(400):
        told = decoder.add(index * WINDOW_EVERY_S, level + noise * (-1) ** index)

    assert told[0] is None


def test_a_signal_that_stops_making_sense_is_held_for_one_slowest_period_only():
    bench = Bench()
    bench.watch(EvseSignal.CONNECTED, 3.0)
    last_s = bench.now_s
    while bench.decoder.add(bench.now_s, 0.5)[0] is EvseSignal.CONNECTED:
        bench.now_s += WINDOW_EVERY_S

    assert bench.now_s - last_s < HOLD_S + 0.3


def test_a_sampler_that_is_starved_makes_the_signal_unknown():
    decoder = EvseDecoder()
    for index in range(200):
        told = decoder.add(index * 0.1, 1.0)

    assert told == (None, "the line could not be sampled often enough; the machine is too busy")


def test_one_short_flash_of_another_kind_changes_nothing():
    bench = Bench()
    bench.watch(EvseSignal.STANDBY, 5.0)
    for _ in range(3):
        bench.now_s += WINDOW_EVERY_S
        bench.decoder.add(bench.now_s, 1.0)

    assert bench.watch(EvseSignal.STANDBY, 5.0) == [EvseSignal.STANDBY]
