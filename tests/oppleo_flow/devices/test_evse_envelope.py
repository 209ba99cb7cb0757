"""The decoder on the true waveforms, sampled at computed times: no time passes here."""

import itertools
import random
from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from oppleo_flow.devices.evse_envelope import (
    NO_RHYTHM,
    NOT_YET,
    ONE_COLOUR,
    STARVED,
    WRONG_POLARITY,
    EvseDecoder,
    LineSays,
    settled,
)
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
LINGERS_S = HOLD_S + 1.0  # full light goes along with the top of a slow triangle for a while
CHARGING = {EvseSignal.CHARGING, EvseSignal.CHARGING_SOLAR}
BOTH = pytest.mark.parametrize("hardware", [SMART_EVSE_2, SMART_EVSE_3], ids=["v2", "v3"])


class Bench:
    """A sampler of a line, in a time of its own; sleeping takes a little longer than asked.

    `noise` is how many of the samples are the wrong way round, because an edge came that was none
    or one was lost; `pace` how much longer than it should the EVSE takes for everything.
    """

    def __init__(
        self,
        *,
        inverted: bool = False,
        hardware: LedHardware = SMART_EVSE_2,
        pace: float = 1.0,
        noise: float = 0.0,
        seed: int = 7,
    ) -> None:
        self.now_s = 100.0
        self.inverted = inverted
        carrier_hz = hardware.carrier_hz * (1 + (pace - 1) / 10)
        self.hardware = replace(
            hardware, refresh_s=hardware.refresh_s * pace, carrier_hz=carrier_hz
        )
        self.wrong_polarity = False
        self.decoder = EvseDecoder()
        self.says = NOT_YET
        self._noise = noise
        self._chance = random.Random(seed)

    def watch(self, signal: EvseSignal, seconds: float, phase_s: float = 0.0) -> list[LineSays]:
        """Sample `signal` for a while; return what was told, each change once."""
        waveform = EvseWaveform(signal, self.now_s - phase_s, self.hardware)
        line = LedLine(6, self.inverted is not self.wrong_polarity, waveform)
        told: list[LineSays] = []
        until_s = self.now_s + seconds
        while self.now_s < until_s:
            began_s, highs = self.now_s, 0
            for _ in range(SAMPLES_PER_WINDOW):
                highs += line.high_at(self.now_s) is not (self._chance.random() < self._noise)
                self.now_s += SAMPLE_EVERY_S + self._chance.uniform(0.00006, 0.0002)
            self.take(highs / SAMPLES_PER_WINDOW)
            self.now_s = max(self.now_s, began_s + WINDOW_EVERY_S)
            if not told or told[-1] != self.says:
                told.append(self.says)
        return told

    def take(self, share: float) -> None:
        self.says = self.decoder.add(self.now_s, 1 - share if self.inverted else share)


def signals(told: list[LineSays]) -> list[EvseSignal | None]:
    """Return the signals that were told, each change once."""
    return [signal for signal, _ in itertools.groupby(says.signal for says in told)]


# -- the table of situations ------------------------------------------------------------------


@pytest.mark.parametrize("signal", EvseSignal)
@BOTH
@pytest.mark.parametrize("inverted", [False, True], ids=["lit is high", "lit is low"])
@pytest.mark.parametrize("pace", [0.8, 1.0, 1.2], ids=["a fifth fast", "true", "a fifth slow"])
@pytest.mark.parametrize("noise", [0.0, 0.02], ids=["clean", "noisy"])
def test_every_situation_is_told_within_three_seconds_and_nothing_else_before_or_after(
    signal, hardware, inverted, pace, noise
):
    bench = Bench(inverted=inverted, hardware=hardware, pace=pace, noise=noise)

    assert signals(bench.watch(signal, 3.0)) == [None, signal]
    assert signals(bench.watch(signal, 20.0)) == [signal]
    assert bench.says.confidence >= 0.9


@pytest.mark.parametrize(
    ("signal", "within_s"),
    [
        pytest.param(EvseSignal.ACCESS_OFF, 2.0, id="off: longer than the dark between flashes"),
        pytest.param(EvseSignal.STANDBY, 1.7, id="dim"),
        pytest.param(EvseSignal.CONNECTED, 1.7, id="fully on"),
        pytest.param(EvseSignal.ERROR, 1.7, id="a fast blink"),
        pytest.param(EvseSignal.CHARGING, 2.2, id="a triangle"),
        pytest.param(EvseSignal.WAITING, 2.8, id="flashes"),
        pytest.param(EvseSignal.CHARGING_SOLAR, 2.4, id="a slow triangle"),
    ],
)
def test_a_signal_is_known_after_little_more_than_it_needs_to_show_itself(signal, within_s):
    assert Bench().watch(signal, within_s)[-1].signal is signal


def test_nothing_is_said_before_enough_was_seen():
    assert Bench().watch(EvseSignal.CHARGING, 1.4) == [NOT_YET]


def test_the_longer_a_signal_lasts_the_surer_it_is():
    confidences = [says.confidence for says in Bench().watch(EvseSignal.STANDBY, 4.0)[1:]]

    assert confidences == sorted(confidences)
    assert confidences[0] < 0.6
    assert confidences[-1] == 1.0


@settings(max_examples=60, deadline=None)
@given(
    signal=st.sampled_from(EvseSignal),
    hardware=st.sampled_from([SMART_EVSE_2, SMART_EVSE_3]),
    pace=st.floats(0.8, 1.2),
    noise=st.floats(0.0, 0.02),
    phase_s=st.floats(0.0, 3.5),
    seed=st.integers(0, 1000),
)
def test_wherever_the_watch_begins_only_what_is_there_is_told(
    signal, hardware, pace, noise, phase_s, seed
):
    bench = Bench(hardware=hardware, pace=pace, noise=noise, seed=seed)
    bench.watch(signal, 6.0, phase_s)

    assert bench.says.signal is signal


OFF, DIM, CAR, FLASHES, BLINKS = (
    EvseSignal.ACCESS_OFF,
    EvseSignal.STANDBY,
    EvseSignal.CONNECTED,
    EvseSignal.WAITING,
    EvseSignal.ERROR,
)


# What once looked like half of a slow triangle: levels that each lasted for about as long as that,
# flashes of which noise made fades, and a blink seen at the pace of its windows.
@example([(DIM, 1.443), (CAR, 1.031), (BLINKS, 1.947)], SMART_EVSE_3, 1.0, 934)
@example([(FLASHES, 7.673), (BLINKS, 5.289)], SMART_EVSE_2, 0.8, 289)
@example([(DIM, 1.982), (FLASHES, 6.01)], SMART_EVSE_2, 0.8, 331)
@example([(BLINKS, 1.526), (DIM, 1.136), (BLINKS, 0.78)], SMART_EVSE_2, 1.1545263720462793, 161)
@example([(FLASHES, 5.073), (OFF, 1.195)], SMART_EVSE_2, 0.8, 289)
@example([(BLINKS, 2.844), (OFF, 0.768), (BLINKS, 0.237), (CAR, 0.357)], SMART_EVSE_3, 1.2, 363)
@settings(max_examples=60, deadline=None)
@given(
    story=st.lists(
        st.tuples(st.sampled_from(EvseSignal), st.floats(0.2, 8.0)), min_size=1, max_size=8
    ),
    hardware=st.sampled_from([SMART_EVSE_2, SMART_EVSE_3]),
    pace=st.floats(0.8, 1.2),
    seed=st.integers(0, 1000),
)
def test_whatever_goes_on_it_never_says_charging_while_nothing_charges(story, hardware, pace, seed):
    bench = Bench(hardware=hardware, pace=pace, noise=0.02, seed=seed)
    quiet_s = LINGERS_S
    for signal, seconds in story:
        if signal in CHARGING:
            bench.watch(signal, seconds)
            quiet_s = 0.0
            continue
        may_linger_s = min(seconds, max(0.0, LINGERS_S - quiet_s))
        bench.watch(signal, may_linger_s)
        quiet_s += seconds
        assert CHARGING.isdisjoint(
            signals(bench.watch(signal, seconds - may_linger_s, may_linger_s))
        )


# -- changes ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("before", "after"), [*itertools.permutations(EvseSignal, 2)])
@BOTH
def test_a_change_is_told_without_another_signal_in_between(before, after, hardware):
    bench = Bench(hardware=hardware)
    bench.watch(before, 6.0)
    told = [signal for signal in signals(bench.watch(after, 8.0)) if signal is not None]

    assert told[-1] is after
    assert set(told) <= {before, after}


def test_charging_that_ends_fully_lit_is_not_charging_any_more():
    """Oppleo R9: a reader of edges sees none on a line that stays lit and goes on as before."""
    bench = Bench()
    bench.watch(EvseSignal.CHARGING, 10.0)

    assert bench.watch(EvseSignal.CONNECTED, 1.8)[-1].signal is EvseSignal.CONNECTED


def test_fast_flashing_is_an_error_from_the_first_second_and_a_half():
    """Oppleo R9: its filter was reset in each flat half, so an error was never told."""
    assert Bench().watch(EvseSignal.ERROR, 1.7)[-1].signal is EvseSignal.ERROR


def test_a_line_that_is_lit_from_the_start_is_a_car_and_not_an_idle_charger():
    """Oppleo R9: constant 100 % from boot was told as inactive, because no edge ever came."""
    assert Bench().watch(EvseSignal.CONNECTED, 1.8)[-1].signal is EvseSignal.CONNECTED


@pytest.mark.parametrize(
    ("signal", "level"),
    [
        pytest.param(EvseSignal.STANDBY, 1.0, id="a white flash while no car is there"),
        pytest.param(EvseSignal.ACCESS_OFF, 1.0, id="a green flash without access"),
        pytest.param(EvseSignal.CONNECTED, 0.0, id="a dark moment with a car"),
    ],
)
@pytest.mark.parametrize("windows", [1, 3, 5])
def test_one_short_flash_such_as_those_of_ocpp_changes_nothing(signal, level, windows):
    bench = Bench()
    bench.watch(signal, 5.0)
    for _ in range(windows):
        bench.now_s += WINDOW_EVERY_S
        bench.take(level)

    assert signals(bench.watch(signal, 5.0)) == [signal]


def test_a_car_that_flaps_between_two_states_is_never_said_to_charge():
    bench = Bench()
    told = []
    for _ in range(40):
        told += bench.watch(EvseSignal.STANDBY, 0.7)
        told += bench.watch(EvseSignal.CONNECTED, 0.7)

    assert signals(told) == [None]
    assert bench.says == NO_RHYTHM


# -- lines that lie ---------------------------------------------------------------------------


@pytest.mark.parametrize("signal", [EvseSignal.STANDBY, EvseSignal.WAITING])
@BOTH
def test_the_wrong_polarity_is_told_by_what_should_be_dim(signal, hardware):
    bench = Bench(hardware=hardware)
    bench.wrong_polarity = True

    assert signals(bench.watch(signal, 8.0)) == [None]
    assert bench.says == WRONG_POLARITY


@pytest.mark.parametrize(
    ("tap", "signal", "says"),
    [
        pytest.param("green", EvseSignal.CHARGING_SOLAR, ONE_COLOUR, id="green sees some orange"),
        pytest.param("green", EvseSignal.ERROR, LineSays(EvseSignal.ACCESS_OFF, 1.0),
                     id="green sees no red"),
        pytest.param("red", EvseSignal.CHARGING, LineSays(EvseSignal.ACCESS_OFF, 1.0),
                     id="red sees no green"),
        pytest.param("blue", EvseSignal.CONNECTED, LineSays(EvseSignal.ACCESS_OFF, 1.0),
                     id="blue sees nothing"),
        pytest.param("green", EvseSignal.CHARGING, LineSays(EvseSignal.CHARGING, 1.0),
                     id="green sees green"),
    ],
)  # fmt: skip
def test_a_wire_on_one_colour_says_too_little_and_never_something_made_up(tap, signal, says):
    assert settled(EvseWaveform(signal, 0.0, SMART_EVSE_3, tap), upside_down=False) == says


@given(level=st.floats(0.3, 0.9), noise=st.floats(0.0, 0.05))
def test_a_steady_level_that_no_signal_has_is_unknown(level, noise):
    decoder = EvseDecoder()
    for index in range(400):
        told = decoder.add(index * WINDOW_EVERY_S, level + noise * (-1) ** index)

    assert told.signal is None
    assert told.code in {"wrong-polarity", "one-colour", "no-rhythm"}


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_a_line_that_picks_up_only_noise_never_says_charging(seed):
    chance = random.Random(seed)
    decoder = EvseDecoder()
    told = {decoder.add(n * WINDOW_EVERY_S, chance.random()).signal for n in range(2000)}

    assert CHARGING.isdisjoint(told)


def test_a_signal_that_stops_making_sense_is_held_for_one_slowest_period_only():
    bench = Bench()
    bench.watch(EvseSignal.CONNECTED, 3.0)
    last_s = bench.now_s
    while bench.decoder.add(bench.now_s, 0.5).signal is EvseSignal.CONNECTED:
        bench.now_s += WINDOW_EVERY_S

    assert bench.now_s - last_s < HOLD_S + 0.3


def test_a_sampler_that_is_starved_makes_the_signal_unknown():
    decoder = EvseDecoder()
    for index in range(200):
        told = decoder.add(index * 0.1, 1.0)

    assert told == STARVED
