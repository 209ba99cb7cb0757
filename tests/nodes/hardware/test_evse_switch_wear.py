"""How soon and how often the switch may close again; to open it never waits."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nodes.hardware.evse_switch import EvseSwitch
from oppleo_flow.payloads import SwitchRequest, SwitchState
from tests.nodes.hardware.hardware import HardwareBench

ON = SwitchRequest(on=True, reason="session of 'family'")
OFF = SwitchRequest(on=False, reason="session ended")
DAY_S = 24 * 3600.0


def switch(**options):
    return HardwareBench(EvseSwitch, {"gpio": "pins", **options})


def is_on(bench) -> bool:
    return bench.world.read_pin(5) is False


def test_the_first_time_it_closes_at_once():
    with switch() as bench:
        bench.send(ON)
        assert is_on(bench)


def test_it_opens_at_once_however_short_it_was_closed():
    with switch() as bench:
        bench.send(ON)
        bench.send(OFF)
        assert not is_on(bench)


def test_it_closes_again_when_it_was_open_for_thirty_seconds_and_says_what_it_waits_for():
    with switch() as bench:
        bench.send(ON)
        bench.send(OFF)
        bench.advance(10)
        bench.send(ON)
        assert bench.sent("state")[-1] == SwitchState(
            False, "waits until it was off for 30 s: session of 'family'"
        )
        bench.advance(19.9)
        assert not is_on(bench)
        bench.advance(0.2)
        assert is_on(bench)

    assert SwitchState(True, "session of 'family'") in bench.sent("state")


def test_a_request_to_open_takes_back_what_waits():
    with switch() as bench:
        bench.send(ON)
        bench.send(OFF)
        bench.send(ON)
        bench.advance(5)
        bench.send(OFF)
        bench.advance(600)

        assert not is_on(bench)


def test_asking_again_does_not_make_it_wait_longer():
    with switch() as bench:
        bench.send(ON)
        bench.send(OFF)
        for _ in range(29):
            bench.advance(1)
            bench.send(ON)
        assert not is_on(bench)
        bench.advance(1)

        assert is_on(bench)


def test_the_safe_level_takes_back_what_waits():
    with switch() as bench:
        bench.send(ON)
        bench.send(OFF)
        bench.send(ON)
        bench.node.fault("made-up", "something is wrong")
        bench.advance(600)
        assert not is_on(bench)
        bench.node.clear("made-up")
        bench.send(ON)

        assert is_on(bench)


def test_a_fault_counts_as_off_like_any_other():
    with switch() as bench:
        bench.send(ON)
        bench.node.fault("made-up", "something is wrong")
        bench.advance(10)
        bench.node.clear("made-up")
        bench.send(ON)
        bench.advance(19)
        assert not is_on(bench)
        bench.advance(2)

        assert is_on(bench)


def test_the_dwell_is_a_setting():
    with switch(dwell="0s") as bench:
        bench.send(ON)
        bench.send(OFF)
        bench.send(ON)

        assert is_on(bench)


def toggle(bench, times):
    for _ in range(times):
        bench.send(ON)
        bench.send(OFF)
        bench.advance(60)


def test_whoever_switches_too_often_has_a_fault_until_the_day_is_over():
    with switch(most_per_day=3) as bench:
        toggle(bench, 3)
        assert bench.run().faults == {}
        bench.send(ON)
        assert not is_on(bench)
        assert bench.run().faults == {
            "too-many-switchings": "switched on 3 times within 24 h, as often as it may; it stays "
            "off for 23.9 h: look in the log for what asks for it so often"
        }
        bench.advance(DAY_S - 200)
        assert bench.run().faults.keys() == {"too-many-switchings"}
        bench.advance(200)
        assert bench.run().faults == {}
        bench.send(ON)

        assert is_on(bench)


def test_a_day_of_ordinary_charging_is_far_from_the_limit():
    with switch() as bench:
        toggle(bench, 99)
        assert bench.run().faults == {}
        bench.send(ON)

        assert is_on(bench)


def test_what_rounding_leaves_of_the_wait_is_not_waited_for():
    with switch() as bench:
        for seconds in (0.1, 0.2, 0.3, 1.1, 7.7, 1e-9, 12.345678901234567):
            bench.send(ON)
            bench.advance(seconds)
            bench.send(OFF)
            bench.send(ON)
            bench.advance(31)
            assert is_on(bench)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.floats(0.0, 90.0)), max_size=30))
def test_it_is_never_off_for_less_than_the_dwell_and_never_on_after_a_request_to_open(requests):
    with switch() as bench:
        changes = []

        def watch_for(seconds):
            until_s = bench.clock.monotonic() + seconds
            while bench.clock.monotonic() < until_s:
                bench.advance(min(1.0, until_s - bench.clock.monotonic()))
                if not changes or changes[-1][1] is not is_on(bench):
                    changes.append((bench.clock.monotonic(), is_on(bench)))

        for on, seconds in requests:
            bench.send(ON if on else OFF)
            assert on or not is_on(bench)
            watch_for(seconds)
        was_on = [at_s for at_s, on in changes if on]
        for (off_s, off), (on_s, _) in itertools.pairwise(changes):
            if not off and was_on and off_s > was_on[0]:
                assert on_s - off_s >= 30.0 - 1.1


@pytest.mark.parametrize("durable", [True, False])
def test_what_it_counts_can_be_kept(durable):
    with HardwareBench(EvseSwitch, {"gpio": "pins"}, durable=durable) as bench:
        toggle(bench, 2)

        assert len(bench.node.switched_on) == 2


def restarted(kept, *, later_s):
    """Return a bench on which the switch starts again, some seconds later by a clock of its own."""
    bench = switch()
    bench.clock.advance(1000.0 + later_s)
    bench.node.off_since, bench.node.switched_on = kept
    return bench


@pytest.mark.parametrize(
    ("later_s", "waits_s"),
    [
        pytest.param(10.0, 20.0, id="half a dwell is over"),
        pytest.param(3600.0, 0.0, id="long ago"),
        pytest.param(-600.0, 30.0, id="the clock woke up ten minutes early"),
    ],
)
def test_over_a_restart_it_is_off_for_the_rest_of_the_dwell_and_never_for_longer(later_s, waits_s):
    with switch() as bench:
        bench.advance(1000)
        bench.send(ON)
        bench.send(OFF)
        kept = (bench.node.off_since, bench.node.switched_on)
    with restarted(kept, later_s=later_s) as bench:
        bench.send(ON)
        if waits_s:
            bench.advance(waits_s - 0.1)
            assert not is_on(bench)
            bench.send(ON)
            bench.advance(0.2)
        assert is_on(bench)


def test_what_was_switched_before_a_restart_counts():
    with switch(most_per_day=2) as bench:
        bench.advance(1000)
        toggle(bench, 2)
        kept = (bench.node.off_since, bench.node.switched_on)
    bench = HardwareBench(EvseSwitch, {"gpio": "pins", "most_per_day": 2})
    bench.clock.advance(2000.0)
    bench.node.off_since, bench.node.switched_on = kept
    with bench:
        bench.send(ON)

        assert bench.run().faults.keys() == {"too-many-switchings"}
        assert not is_on(bench)
