"""What ends a session besides its card, and what becomes of its last register."""

from dataclasses import replace
from datetime import timedelta

import pytest

from nodes.charging.charge_session import ChargeSession
from oppleo_flow.payloads import (
    Authorised,
    EvseSignal,
    EvseState,
    EvseUnknown,
    Limits,
    MeterReading,
    MeterUnknown,
    Rejected,
    SessionSettled,
    SwitchRequest,
)
from oppleo_flow.testing import Bench
from oppleo_flow.testing.bench import NOON

CARD = Authorised.sample()
OFF = SwitchRequest(on=False, reason="no session")
ON = SwitchRequest(on=True, reason="session of 'family'")
WAITS = SwitchRequest(on=False, reason="session of 'family' waits for the meter")
SILENT = MeterUnknown("meter", NOON, "unit 1: no answer")


def bench(durable: bool = False, state_path=None, **config) -> Bench:
    more = {} if state_path is None else {"state_path": state_path}
    return Bench(ChargeSession, config, durable=durable, **more)


def measure(on: Bench, energy_wh: int, power_w: float = 0.0) -> None:
    reading = MeterReading.sample(energy_import_wh=energy_wh, time=on.clock.now(), power_w=power_w)
    on.send(reading, "meter")


def swipe(on: Bench, **values) -> None:
    on.send(CARD.with_(**values), "token")


def see(on: Bench, *signals: EvseSignal) -> None:
    for signal in signals:
        on.send(EvseState(signal, on.clock.now()), "plug")


def begin(on: Bench, **values) -> None:
    measure(on, 1_000)
    swipe(on, **values)


# -- the plug ---------------------------------------------------------------------------------


def test_a_session_ends_when_its_car_is_unplugged():
    """Oppleo D9: it stays open, and whoever plugs in next charges on the last card."""
    with bench() as on:
        begin(on)
        see(on, EvseSignal.STANDBY, EvseSignal.CHARGING)
        on.advance(60)
        measure(on, 2_000)
        see(on, EvseSignal.STANDBY)
        on.advance(4.9)
        assert on.sent("ended") == []
        on.advance(0.1)
        (ended,) = on.sent("ended")
        assert (ended.reason, ended.energy_wh) == ("unplugged", 1_000)
        assert on.sent("request")[-1] == OFF


@pytest.mark.parametrize(
    "signals",
    [
        pytest.param([EvseSignal.STANDBY], id="no car was there yet"),
        pytest.param(
            [EvseSignal.CONNECTED, EvseSignal.STANDBY, EvseSignal.CONNECTED], id="a flicker"
        ),
        pytest.param([EvseSignal.CHARGING, EvseSignal.ACCESS_OFF], id="the switch was opened"),
        pytest.param([EvseSignal.CHARGING, EvseSignal.ERROR], id="an error of the EVSE"),
    ],
)
def test_what_does_not_plainly_say_that_the_car_has_left_ends_nothing(signals):
    with bench() as on:
        begin(on)
        see(on, *signals)
        on.advance(60)
        assert on.sent("ended") == []


def test_an_unknown_state_of_the_evse_ends_nothing():
    with bench() as on:
        begin(on)
        see(on, EvseSignal.CHARGING)
        on.send(EvseUnknown(NOON, "no signal"), "plug")
        on.advance(60)
        assert on.sent("ended") == []


def test_a_car_that_was_connected_before_its_card_ends_the_session_too():
    with bench() as on:
        see(on, EvseSignal.CONNECTED)
        begin(on)
        see(on, EvseSignal.STANDBY)
        on.advance(5)
        assert [one.reason for one in on.sent("ended")] == ["unplugged"]


def test_a_session_may_stay_open_when_the_car_leaves():
    with bench(on_unplug="keep") as on:
        begin(on)
        see(on, EvseSignal.CHARGING, EvseSignal.STANDBY)
        on.advance(3600)
        assert on.sent("ended") == []


# -- limits -----------------------------------------------------------------------------------


def test_a_session_ends_when_it_has_used_as_much_as_its_token_may():
    with bench() as on:
        begin(on, limits=Limits(energy_wh=500))
        measure(on, 1_499)
        assert on.sent("ended") == []
        measure(on, 1_503)
        (ended,) = on.sent("ended")
        assert (ended.reason, ended.energy_wh) == ("energy-limit", 503)
        assert on.sent("request")[-1] == OFF


def test_a_session_ends_when_its_time_is_up():
    with bench() as on:
        begin(on, limits=Limits(duration_s=600))
        on.advance(599)
        assert on.sent("ended") == []
        on.advance(1)
        assert [one.reason for one in on.sent("ended")] == ["time-limit"]
        assert on.sent("request")[-1] == OFF


def test_the_time_of_one_session_does_not_end_the_next():
    with bench() as on:
        begin(on, limits=Limits(duration_s=600))
        on.advance(300)
        swipe(on)
        on.advance(1)
        swipe(on)
        on.advance(3600)
        assert [one.reason for one in on.sent("ended")] == ["card"]


def test_time_goes_on_while_the_runtime_is_away(tmp_path):
    state = tmp_path / "state.sqlite"
    with bench(durable=True, state_path=state) as on:
        begin(on, limits=Limits(duration_s=600))
        on.advance(300)
        clock = on.clock
    clock.advance(200)
    with Bench(ChargeSession, durable=True, state_path=state, clock=clock) as on:
        on.advance(99)
        assert on.sent("ended") == []
        on.advance(1)
        (ended,) = on.sent("ended")
        assert (ended.reason, ended.interrupted) == ("time-limit", True)


# -- what is asked on the page ----------------------------------------------------------------


def test_an_end_that_is_asked_for_twice_ends_one_session_once():
    """Oppleo D7: a stop on the page of what had ended overwrote its end and switched off."""
    with bench() as on:
        begin(on)
        swipe(on, wish="end", trigger="web")
        swipe(on, wish="end", trigger="web")
        assert [one.reason for one in on.sent("ended")] == ["web"]
        assert on.sent("refused") == [Rejected(CARD.uid, "no-session")]


def test_a_start_that_is_asked_for_twice_starts_one_session():
    """Oppleo D8: page and reader took different locks, and opened two sessions."""
    with bench() as on:
        measure(on, 1_000)
        swipe(on, wish="start", trigger="web")
        swipe(on, wish="start", trigger="web")
        (started,) = on.sent("started")
        assert started.trigger == "web"
        assert on.sent("refused") == [Rejected(CARD.uid, "session-open")]
        assert on.sent("request") == [OFF, ON]


# -- the last register ------------------------------------------------------------------------


def test_what_the_car_takes_until_it_has_stopped_is_still_its_own():
    with bench() as on:
        begin(on)
        measure(on, 2_000, power_w=11_000)
        swipe(on)
        assert on.sent("ended")[0].energy_wh == 1_000
        on.advance(3)
        measure(on, 2_009, power_w=11_000)
        assert on.sent("settled") == []
        on.advance(7)
        measure(on, 2_018)
        measure(on, 2_018)
        session_id = on.sent("ended")[0].session_id
        at = NOON + timedelta(seconds=10)
        assert on.sent("settled") == [SessionSettled(session_id, at, 2_018, 1_018)]


def test_an_end_register_that_the_meter_told_late_is_still_its_own(tmp_path):
    state = tmp_path / "state.sqlite"
    with bench(durable=True, state_path=state) as on:
        begin(on)
        measure(on, 2_000)
        on.send(SILENT, "meter")
        swipe(on)
        assert on.sent("ended")[0].energy_wh is None
        clock = on.clock
    clock.advance(7200)
    with Bench(ChargeSession, durable=True, state_path=state, clock=clock) as on:
        measure(on, 2_050)
        assert [one.energy_wh for one in on.sent("settled")] == [1_050]


def test_a_session_that_waits_for_the_meter_starts_where_the_one_before_ended():
    with bench() as on:
        begin(on)
        on.send(SILENT, "meter")
        swipe(on)
        on.advance(1)
        swipe(on)
        assert on.sent("request")[-1] == WAITS
        on.advance(60)
        measure(on, 1_700)
        assert [one.energy_wh for one in on.sent("settled")] == [700]
        assert [one.meter_start_wh for one in on.sent("latched")] == [1_700]
        assert on.sent("request")[-1] == ON


def test_where_cars_charge_blind_the_energy_between_two_sessions_is_nobodys():
    with bench(meter_silent="charge") as on:
        begin(on)
        on.send(SILENT, "meter")
        swipe(on)
        on.advance(1)
        swipe(on)
        assert on.sent("request")[-1] == ON
        on.advance(60)
        measure(on, 1_700)
        assert on.sent("settled") == []
        assert [one.meter_start_wh for one in on.sent("latched")] == [1_700]


def test_a_limit_of_energy_is_not_charged_blind():
    with bench(meter_silent="charge") as on:
        begin(on, limits=Limits(energy_wh=500))
        assert on.sent("request")[-1] == ON
        on.send(SILENT, "meter")
        assert on.sent("request")[-1] == WAITS
        measure(on, 1_100)
        assert on.sent("request")[-1] == ON


# -- restarts ---------------------------------------------------------------------------------


def test_a_session_that_a_restart_interrupted_says_so_at_its_end(tmp_path):
    state = tmp_path / "state.sqlite"
    with bench(durable=True, state_path=state) as on:
        begin(on)
        first = on.sent("started")[0]
    with bench(durable=True, state_path=state) as on:
        measure(on, 1_000)
        swipe(on)
        (ended,) = on.sent("ended")
        assert (ended.session_id, ended.interrupted) == (first.session_id, True)
        assert on.sent("started") == []


def test_a_meter_that_was_exchanged_while_the_runtime_was_away_proves_nothing(tmp_path):
    """Oppleo resumes whatever the meter says: a bill of the whole register, or a negative one."""
    state = tmp_path / "state.sqlite"
    with bench(durable=True, state_path=state) as on:
        begin(on)
        measure(on, 9_000)
    with bench(durable=True, state_path=state) as on:
        measure(on, 5_000)
        swipe(on)
        assert on.sent("ended")[0].energy_wh is None


def test_a_deploy_interrupts_nothing():
    with bench() as on:
        begin(on)
        graph = on.runtime.graph
        node = graph.nodes["node"]
        config = node.config.model_copy(update={"reading_max_age": 30.0})
        changed = {**graph.nodes, "node": replace(node, config=config)}
        on.runtime.deploy(replace(graph, nodes=changed))
        measure(on, 2_000)
        swipe(on)
        (ended,) = on.sent("ended")
        assert (ended.energy_wh, ended.interrupted) == (1_000, False)
