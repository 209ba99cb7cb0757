import pytest

from oppleo_flow.devices.evse_waveform import SMART_EVSE_2, SMART_EVSE_3, EvseWaveform, LedLine
from oppleo_flow.payloads import EvseSignal
from tests.oppleo_flow.devices.evse_periods import CHARGING_PERIODS_S

BEGAN_S = 50.0


def rises(waveform, seconds):
    """Return when the brightness passes the middle upwards."""
    times = [BEGAN_S + index / 1000 for index in range(int(seconds * 1000))]
    bright = [waveform.brightness_at(at_s) > 0.5 for at_s in times]
    pairs = zip(bright, bright[1:], times[1:], strict=False)
    return [at_s for before, after, at_s in pairs if after and not before]


@pytest.mark.parametrize(
    ("signal", "percent"),
    [
        pytest.param(EvseSignal.ACCESS_OFF, 0, id="no access is dark"),
        pytest.param(EvseSignal.STANDBY, 16, id="no car is dim"),
        pytest.param(EvseSignal.CONNECTED, 100, id="a car that does not charge is fully lit"),
    ],
)
@pytest.mark.parametrize("hardware", [SMART_EVSE_2, SMART_EVSE_3], ids=["v2", "v3"])
def test_a_steady_signal_has_one_brightness(signal, percent, hardware):
    waveform = EvseWaveform(signal, BEGAN_S, hardware)

    assert {round(waveform.brightness_at(BEGAN_S + n / 7) * 100) for n in range(50)} == {percent}


@pytest.mark.parametrize(
    ("signal", "hardware", "period_s"),
    [
        *CHARGING_PERIODS_S,
        pytest.param(EvseSignal.WAITING, SMART_EVSE_2, 1.408, id="waiting, v2"),
        pytest.param(EvseSignal.WAITING, SMART_EVSE_3, 1.28, id="waiting, v3"),
        pytest.param(EvseSignal.ERROR, SMART_EVSE_2, 0.1408, id="error, v2"),
        pytest.param(EvseSignal.ERROR, SMART_EVSE_3, 0.128, id="error, v3"),
    ],
)
def test_moving_signals_have_their_periods(signal, hardware, period_s):
    found = rises(EvseWaveform(signal, BEGAN_S, hardware), 40.0)

    assert (found[-1] - found[0]) / (len(found) - 1) == pytest.approx(period_s, rel=0.01)


def test_charging_begins_at_full():
    assert EvseWaveform(EvseSignal.CHARGING, BEGAN_S).brightness_at(BEGAN_S) == 1.0


def test_the_carrier_carries_the_brightness():
    waveform = EvseWaveform(EvseSignal.STANDBY, BEGAN_S)

    lit = sum(waveform.lit_at(BEGAN_S + index / 1_000_000) for index in range(10_000))

    assert lit / 10_000 == pytest.approx(0.16, abs=0.001)


def test_an_inverted_line_is_low_when_the_led_is_lit():
    waveform = EvseWaveform(EvseSignal.CONNECTED, BEGAN_S)

    assert LedLine(6, inverted=False, waveform=waveform).high_at(BEGAN_S + 1) is True
    assert LedLine(6, inverted=True, waveform=waveform).high_at(BEGAN_S + 1) is False
