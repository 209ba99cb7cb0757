import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oppleo_flow.devices.evse_fade import Fade
from oppleo_flow.devices.evse_led import WINDOW_EVERY_S
from oppleo_flow.devices.evse_waveform import SMART_EVSE_2, SMART_EVSE_3, EvseWaveform
from oppleo_flow.payloads import EvseSignal
from tests.oppleo_flow.devices.evse_periods import CHARGING_PERIODS_S

TIMES_S = [100 + number * WINDOW_EVERY_S for number in range(75)]
A_TRIANGLE = 0.007
"""Less than this is one, to the decoder."""


def windows_of(signal, hardware=SMART_EVSE_2):
    waveform = EvseWaveform(signal, 100.0, hardware)
    return [(at_s, waveform.brightness_at(at_s)) for at_s in TIMES_S]


@pytest.mark.parametrize(
    ("signal", "hardware", "period_s"),
    CHARGING_PERIODS_S,
)
@pytest.mark.parametrize("wrong_s", [-0.04, 0.0, 0.04], ids=["too soon", "true", "too late"])
def test_a_charging_led_goes_along_also_when_it_is_known_to_a_window_only(
    signal, hardware, period_s, wrong_s
):
    windows = windows_of(signal, hardware)
    guess = Fade(period_s - 2 * wrong_s, 100 + 0.75 * period_s + wrong_s)
    found = guess.nearer_to(windows)

    assert found.misfit(windows) < 0.001
    assert found.misfit(windows) <= guess.misfit(windows)
    assert found.period_s == pytest.approx(period_s, rel=0.01)


@pytest.mark.parametrize("levels", [*itertools.permutations((0.0, 0.16, 1.0), 2)])
@given(
    each_s=st.floats(0.3, 1.7),
    period_s=st.floats(0.93, 3.6),
    rises_s=st.floats(100.0, 103.6),
)
def test_levels_in_turns_never_go_along(levels, each_s, period_s, rises_s):
    windows = [(at_s, levels[int((at_s - 100) / each_s) % 2]) for at_s in TIMES_S]

    assert Fade(period_s, rises_s).nearer_to(windows).misfit(windows) > A_TRIANGLE


@given(period_s=st.floats(0.93, 3.6), rises_s=st.floats(100.0, 103.6))
def test_a_blink_never_goes_along_however_its_windows_fall(period_s, rises_s):
    for hardware in (SMART_EVSE_2, SMART_EVSE_3):
        windows = windows_of(EvseSignal.ERROR, hardware)

        assert Fade(period_s, rises_s).scatter(windows) > 0.1


@pytest.mark.parametrize("level", [0.0, 1.0])
def test_a_level_that_stays_has_no_slope_to_follow_and_stays_unlike(level):
    windows = [(at_s, level) for at_s in TIMES_S]

    assert Fade(1.4, 100.0).nearer_to(windows).misfit(windows) > 0.1
