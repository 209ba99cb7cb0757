"""`smart-evse-access`: access and current of a SmartEVSE over the network."""

import pytest

from nodes.hardware.smart_evse_access import SmartEvseAccess
from oppleo_flow.node import Claim
from oppleo_flow.payloads import CurrentRequest, SwitchRequest, SwitchState
from tests.nodes.hardware.hardware import HardwareBench

REST = {"http": "web", "url": "http://evse"}
MQTT = {"mqtt": "broker", "prefix": "SmartEVSE-1234"}
FIRST_WORD_S = 13.0
ON = SwitchRequest(on=True, reason="session of 'family'")
OFF = SwitchRequest(on=False, reason="session ended")
by_both = pytest.mark.parametrize("way", [REST, MQTT], ids=["rest", "mqtt"])


def access(way=REST, **options):
    bench = HardwareBench(SmartEvseAccess, {**way, **options})
    commands = []
    command = bench.world.command_evse

    def counted(name, what, value):
        commands.append((what, value))
        command(name, what, value)

    bench.world.command_evse = counted
    bench.commands = commands
    return bench


def evse(bench):
    return bench.world.snapshot()["evse"]


@by_both
def test_it_gives_access_and_takes_it_and_reads_it_back(way):
    with access(way) as bench:
        bench.advance(FIRST_WORD_S)
        bench.send(ON)
        bench.advance(2)
        assert evse(bench)["access"] is True
        bench.send(OFF)
        bench.advance(2)
        assert evse(bench)["access"] is False

    assert bench.sent("state") == [
        SwitchState(on=False, reason="start"),
        SwitchState(on=True, reason="session of 'family'"),
        SwitchState(on=False, reason="session ended"),
    ]


@pytest.mark.parametrize("mode", ["normal", "smart", "solar"])
def test_the_mode_is_a_setting(mode):
    with access(mode=mode) as bench:
        bench.send(ON)
        bench.advance(2)

        assert bench.commands == [("mode", mode)]


def test_access_that_is_as_it_should_be_is_not_written_again():
    with access() as bench:
        bench.send(ON)
        bench.advance(2)
        bench.send(ON.with_(reason="goes on"))
        bench.advance(60)

        assert bench.commands == [("mode", "normal")]
        assert bench.sent("state")[-1] == SwitchState(on=True, reason="goes on")


def test_what_is_on_when_the_flow_starts_stays_on_if_that_is_asked_for_at_once():
    with access() as bench:
        bench.world.command_evse("evse", "mode", "normal")
        bench.send(ON)
        bench.advance(60)

        assert bench.commands == [("mode", "normal")]
        assert bench.sent("state") == [SwitchState(on=True, reason="session of 'family'")]


def test_what_is_on_when_the_flow_starts_is_taken_away_if_nobody_asks_for_it():
    with access() as bench:
        bench.world.command_evse("evse", "mode", "normal")
        bench.advance(5)

        assert evse(bench)["access"] is False


def test_on_waits_until_it_was_off_for_long_enough_and_off_never_waits():
    with access(dwell="30s") as bench:
        bench.send(ON)
        bench.advance(2)
        bench.send(OFF)
        bench.advance(0)
        assert evse(bench)["access"] is False
        bench.send(ON)
        bench.advance(28)
        assert evse(bench)["access"] is False
        assert bench.run().status == "on in 30 s: session of 'family'"
        bench.advance(3)
        assert evse(bench)["access"] is True


def test_a_wish_that_was_withdrawn_while_it_waited_is_forgotten():
    with access(dwell="30s") as bench:
        for request in (ON, OFF, ON, OFF):
            bench.send(request)
            bench.advance(1)
        bench.advance(60)

        assert evse(bench)["access"] is False
        assert [value for _, value in bench.commands] == ["normal", "off"]


def test_too_many_switchings_are_refused_until_the_day_is_over():
    with access(dwell="0s", most_per_day=2) as bench:
        for _ in range(3):
            bench.send(ON)
            bench.advance(2)
            bench.send(OFF)
            bench.advance(2)
        bench.send(ON)
        bench.advance(2)
        worn = bench.run()
        assert evse(bench)["access"] is False
        bench.advance(86_400)
        healed = bench.run()

    assert worn.faults == {
        "too-many-switchings": "access was given 2 times in 24 hours, and each change wears the "
        "SmartEVSE; what switches it so often?"
    }
    assert healed.faults == {}


def test_access_that_somebody_gives_at_the_evse_is_taken_away_and_told():
    with access() as bench:
        bench.advance(5)
        bench.world.command_evse("evse", "mode", "smart")
        bench.advance(20)

        assert evse(bench)["access"] is False
    assert bench.sent("state") == [
        SwitchState(on=False, reason="start"),
        SwitchState(on=True, reason="changed at the SmartEVSE"),
        SwitchState(on=False, reason="start"),
    ]


def test_access_that_somebody_takes_at_the_evse_is_told_and_left():
    with access() as bench:
        bench.send(ON)
        bench.advance(5)
        bench.world.command_evse("evse", "mode", "off")
        bench.advance(20)

        assert bench.sent("state")[-1] == SwitchState(on=False, reason="changed at the SmartEVSE")
        assert evse(bench)["access"] is False


@by_both
def test_an_evse_that_does_not_obey_is_a_fault_and_asked_again_later(way):
    with access(way) as bench:
        bench.advance(FIRST_WORD_S)
        bench.world.trouble_network("deaf")
        bench.send(ON)
        bench.advance(17)
        run = bench.run()
        bench.world.trouble_network(None)
        bench.advance(400)
        later = bench.run()

    name = "evse" if way is REST else "SmartEVSE-1234"
    assert run.faults == {
        "evse-disobeys": f"{name}: access does not go on; is it locked there, or does something "
        "else set it?"
    }
    assert run.made_safe is not None
    assert later.faults == {}


def test_taking_access_away_is_tried_until_it_is_done():
    with access() as bench:
        bench.send(ON)
        bench.advance(5)
        bench.world.trouble_network("broken")
        bench.send(OFF)
        bench.advance(60)
        run = bench.run()
        assert evse(bench)["access"] is True
        bench.world.trouble_network(None)
        bench.advance(120)
        assert evse(bench)["access"] is False

    assert run.faults != {}
    assert bench.sent("state")[-1].on is False


def test_one_that_cannot_be_read_for_a_moment_keeps_its_access():
    with access() as bench:
        bench.send(ON)
        bench.advance(5)
        bench.world.trouble_network("away")
        bench.advance(60)
        assert bench.run().status == "evse: cannot be read back"
        bench.world.trouble_network(None)
        bench.advance(60)

        assert (evse(bench)["access"], len(bench.commands)) == (True, 1)


def test_a_stop_takes_access_away():
    with access() as bench:
        bench.send(ON)
        bench.advance(5)

    assert bench.world.snapshot()["evse"]["access"] is False
    assert bench.sent("state")[-1].on is False


def test_a_fault_of_the_flow_takes_access_away():
    with access() as bench:
        bench.send(ON)
        bench.advance(5)
        bench.node.fault("made-up", "something is wrong")
        bench.advance(2)

        assert evse(bench)["access"] is False


@by_both
def test_another_current_is_offered_and_flows(way):
    with access(way) as bench:
        bench.advance(FIRST_WORD_S)
        bench.world.plug_in(40.0)
        bench.send(ON)
        bench.advance(60)
        bench.send(CurrentRequest(8.0, "the house draws much"), port="current")
        bench.advance(10)
        less_w = bench.world.snapshot()["car"]["power_w"]
        bench.send(CurrentRequest(None, "it does not any more"), port="current")
        bench.advance(10)

        assert bench.run().failures == []
        assert (less_w, bench.world.snapshot()["car"]["power_w"]) == (5520.0, 11_040.0)


@pytest.mark.parametrize("current_a", [5.9, 81.0, -6.0])
def test_a_current_that_no_evse_has_is_refused(current_a):
    with access() as bench:
        bench.send(CurrentRequest(current_a, "why not"), port="current")

        assert [failure.message for failure in bench.run().failures] == [
            f"current: a SmartEVSE offers 6 to 80 A, got {current_a:g}"
        ]
        assert bench.commands == []


def test_a_current_that_is_not_taken_is_an_error():
    with access() as bench:
        bench.world.trouble_network("deaf")
        bench.send(CurrentRequest(8.0, "the house draws much"), port="current")
        bench.advance(20)

        assert bench.run().failures[0].message == (
            "evse: does not take the current that was asked for, tells 0 A; is it in solar mode, "
            "or fed by another SmartEVSE?"
        )


def test_two_nodes_cannot_give_access_to_the_same_evse():
    assert SmartEvseAccess.claims(access().node.config) == [Claim("access of evse")]
    assert SmartEvseAccess.fails_open is True


def test_a_probe_changes_nothing():
    with access() as bench:
        assert bench.node.probe() == "evse: access is off"
        assert bench.commands == []
