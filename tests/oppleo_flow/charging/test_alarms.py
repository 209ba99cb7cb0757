"""What must not be: each rule at its edges, at times that are given."""

import pytest

from oppleo_flow.charging.alarms import RULES, Limits, Seen, words
from oppleo_flow.payloads import (
    EvseSignal,
    EvseState,
    EvseUnknown,
    MeterReading,
    SwitchState,
)
from oppleo_flow.testing.bench import NOON
from oppleo_flow.wording import LANGUAGES, wording

ON, OFF = SwitchState(on=True, reason="session"), SwitchState(on=False, reason="no session")
LIMITS = Limits()


def reads(power_w: float) -> MeterReading:
    return MeterReading.sample(power_w=power_w)


def says(signal: EvseSignal) -> EvseState:
    return EvseState(signal, NOON)


def asked(code: str, now_s: float = 1000.0, **seen: object) -> bool | None:
    return RULES[code](Seen(**seen), LIMITS, now_s)


@pytest.mark.parametrize(
    ("seen", "wrong"),
    [
        pytest.param({}, None, id="nobody has told of the switch"),
        pytest.param({"switch": ON, "reading": reads(11_040)}, False, id="it is on"),
        pytest.param({"switch": OFF}, None, id="the meter is not known"),
        pytest.param({"switch": OFF, "reading": reads(11_040), "read_at_s": 9.9}, None,
                     id="the car may still be stopping"),
        pytest.param({"switch": OFF, "reading": reads(11_040), "read_at_s": 10.0}, True,
                     id="the car has had its time"),
        pytest.param({"switch": OFF, "reading": reads(200), "read_at_s": 10.0}, False,
                     id="200 W and no more is nothing"),
        pytest.param({"switch": OFF, "reading": reads(200.1), "read_at_s": 10.0}, True,
                     id="more than 200 W is something"),
        pytest.param({"switch": OFF, "switch_since_s": 500.0, "reading": reads(11_040),
                      "read_at_s": 499.0}, None, id="it was read before it was switched off"),
    ],
)  # fmt: skip
def test_power_while_the_switch_is_off(seen, wrong):
    assert asked("power-while-off", **seen) is wrong


@pytest.mark.parametrize(
    ("seen", "wrong"),
    [
        pytest.param({"evse": EvseUnknown(NOON, "?")}, None, id="what it does is not known"),
        pytest.param({"evse": says(EvseSignal.CHARGING_SOLAR)}, False, id="it charges"),
        pytest.param({"switch": OFF, "evse": says(EvseSignal.ACCESS_OFF), "reading": reads(9000),
                      "read_at_s": 90.0}, False, id="the switch is off: another alarm's business"),
        pytest.param({"evse": says(EvseSignal.CONNECTED), "reading": reads(9000),
                      "read_at_s": 59.0}, None, id="not for a minute yet"),
        pytest.param({"evse": says(EvseSignal.CONNECTED), "reading": reads(9000),
                      "read_at_s": 60.0}, True, id="for a minute"),
        pytest.param({"evse": says(EvseSignal.ERROR), "reading": reads(0), "read_at_s": 60.0},
                     False, id="no power flows"),
    ],
)  # fmt: skip
def test_power_while_the_evse_says_that_nothing_charges(seen, wrong):
    assert asked("power-without-charging", **seen) is wrong


@pytest.mark.parametrize(
    ("seen", "wrong"),
    [
        pytest.param({}, None, id="what the EVSE does is not known"),
        pytest.param({"evse": says(EvseSignal.CONNECTED)}, False, id="it does not charge"),
        pytest.param({"evse": says(EvseSignal.CHARGING)}, None, id="the meter is not known"),
        pytest.param({"evse": says(EvseSignal.CHARGING), "reading": reads(11_040)}, False,
                     id="power flows"),
        pytest.param({"evse": says(EvseSignal.CHARGING), "reading": reads(0), "idle_since_s": 10.0,
                      "read_at_s": 69.0}, None, id="no power for less than a minute"),
        pytest.param({"evse": says(EvseSignal.CHARGING), "reading": reads(0), "idle_since_s": 10.0,
                      "read_at_s": 70.0}, True, id="no power for a minute"),
        pytest.param({"evse": says(EvseSignal.CHARGING), "evse_since_s": 30.0,
                      "reading": reads(0), "idle_since_s": 10.0, "read_at_s": 70.0}, None,
                     id="no power for a minute, charging for less"),
    ],
)  # fmt: skip
def test_charging_without_power(seen, wrong):
    assert asked("charging-without-power", **seen) is wrong


@pytest.mark.parametrize(
    ("code", "switch", "signal", "now_s", "wrong"),
    [
        ("dark-with-access", ON, EvseSignal.ACCESS_OFF, 14.9, None),
        ("dark-with-access", ON, EvseSignal.ACCESS_OFF, 15.0, True),
        ("dark-with-access", OFF, EvseSignal.ACCESS_OFF, 15.0, False),
        ("dark-with-access", ON, EvseSignal.STANDBY, 15.0, False),
        ("light-without-access", OFF, EvseSignal.CONNECTED, 14.9, None),
        ("light-without-access", OFF, EvseSignal.CONNECTED, 15.0, True),
        ("light-without-access", OFF, EvseSignal.CHARGING, 15.0, True),
        ("light-without-access", OFF, EvseSignal.ERROR, 15.0, False),
        ("light-without-access", OFF, EvseSignal.ACCESS_OFF, 15.0, False),
        ("light-without-access", ON, EvseSignal.CONNECTED, 15.0, False),
        ("dark-with-access", None, EvseSignal.ACCESS_OFF, 15.0, None),
        ("light-without-access", None, EvseSignal.CONNECTED, 15.0, None),
    ],
)
def test_light_and_switch_disagree(code, switch, signal, now_s, wrong):
    assert asked(code, now_s, switch=switch, evse=says(signal)) is wrong


@pytest.mark.parametrize(
    ("evse", "now_s", "wrong"),
    [
        pytest.param(None, 99.0, None, id="nobody has told"),
        pytest.param(says(EvseSignal.STANDBY), 99.0, False, id="it makes sense"),
        pytest.param(EvseUnknown(NOON, "too early", "not-seen-yet"), 99.0, False, id="too early"),
        pytest.param(EvseUnknown(NOON, "upside down", "wrong-polarity"), 14.9, None, id="not yet"),
        pytest.param(EvseUnknown(NOON, "upside down", "wrong-polarity"), 15.0, True, id="wrong"),
    ],
)
def test_a_line_that_makes_no_sense(evse, now_s, wrong):
    assert asked("bad-line", now_s, evse=evse) is wrong


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", RULES)
def test_every_alarm_says_what_to_check(code, language):
    evse = EvseUnknown(NOON, "what is wrong; what to check?")
    assert "?" in words(code, Seen(evse=evse), LIMITS, wording(language))
