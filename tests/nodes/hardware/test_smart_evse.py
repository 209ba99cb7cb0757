"""`smart-evse`: the state of a SmartEVSE over the network, by REST and by MQTT alike."""

import pytest
from pydantic import ValidationError

from nodes.hardware.smart_evse import SmartEvse
from oppleo_flow.payloads import EvseSignal, EvseState, EvseUnknown
from tests.nodes.hardware.hardware import HardwareBench

REST = {"http": "web", "url": "http://evse", "every": "1s"}
MQTT = {"mqtt": "broker", "prefix": "SmartEVSE-1234"}
FIRST_WORD_S = 12.0
by_both = pytest.mark.parametrize("way", [REST, MQTT], ids=["rest", "mqtt"])


def states(bench):
    """Return what was told, without when."""
    return [
        told.signal.value if isinstance(told, EvseState) else told.code
        for told in bench.sent("state")
    ]


@by_both
def test_a_visit_is_told_state_by_state(way):
    with HardwareBench(SmartEvse, way) as bench:
        bench.advance(FIRST_WORD_S)
        bench.world.drive_pin(5, False)
        bench.advance(15)
        bench.world.plug_in(40.0)
        bench.advance(60)
        bench.world.drive_pin(5, True)
        bench.advance(15)

        told = states(bench)
        last = bench.sent("state")[-1]

    assert list(dict.fromkeys(told)) == [
        "not-seen-yet",
        "access-off",
        "standby",
        "connected",
        "charging",
    ]
    assert told[-1] == "access-off"
    assert last.car_connected is True


@by_both
def test_it_reports_what_the_evse_tells(way):
    with HardwareBench(SmartEvse, way) as bench:
        bench.advance(FIRST_WORD_S)
        bench.world.drive_pin(5, False)
        bench.world.plug_in(40.0)
        bench.advance(60)
        report = bench.sent("report")[-1]

    assert (report.access, report.mode, report.error) == ("on", "normal", None)
    assert report.current_phases_a == (16.0, 16.0, 16.0)
    assert (report.power_w, report.temperature_c) == (11_040.0, 21.0)
    assert report.energy_import_wh is None


@pytest.mark.parametrize(
    ("way", "trouble", "code"),
    [
        (REST, "away", "evse-away"),
        (REST, "silent", "evse-away"),
        (REST, "broken", "evse-away"),
        (REST, "html", "evse-nonsense"),
        (REST, "elsewhere", "evse-nonsense"),
        (REST, "wrong-types", "evse-nonsense"),
        (MQTT, "away", "evse-away"),
        (MQTT, "silent", "evse-away"),
        (MQTT, "html", "evse-nonsense"),
        (MQTT, "wrong-types", "evse-nonsense"),
    ],
    ids=lambda value: value if isinstance(value, str) else next(iter(value)),
)
def test_what_is_wrong_is_unknown_and_a_fault_until_it_is_not(way, trouble, code):
    with HardwareBench(SmartEvse, way) as bench:
        bench.advance(FIRST_WORD_S)
        bench.world.trouble_network(trouble)
        bench.advance(45)
        wrong = bench.run()
        bench.world.trouble_network(None)
        bench.advance(15)
        mended = bench.run()

    assert states(bench) == ["not-seen-yet", "access-off", code, "access-off"]
    assert list(wrong.faults) == [code]
    assert mended.faults == {}
    assert mended.status == "access-off"


def test_a_broker_that_is_away_is_told_as_such():
    with HardwareBench(SmartEvse, MQTT) as bench:
        bench.advance(FIRST_WORD_S)
        broker = bench.node.use(bench.node.config.mqtt)
        broker._broker.leave("the cable is out")
        bench.advance(1)
        faults = bench.run().faults
        broker._broker.leave(None)
        bench.advance(FIRST_WORD_S)

        assert bench.run().faults == {}

    assert faults == {"evse-away": "SmartEVSE-1234: the broker is away: the cable is out"}
    assert states(bench) == [
        "not-seen-yet",
        "access-off",
        "evse-away",
        "not-seen-yet",
        "access-off",
    ]


def test_what_the_broker_had_kept_is_not_told():
    with HardwareBench(SmartEvse, MQTT) as bench:
        bench.advance(1)
        assert states(bench) == ["not-seen-yet"]


def test_without_mains_it_is_away():
    with HardwareBench(SmartEvse, REST) as bench:
        bench.advance(1)
        bench.world.cut_power(True)
        bench.advance(10)

        assert bench.sent("state")[-1] == EvseUnknown(
            bench.sent("state")[-1].since, "evse: Connection refused", "evse-away"
        )


def test_currents_that_cannot_be_are_not_told_and_the_state_is():
    with HardwareBench(SmartEvse, REST) as bench:
        bench.world.trouble_network("negative")
        bench.advance(10)
        run = bench.run()

    assert run.outputs["report"][-1].current_phases_a is None
    assert run.outputs["state"][-1].signal is EvseSignal.ACCESS_OFF
    assert run.status.startswith("access-off; ev_meter.currents.L1: cannot be, got '-1'")


def test_it_says_what_a_probe_finds():
    with HardwareBench(SmartEvse, REST) as bench:
        assert bench.node.probe() == "evse: access-off, version v3.8.0"
    with HardwareBench(SmartEvse, MQTT) as bench:
        assert bench.node.probe() == (
            "the broker answers; the SmartEVSE has ten seconds to say something"
        )


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({}, "http or mqtt is needed, and not both"),
        ({**REST, **MQTT}, "http or mqtt is needed, and not both"),
        ({"http": "web"}, "http and url go together"),
        ({"mqtt": "broker"}, "mqtt and prefix go together"),
        ({"http": "web", "url": "http://user@evse"}, "String should match pattern"),
        ({"http": "web", "url": "evse"}, "String should match pattern"),
        ({"mqtt": "broker", "prefix": "a/#"}, "String should match pattern"),
    ],
)
def test_one_way_is_needed(options, says):
    with pytest.raises(ValidationError, match=says):
        HardwareBench(SmartEvse, options)
