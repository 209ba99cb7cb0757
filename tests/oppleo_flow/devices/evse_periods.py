"""The periods of a SmartEVSE's LED while it charges, by its firmware."""

import pytest

from oppleo_flow.devices.evse_waveform import SMART_EVSE_2, SMART_EVSE_3
from oppleo_flow.payloads import EvseSignal

CHARGING_PERIODS_S = [
    pytest.param(EvseSignal.CHARGING, SMART_EVSE_2, 1.408, id="charging, v2"),
    pytest.param(EvseSignal.CHARGING, SMART_EVSE_3, 1.28, id="charging, v3"),
    pytest.param(EvseSignal.CHARGING_SOLAR, SMART_EVSE_2, 2.816, id="solar, v2"),
    pytest.param(EvseSignal.CHARGING_SOLAR, SMART_EVSE_3, 2.56, id="solar, v3"),
]
"""Signal, generation, period."""
