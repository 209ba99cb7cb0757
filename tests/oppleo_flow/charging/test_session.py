from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oppleo_flow.charging import session as rules
from oppleo_flow.clock import Instant
from oppleo_flow.payloads import (
    Authorised,
    EvseSignal,
    EvseState,
    EvseUnknown,
    Limits,
    MeterReading,
    MeterUnknown,
    SessionEnded,
    SessionLatched,
    SessionStarted,
    SessionStatus,
    SwitchRequest,
)

NOON = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
CARD = Authorised.sample()


def reading(
    energy_wh: int = 1_000_000, *, serial: str | None = "A", time: datetime = NOON
) -> MeterReading:
    return MeterReading.sample(energy_import_wh=energy_wh, serial=serial, time=time)


def test_a_session_starts_at_the_register_that_the_meter_has():
    session = rules.start(CARD, reading(), NOON, "cp")
    assert rules.started(session) == SessionStarted(
        session_id=session.session_id,
        token_id=CARD.token_id,
        uid="04A1B2C3",
        label="family",
        started_at=NOON,
        meter_start_wh=1_000_000,
        meter_start_quality="measured",
        meter_serial="A",
    )


def test_a_session_that_starts_while_the_meter_is_silent_has_no_start_register():
    event = rules.started(rules.start(CARD, None, NOON, "cp"))
    assert event.meter_start_wh is None
    assert event.meter_start_quality == "unknown"
    assert event.meter_serial is None


def test_the_id_of_a_session_follows_from_charge_point_card_and_time():
    first = rules.start(CARD, None, NOON, "cp").session_id
    other_card = Authorised.sample(token_id=UUID(int=7))
    assert rules.start(CARD, reading(), NOON, "cp").session_id == first
    assert rules.start(CARD, None, NOON + MINUTE, "cp").session_id != first
    assert rules.start(CARD, None, NOON, "cp2").session_id != first
    assert rules.start(other_card, None, NOON, "cp").session_id != first


@pytest.mark.parametrize(
    ("node", "point"),
    [
        ("session", ""),
        ("left.session", "left"),
        ("garage/session", "garage"),
        ("garage/left.inner.session", "garage/left.inner"),
    ],
)
def test_a_charge_point_is_the_instance_that_its_session_node_is_in(node, point):
    assert rules.point_of(node) == point


def test_two_charge_points_have_sessions_of_their_own():
    left = rules.start(CARD, None, NOON, "cp", point="left")
    right = rules.start(CARD, None, NOON, "cp", point="right")
    assert left.session_id != right.session_id
    assert rules.started(left).point == "left"


def test_the_first_reading_after_a_silent_start_becomes_the_late_start_register():
    session = rules.start(CARD, None, NOON, "cp")
    after = rules.observe(session, reading(2_000, time=NOON + MINUTE))
    assert (after.meter_start_wh, after.meter_start_quality) == (2_000, "late")
    assert after.meter_serial == "A"
    assert rules.latched(after, reading(2_000, time=NOON + MINUTE)) == SessionLatched(
        session.session_id, NOON + MINUTE, 2_000, "A"
    )


def test_a_later_reading_leaves_the_session_as_it_is():
    session = rules.start(CARD, reading(1_000), NOON, "cp")
    assert rules.observe(session, reading(1_099), before=reading(1_050)) is session


def test_a_register_that_went_far_is_noted_so_that_a_restart_has_something_to_go_by():
    session = rules.start(CARD, reading(1_000), NOON, "cp")
    after = rules.observe(session, reading(1_100, time=NOON + MINUTE))
    assert after.mark == rules.Mark(1_100, NOON + MINUTE)
    assert rules.observe(session, reading(1_100), step_wh=500) is session


@pytest.mark.parametrize(
    ("first", "energy_wh"),
    [
        pytest.param(reading(5_000), 4_000, id="the register stands where it was: it goes on"),
        pytest.param(reading(5_050), 4_050, id="a little was used while nobody looked"),
        pytest.param(reading(4_999), None, id="the register is below what was noted"),
        pytest.param(reading(5_000, serial="B"), None, id="another meter"),
    ],
)
def test_after_a_power_cut_the_register_proves_that_the_session_is_the_same(first, energy_wh):
    """Oppleo resumes the newest row, whatever its meter says by then."""
    session = rules.start(CARD, reading(1_000), NOON, "cp")
    session = rules.observe(session, reading(5_000, time=NOON + MINUTE))
    back = rules.resumed(session, NOON + 60 * MINUTE)
    assert (back.session_id, back.interrupted) == (session.session_id, True)
    ended = rules.end(rules.observe(back, first), first, NOON + 61 * MINUTE, "card")
    assert (ended.energy_wh, ended.interrupted) == (energy_wh, True)


def test_a_session_whose_clock_was_set_back_does_not_end_before_it_began():
    """Oppleo D11: no clock sanity check, so that sessions end before they start."""
    session = rules.start(CARD, reading(1_000), NOON, "cp")
    ended = rules.end(session, reading(1_000), NOON - MINUTE, "card")
    assert (ended.ended_at, ended.clock_uncertain) == (NOON, True)


def test_a_session_that_starts_by_a_clock_that_nobody_trusts_says_so():
    """Oppleo D11: a Pi without a clock dates sessions wrongly, and nobody can tell."""
    began = Instant("boot", 1.0, NOON, trusted=False)
    session = rules.start(CARD, reading(), NOON, "cp", began=began)
    assert rules.started(session).clock_uncertain
    assert rules.end(session, reading(), NOON + MINUTE, "card").clock_uncertain


def test_a_session_by_a_clock_that_nobody_trusts_bears_when_it_was_since_the_boot():
    began = Instant("boot", 1.0, NOON, trusted=False)
    ended = Instant("boot", 61.0, NOON + 3 * MINUTE, trusted=True)
    session = rules.start(CARD, reading(), NOON, "cp", began=began)
    assert rules.started(session).stamp == began
    assert rules.end(session, reading(), NOON + 3 * MINUTE, "card", stamp=ended).stamp == ended
    known = rules.start(CARD, reading(), NOON, "cp", began=ended)
    assert rules.started(known).stamp is None
    assert rules.end(known, reading(), NOON + 3 * MINUTE, "card", stamp=ended).stamp is None


@pytest.mark.parametrize(
    ("limit_wh", "register_wh", "over"),
    [(None, 99_000, False), (500, 1_499, False), (500, 1_500, True), (500, 900, False)],
)
def test_a_session_is_over_its_limit_when_it_has_used_as_much(limit_wh, register_wh, over):
    card = CARD.with_(limits=Limits(energy_wh=limit_wh))
    session = rules.start(card, reading(1_000), NOON, "cp")
    assert rules.over_limit(session, reading(register_wh)) is over


OFF, ON = "waits for the meter", "session of 'family'"


@pytest.mark.parametrize(
    ("start", "now", "limit_wh", "charges_blind", "on"),
    [
        pytest.param(reading(), reading(), None, False, True, id="all is known"),
        pytest.param(None, None, None, False, False, id="it waits for its start register"),
        pytest.param(None, None, None, True, True, id="it charges blind"),
        pytest.param(None, None, 500, True, False, id="a limit cannot be watched blind"),
        pytest.param(reading(), None, 500, True, False, id="nor when the meter falls silent"),
        pytest.param(reading(), None, None, True, True, id="without a limit it charges on"),
        pytest.param(reading(), None, 500, False, True, id="the switch itself sees to stale input"),
    ],
)
def test_what_a_session_wants_of_the_switch(start, now, limit_wh, charges_blind, on):
    card = CARD.with_(limits=Limits(energy_wh=limit_wh))
    session = rules.start(card, start, NOON, "cp")
    reason = ON if on else f"{ON} {OFF}"
    found = rules.wanted(session, now is None, charges_blind=charges_blind)
    assert found == SwitchRequest(on=on, reason=reason)


def test_without_a_session_the_switch_is_off():
    found = rules.wanted(None, False, charges_blind=True)
    assert found == SwitchRequest(on=False, reason="no session")


def test_the_energy_is_the_difference_of_the_registers():
    session = rules.start(CARD, reading(1_000), NOON, "cp")
    assert rules.end(session, reading(11_000), NOON + MINUTE, "card") == SessionEnded(
        session_id=session.session_id,
        token_id=CARD.token_id,
        uid="04A1B2C3",
        label="family",
        started_at=NOON,
        ended_at=NOON + MINUTE,
        meter_start_wh=1_000,
        meter_end_wh=11_000,
        meter_end_quality="measured",
        energy_wh=10_000,
        reason="card",
    )


@pytest.mark.parametrize(
    ("at_start", "between", "at_end"),
    [
        pytest.param(reading(1_000), (), None, id="the meter is silent at the end"),
        pytest.param(None, (), None, id="the meter is silent throughout"),
        pytest.param(reading(1_000), (), reading(999), id="the register fell"),
        pytest.param(reading(1_000), (), reading(2_000, serial="B"), id="another meter"),
        pytest.param(reading(1_000), (), reading(2_000, serial=None), id="a meter without serial"),
        pytest.param(
            reading(1_000),
            (reading(5_000), reading(1_200)),
            reading(6_000),
            id="the register fell and climbed past its old value",
        ),
        pytest.param(
            reading(1_000),
            (reading(1_100, serial="B"),),
            reading(2_000),
            id="another meter in between",
        ),
    ],
)
def test_energy_that_two_registers_do_not_bound_is_unknown(at_start, between, at_end):
    session = rules.start(CARD, at_start, NOON, "cp")
    before = at_start
    for one in between:
        session = rules.observe(session, one, before)
        before = one
    event = rules.end(session, at_end, NOON + MINUTE, "card")
    assert (event.meter_end_wh, event.meter_end_quality, event.energy_wh) == (None, "unknown", None)
    assert event.meter_start_wh == (at_start and at_start.energy_import_wh)


def test_the_end_register_is_kept_even_when_the_start_register_never_came():
    session = rules.start(CARD, None, NOON, "cp")
    event = rules.end(session, reading(2_000), NOON + MINUTE, "card")
    assert (event.meter_end_wh, event.meter_end_quality, event.energy_wh) == (
        2_000,
        "measured",
        None,
    )


registers = st.one_of(
    st.none(), st.builds(reading, st.integers(0, 10**9), serial=st.sampled_from("AB"))
)


@given(at_start=registers, between=st.lists(registers, max_size=5), at_end=registers)
def test_energy_is_end_minus_start_or_unknown_and_never_negative(at_start, between, at_end):
    session = rules.start(CARD, at_start, NOON, "cp")
    before = at_start
    for one in between:
        if one is not None:
            session = rules.observe(session, one, before)
            before = one
    event = rules.end(session, at_end, NOON + MINUTE, "card")
    assert (event.meter_end_wh is None) == (event.meter_end_quality == "unknown")
    if event.energy_wh is None:
        assert None in (event.meter_start_wh, event.meter_end_wh)
    else:
        assert event.energy_wh == event.meter_end_wh - event.meter_start_wh >= 0


@pytest.mark.parametrize(
    ("meter", "age", "is_fresh"),
    [
        pytest.param(reading(), timedelta(0), True, id="a reading of now"),
        pytest.param(reading(), MINUTE, True, id="one as old as it may be"),
        pytest.param(reading(), MINUTE + timedelta(seconds=1), False, id="an older one"),
        pytest.param(reading(), -2 * MINUTE, False, id="one from the future"),
        pytest.param(MeterUnknown.sample(), timedelta(0), False, id="a silent meter"),
        pytest.param(None, timedelta(0), False, id="a meter that has not spoken yet"),
    ],
)
def test_only_a_fresh_reading_is_a_register(meter, age, is_fresh):
    assert rules.fresh(meter, NOON + age, MINUTE) == (meter if is_fresh else None)


def evse(signal: EvseSignal) -> EvseState:
    return EvseState(signal, NOON)


@pytest.mark.parametrize(
    ("plug", "phase"),
    [
        (evse(EvseSignal.ACCESS_OFF), "waiting"),
        (evse(EvseSignal.WAITING), "waiting"),
        (evse(EvseSignal.ERROR), "waiting"),
        (evse(EvseSignal.STANDBY), "ready"),
        (evse(EvseSignal.CONNECTED), "ready"),
        (evse(EvseSignal.CHARGING), "charging"),
        (evse(EvseSignal.CHARGING_SOLAR), "charging"),
        (EvseUnknown(NOON, "no signal"), "ready"),
        (None, "ready"),
    ],
    ids=str,
)
def test_the_phase_of_an_open_session_is_what_the_evse_tells(plug, phase):
    assert rules.phase(rules.start(CARD, None, NOON, "cp"), plug) == phase


def test_without_a_session_the_phase_is_idle_whatever_the_evse_does():
    assert rules.phase(None, evse(EvseSignal.CHARGING)) == "idle"
    assert rules.status(None, evse(EvseSignal.CHARGING), None) == SessionStatus("idle")


def test_the_status_shows_the_energy_so_far():
    session = rules.start(CARD, reading(1_000), NOON, "cp")
    assert rules.status(session, evse(EvseSignal.CHARGING), 2_500) == SessionStatus(
        "charging", session.session_id, "family", NOON, 2_500
    )
    assert rules.status(session, None, None).energy_wh is None
