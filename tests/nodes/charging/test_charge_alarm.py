"""Alarms as faults and as messages, from what meter, EVSE and switch tell."""

from datetime import timedelta

import pytest

from nodes.charging.charge_alarm import ChargeAlarm
from oppleo_flow.payloads import (
    EvseSignal,
    EvseState,
    EvseUnknown,
    MeterReading,
    MeterUnknown,
    SwitchState,
)
from oppleo_flow.testing import Bench
from oppleo_flow.testing.bench import NOON, BenchSite

ON, OFF = SwitchState(on=True, reason="session"), SwitchState(on=False, reason="no session")


@pytest.fixture
def bench():
    with Bench(ChargeAlarm, {}) as bench:
        yield bench


def tell(bench, **what):
    for port, payload in what.items():
        bench.send(payload, port)


def read(bench, power_w, seconds=1, every=10):
    """Let the meter say the same for a while."""
    for _ in range(0, seconds, every):
        bench.send(MeterReading.sample(power_w=power_w), "meter")
        bench.advance(every)


def faults(bench):
    return set(bench.run().faults)


def titles(bench):
    return [(note.title, note.priority) for note in bench.sent("out")]


def test_power_while_the_switch_is_off_is_an_alarm_until_it_ends(bench):
    tell(bench, switch=OFF)
    read(bench, 11_040.0, 10)
    assert faults(bench) == set()
    read(bench, 11_040.0, 10)
    assert bench.run().faults == {
        "power-while-off": "11040 W flow though the switch is off: is the EVSE's menu Switch on "
        "'Access S', its SW wire on, and its contactor not stuck? switch off the breaker if not"
    }
    read(bench, 0.0, 10)

    assert faults(bench) == set()
    assert titles(bench) == [
        ("Power flows while the switch is off", 1),
        ("Over: Power flows while the switch is off", 0),
    ]


def test_a_car_that_takes_its_time_to_stop_is_no_alarm(bench):
    tell(bench, switch=ON, evse=EvseState(EvseSignal.CHARGING, NOON))
    read(bench, 11_040.0, 60)
    tell(bench, switch=OFF)
    read(bench, 11_040.0, 6, every=2)
    tell(bench, evse=EvseState(EvseSignal.ACCESS_OFF, NOON))
    read(bench, 0.0, 300)

    assert titles(bench) == []


def test_charging_without_power_for_a_minute_is_an_alarm(bench):
    tell(bench, switch=ON, evse=EvseState(EvseSignal.CHARGING, NOON))
    read(bench, 0.0, 60)
    assert faults(bench) == set()
    read(bench, 0.0, 10)
    assert faults(bench) == {"charging-without-power"}
    tell(bench, evse=EvseState(EvseSignal.CONNECTED, NOON))

    assert faults(bench) == set()


def test_a_silent_meter_neither_begins_an_alarm_nor_ends_one(bench):
    tell(bench, switch=OFF)
    read(bench, 11_040.0, 20)
    tell(bench, meter=MeterUnknown.sample())
    bench.advance(600)
    assert faults(bench) == {"power-while-off"}

    tell(bench, switch=ON, evse=EvseState(EvseSignal.CHARGING, NOON))
    bench.advance(600)
    assert faults(bench) == set()


def test_what_was_silent_does_not_count_as_without_power(bench):
    tell(bench, switch=ON, evse=EvseState(EvseSignal.CHARGING, NOON))
    read(bench, 0.0, 50)
    tell(bench, meter=MeterUnknown.sample())
    bench.advance(60)
    read(bench, 0.0, 60)

    assert faults(bench) == set()


def test_an_led_that_stays_dark_is_an_alarm_without_another_word_from_anybody(bench):
    tell(bench, switch=ON, evse=EvseState(EvseSignal.ACCESS_OFF, NOON))
    bench.advance(14)
    assert faults(bench) == set()
    bench.advance(2)

    assert faults(bench) == {"dark-with-access"}


def test_a_surer_word_for_the_same_state_does_not_begin_the_wait_anew(bench):
    tell(bench, switch=ON, evse=EvseState(EvseSignal.ACCESS_OFF, NOON, 0.6))
    bench.advance(10)
    tell(bench, evse=EvseState(EvseSignal.ACCESS_OFF, NOON, 1.0))
    bench.advance(5)
    tell(bench, evse=EvseState(EvseSignal.ACCESS_OFF, NOON, 0.7))

    assert faults(bench) == {"dark-with-access"}


def test_a_line_that_makes_no_sense_is_an_alarm_in_its_own_words(bench):
    tell(bench, evse=EvseUnknown(NOON, "the LED is seen upside down", "wrong-polarity"))
    bench.advance(20)

    assert bench.run().faults == {"bad-line": "the LED is seen upside down"}
    tell(bench, evse=EvseState(EvseSignal.STANDBY, NOON + timedelta(seconds=20)))
    assert faults(bench) == set()


def test_several_alarms_stand_beside_one_another(bench):
    tell(bench, switch=OFF, evse=EvseState(EvseSignal.CHARGING, NOON))
    read(bench, 11_040.0, 30)
    assert faults(bench) == {"power-while-off", "light-without-access"}
    read(bench, 0.0, 10)

    assert faults(bench) == {"light-without-access"}
    assert bench.run().status.startswith("the EVSE says 'charging' though there is no access")


def test_a_quiet_day_raises_nothing(bench):
    tell(bench, switch=OFF, evse=EvseState(EvseSignal.ACCESS_OFF, NOON))
    read(bench, 3.0, 24 * 3600, every=300)

    assert titles(bench) == []


def test_an_alarm_is_told_in_the_site_s_language_and_says_what_it_is_about():
    with Bench(ChargeAlarm, {}, site=BenchSite(language="nl")) as bench:
        tell(bench, switch=OFF)
        read(bench, 11_040.0, 20)
        read(bench, 0.0, 10)

        raised, cleared = bench.sent("out")
        assert bench.run().status == "no alarm"
    assert (raised.title, raised.event, raised.key, raised.state) == (
        "Er loopt stroom terwijl de schakelaar uit is",
        "fault",
        "node.power-while-off",
        "raised",
    )
    assert raised.text.startswith(
        "er wordt 11040 W afgenomen terwijl de schakelaar uit is: staat het menu"
    )
    assert (cleared.title, cleared.key, cleared.state) == (
        "Opgelost: Er loopt stroom terwijl de schakelaar uit is",
        "node.power-while-off",
        "cleared",
    )
