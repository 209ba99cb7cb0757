"""`evse-cross-check`: an alarm when LED, network and switch disagree for too long."""

import pytest

from nodes.charging.evse_cross_check import EvseCrossCheck
from oppleo_flow.payloads import EvseSignal, EvseState, EvseUnknown, Notification, SwitchState
from oppleo_flow.testing import Bench

TITLE = "The EVSE's LED and its word disagree"
TEXT = "the LED shows standby, over the network it says charging"
STANDBY = EvseState.sample(signal=EvseSignal.STANDBY)
CHARGING = EvseState.sample(signal=EvseSignal.CHARGING)
UNKNOWN = EvseUnknown.sample(reason="no rhythm")


@pytest.fixture
def bench():
    with Bench(EvseCrossCheck, {"tolerance": "20s"}) as made:
        yield made


def test_a_disagreement_that_lasts_is_an_alarm_until_they_agree(bench):
    bench.send(STANDBY, "led")
    bench.send(CHARGING, "network")
    bench.advance(19)
    assert (bench.run().faults, bench.sent()) == ({}, [])
    assert bench.run().status == "they differ just now"
    bench.advance(1)
    assert bench.run().faults == {"led-and-network": TEXT}
    assert bench.run().status == TEXT
    bench.send(CHARGING, "led")

    assert (bench.run().faults, bench.run().status) == ({}, "they agree")
    assert bench.sent() == [
        Notification(TITLE, TEXT, 1, "fault", "node.led-and-network", "raised"),
        Notification(
            f"Over: {TITLE}", f"it was: {TEXT}", 0, "fault", "node.led-and-network", "cleared"
        ),
    ]


def test_one_that_passes_is_none(bench):
    bench.send(STANDBY, "led")
    for _ in range(5):
        bench.send(CHARGING, "network")
        bench.advance(19)
        bench.send(STANDBY, "network")
        bench.advance(1)

    assert bench.sent() == []


@pytest.mark.parametrize(
    ("port", "status"),
    [("led", "LED unknown: no rhythm"), ("network", "network unknown: no rhythm")],
)
def test_a_side_that_is_not_known_is_said_and_no_disagreement(bench, port, status):
    bench.send(STANDBY, "led")
    bench.send(CHARGING, "network")
    bench.advance(10)
    bench.send(UNKNOWN, port)
    bench.advance(60)

    assert (bench.run().faults, bench.sent()) == ({}, [])
    assert bench.run().status == status


def test_a_network_that_is_away_now_and_then_hides_no_disagreement(bench):
    bench.send(STANDBY, "led")
    for times in range(4):
        assert bench.sent() == []
        bench.send(CHARGING, "network")
        bench.advance(5)
        assert list(bench.run().faults) == ([] if times < 3 else ["led-and-network"])
        bench.send(UNKNOWN, "network")
        bench.advance(60)


def test_the_time_begins_anew_when_they_have_agreed(bench):
    bench.send(STANDBY, "led")
    for _ in range(6):
        bench.send(CHARGING, "network")
        bench.advance(15)
        bench.send(UNKNOWN, "network")
        bench.send(STANDBY, "network")
        bench.advance(60)

    assert bench.sent() == []


def test_a_side_that_is_not_known_ends_no_alarm(bench):
    bench.send(STANDBY, "led")
    bench.send(CHARGING, "network")
    bench.advance(20)
    bench.send(UNKNOWN, "led")
    bench.advance(60)

    assert bench.run().faults == {"led-and-network": TEXT}
    assert bench.run().status == f"{TEXT}; LED unknown: no rhythm"


def test_before_anything_was_told_that_is_said(bench):
    assert bench.run().status == (
        "LED unknown: nothing heard yet; network unknown: nothing heard yet"
    )


def test_access_that_does_not_follow_the_switch_is_an_alarm_of_its_own(bench):
    bench.send(CHARGING, "led")
    bench.send(CHARGING, "network")
    bench.send(SwitchState(on=False, reason="session ended"), "switch")
    bench.advance(20)

    assert bench.sent() == [
        Notification(
            "The EVSE does not follow its switch",
            "the switch is off, over the network it says charging",
            1,
            "fault",
            "node.switch-and-network",
            "raised",
        )
    ]
    assert list(bench.run().faults) == ["switch-and-network"]
