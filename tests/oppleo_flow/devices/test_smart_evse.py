"""What a SmartEVSE's words mean, version by version."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oppleo_flow.devices.smart_evse import (
    ERRORS,
    STATES,
    Contradiction,
    EvseFacts,
    NotUnderstood,
    facts_of_settings,
    facts_of_topics,
)
from oppleo_flow.payloads import EvseSignal

IDLE: dict[str, Any] = {
    "mode": "NORMAL",
    "mode_id": 1,
    "car_connected": False,
    "evse": {"access": 1, "state": "Ready to Charge", "state_id": 0, "error_id": 0},
}
TOPICS = {"Access": "Allow", "Mode": "Normal", "State": "Ready to Charge", "Error": "None",
          "EVPlugState": "Disconnected"}  # fmt: skip
CONNECTED = {"mode_id": 1, "car_connected": True}


def told(evse: dict[str, Any] | None = None, **top: Any) -> EvseFacts:
    """Return the facts of an idle SmartEVSE that says some things otherwise."""
    return facts_of_settings(json.dumps({**IDLE, **top, "evse": {**IDLE["evse"], **(evse or {})}}))


@pytest.mark.parametrize(
    ("evse", "top", "signal"),
    [
        pytest.param({}, {}, EvseSignal.STANDBY, id="no car"),
        pytest.param({"access": True}, {}, EvseSignal.STANDBY, id="access as yes, older version"),
        pytest.param({"access": False}, {"mode_id": 0}, EvseSignal.ACCESS_OFF, id="access as no"),
        pytest.param({"access": 0}, {"mode_id": 0}, EvseSignal.ACCESS_OFF, id="no access"),
        pytest.param({"state_id": 1}, CONNECTED, EvseSignal.CONNECTED, id="a car"),
        pytest.param({"state_id": 9}, CONNECTED, EvseSignal.CONNECTED, id="a car, no pilot"),
        pytest.param({"state_id": 2}, CONNECTED, EvseSignal.CHARGING, id="it charges"),
        pytest.param({"state_id": 10}, CONNECTED, EvseSignal.CHARGING, id="the contactor may be"),
        pytest.param({"state_id": 2}, {**CONNECTED, "mode_id": 2}, EvseSignal.CHARGING_SOLAR,
                     id="it charges by the sun"),
        pytest.param({"state_id": 1, "state": "Connected to EV - Waiting for Solar"}, CONNECTED,
                     EvseSignal.WAITING, id="it waits for sun, behind the state"),
        pytest.param({"state_id": 9, "error_id": 1}, CONNECTED, EvseSignal.WAITING,
                     id="it waits for current"),
        pytest.param({"state_id": 9, "access": 2}, {"mode_id": 4, "car_connected": True},
                     EvseSignal.WAITING, id="paused with a car"),
        pytest.param({"access": 2}, {"mode_id": 4}, EvseSignal.STANDBY, id="paused, no car"),
        pytest.param({"error_id": 5, "access": 0}, {"mode_id": 0}, EvseSignal.ERROR,
                     id="leakage"),
    ],
)  # fmt: skip
def test_what_it_says_is_what_its_led_shows(
    evse: dict[str, Any], top: dict[str, Any], signal: EvseSignal
) -> None:
    assert told(evse, **top).signal() is signal


@pytest.mark.parametrize(
    ("evse", "top", "why"),
    [
        pytest.param({"access": None}, {}, "does not tell its access", id="no access told"),
        pytest.param({"state_id": None}, {}, "does not tell its state", id="no state told"),
        pytest.param({"error_id": None}, {}, "does not tell its error", id="no error told"),
        pytest.param({"access": 7}, {}, "evse.access: cannot be, got '7'", id="access"),
        pytest.param({"access": "yes"}, {}, "evse.access: cannot be, got 'yes'", id="as text"),
        pytest.param({"state_id": 15}, {}, "evse.state_id: cannot be, got '15'", id="state"),
        pytest.param({"state_id": True}, {}, "evse.state_id: cannot be, got 'True'", id="truth"),
        pytest.param({"state_id": 1.0}, {}, "evse.state_id: cannot be, got '1.0'", id="fraction"),
        pytest.param({"error_id": 9}, {}, "evse.error_id: cannot be, got '9'", id="error"),
    ],
)
def test_what_is_not_told_is_not_known(evse: dict[str, Any], top: dict[str, Any], why: str) -> None:
    with pytest.raises(NotUnderstood) as unknown:
        told(evse, **top).signal()

    assert str(unknown.value) == why


@pytest.mark.parametrize(
    ("evse", "top", "why"),
    [
        ({"access": 1}, {"mode_id": 0}, "says that its mode is off and its access on"),
        ({"access": 0}, {"mode_id": 1}, "says that its mode is normal and its access off"),
        ({"state_id": 2}, {}, "says 'Charging', and that no car is connected"),
    ],
)
def test_two_things_that_cannot_both_be_are_neither(
    evse: dict[str, Any], top: dict[str, Any], why: str
) -> None:
    with pytest.raises(Contradiction) as contradiction:
        told(evse, **top).signal()

    assert str(contradiction.value) == why


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("<html>", "answers something that is not JSON; is it a SmartEVSE?"),
        ("[]", "answers without `evse`; is it a SmartEVSE v3?"),
        ('{"evse": 1}', "answers without `evse`; is it a SmartEVSE v3?"),
    ],
)
def test_another_device_is_noticed(text: str, why: str) -> None:
    with pytest.raises(NotUnderstood) as unknown:
        facts_of_settings(text)

    assert str(unknown.value) == why


def test_readings_have_their_units() -> None:
    facts = told(
        {"temp": 16},
        version="v3.8.0",
        settings={"charge_current": 160, "override_current": 83},
        ev_meter={
            "import_active_power": 3680,
            "total_wh": 5_670_100,
            "currents": {"TOTAL": 160, "L1": 160, "L2": 0, "L3": 1},
        },
    )
    assert (facts.charge_current_a, facts.override_current_a) == (16.0, 8.3)
    assert facts.current_phases_a == (16.0, 0.0, 0.1)
    assert (facts.power_w, facts.energy_import_wh) == (3680.0, 5_670_100)
    assert (facts.temperature_c, facts.version, facts.error) == (16.0, "v3.8.0", None)


def test_energy_by_a_key_of_unsure_unit_is_not_taken() -> None:
    assert told(ev_meter={"total_kwh": 5670.1}).energy_import_wh is None


@pytest.mark.parametrize(
    ("path", "value"),
    [("L1", -5), ("L1", "16"), ("L1", True), ("L1", 100_000)],
)
def test_a_reading_that_cannot_be_is_not_known_and_named(path: str, value: object) -> None:
    facts = told(ev_meter={"currents": {"L1": 10, "L2": 10, "L3": 10, path: value}})

    assert facts.current_phases_a is None
    assert facts.odd == (f"ev_meter.currents.L1: cannot be, got {str(value)!r}",)
    assert facts.signal() is EvseSignal.STANDBY


@pytest.mark.parametrize(
    ("topics", "signal"),
    [
        ({}, EvseSignal.STANDBY),
        ({"Access": "Deny", "Mode": "Off"}, EvseSignal.ACCESS_OFF),
        ({"Access": "Pause", "Mode": "Pause"}, EvseSignal.STANDBY),
        ({"State": "Charging", "EVPlugState": "Connected"}, EvseSignal.CHARGING),
        ({"State": "Charging", "EVPlugState": "Connected", "Mode": "Solar"},
         EvseSignal.CHARGING_SOLAR),
        ({"State": "Charging Stopped", "EVPlugState": "Connected", "Error": "Waiting for Solar"},
         EvseSignal.WAITING),
        ({"Error": "Temperature High"}, EvseSignal.ERROR),
    ],
)  # fmt: skip
def test_topics_say_the_same(topics: dict[str, str], signal: EvseSignal) -> None:
    assert facts_of_topics({**TOPICS, **topics}).signal() is signal


@pytest.mark.parametrize("name", ["Access", "State", "Error", "Mode", "EVPlugState"])
def test_a_topic_that_makes_no_sense_is_named(name: str) -> None:
    assert facts_of_topics({**TOPICS, name: "<html>"}).odd == (f"{name}: cannot be, got '<html>'",)


@given(
    evse=st.dictionaries(
        st.sampled_from(["access", "state_id", "error_id", "state"]),
        st.none() | st.booleans() | st.integers(-3, 20) | st.sampled_from([*STATES, *ERRORS]),
    ),
    top=st.fixed_dictionaries(
        {}, optional={"mode_id": st.integers(-1, 6), "car_connected": st.booleans() | st.none()}
    ),
)
def test_whatever_it_says_a_state_is_told_or_why_not(
    evse: dict[str, Any], top: dict[str, Any]
) -> None:
    facts = told(evse, **top)
    try:
        signal = facts.signal()
    except (NotUnderstood, Contradiction) as unknown:
        assert str(unknown)  # noqa: PT017  (one of the two, never neither)
    else:
        if signal in (EvseSignal.CHARGING, EvseSignal.CHARGING_SOLAR):
            assert facts.state_id in {2, 3, 6, 7, 10}
