"""A day of an EVSE that never charges, in a time of its own: not once is it said to charge."""

import random

import pytest

from oppleo_flow.devices.evse_envelope import EvseDecoder
from oppleo_flow.devices.evse_led import WINDOW_EVERY_S
from oppleo_flow.devices.evse_waveform import SMART_EVSE_2, SMART_EVSE_3, EvseWaveform
from oppleo_flow.payloads import EvseSignal

CHARGING = {EvseSignal.CHARGING, EvseSignal.CHARGING_SOLAR}
QUIET = [signal for signal in EvseSignal if signal not in CHARGING]
STEPS = 16


@pytest.mark.parametrize(("hardware", "hours"), [(SMART_EVSE_2, 12), (SMART_EVSE_3, 12)],
                         ids=["twelve hours of v2", "twelve hours of v3"])  # fmt: skip
def test_in_a_day_without_a_charge_none_is_told(hardware, hours):
    chance = random.Random(hardware.name)
    decoder = EvseDecoder()
    at_s, until_s = 0.0, hours * 3600.0
    told: dict[EvseSignal | None, int] = {}
    while at_s < until_s:
        signal = chance.choice(QUIET)
        waveform = EvseWaveform(signal, at_s - chance.uniform(0, 3), hardware)
        ends_s = at_s + chance.choice([1.0, 3.0, 20.0, 120.0, 900.0])
        while at_s < ends_s:
            level = waveform.brightness_at(at_s)
            if level not in (0.0, 1.0):
                level = int(level * STEPS + chance.random()) / STEPS
            if chance.random() < 0.01:  # a spurious edge, or one that was lost
                level = chance.random()
            at_s += WINDOW_EVERY_S
            says = decoder.add(at_s, level)
            told[says.signal] = told.get(says.signal, 0) + 1

    assert CHARGING.isdisjoint(told)
    assert set(told) == {None, *QUIET}
    assert told[None] / sum(told.values()) < 0.02
