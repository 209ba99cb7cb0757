"""What comes for another visit of the car, and what does not."""

from datetime import UTC, datetime, timedelta

import pytest

from oppleo_flow.charging import session as rules
from oppleo_flow.charging import visit
from oppleo_flow.charging.session import Mark, OpenSession
from oppleo_flow.charging.visit import AutoSession
from oppleo_flow.payloads import Authorised, EvseSignal, EvseState, EvseUnknown, MeterReading

NOON = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
RULE = AutoSession(timedelta(minutes=90), 100)
UNKNOWN = EvseUnknown(NOON, "no signal")


def reading(energy_wh: int, time: datetime = NOON) -> MeterReading:
    return MeterReading.sample(energy_import_wh=energy_wh, serial="A", time=time)


def plug(signal: EvseSignal) -> EvseState:
    return EvseState(signal, NOON)


STANDBY, CONNECTED, CHARGING, ACCESS_OFF, ERROR = (
    plug(EvseSignal.STANDBY),
    plug(EvseSignal.CONNECTED),
    plug(EvseSignal.CHARGING),
    plug(EvseSignal.ACCESS_OFF),
    plug(EvseSignal.ERROR),
)


def fresh_session() -> OpenSession:
    return rules.start(Authorised.sample(), reading(1_000), NOON, "cp")


def charged_session() -> OpenSession:
    """Return a session in which a car has charged 4 kWh until one o'clock."""
    session = visit.seen(fresh_session(), ACCESS_OFF, CHARGING, NOON)
    return rules.observe(session, reading(5_000, NOON + HOUR))


def through(session: OpenSession, *plugs, at: datetime = NOON + 2 * HOUR) -> OpenSession:
    before = CHARGING
    for now in plugs:
        session = visit.seen(session, before, now, at)
        before = now
    return session


AWAY = (CONNECTED, STANDBY, CONNECTED)


@pytest.mark.parametrize(
    ("session", "register_wh", "now", "is_new"),
    [
        pytest.param(
            through(charged_session(), *AWAY), 5_010, NOON + 4 * HOUR, True, id="it was away"
        ),
        pytest.param(
            through(charged_session(), UNKNOWN, CONNECTED),
            5_010,
            NOON + 4 * HOUR,
            True,
            id="it may have been away: nobody could see",
        ),
        pytest.param(
            through(charged_session(), CONNECTED),
            5_010,
            NOON + 4 * HOUR,
            False,
            id="it was connected all the while: condensed before it is split",
        ),
        pytest.param(
            through(charged_session(), *AWAY), 5_010, NOON + 2 * HOUR, False, id="not for long"
        ),
        pytest.param(
            through(charged_session(), *AWAY), 5_150, NOON + 4 * HOUR, False, id="it drew something"
        ),
        pytest.param(
            through(fresh_session(), *AWAY),
            1_000,
            NOON + 9 * HOUR,
            False,
            id="a session in which nothing was charged yet is not split (Oppleo D5)",
        ),
        pytest.param(
            through(charged_session(), ACCESS_OFF, CONNECTED, at=NOON + 9 * HOUR),
            5_000,
            NOON + 10 * HOUR,
            False,
            id="a pause in the off-peak hours is no visit (Oppleo D5)",
        ),
        pytest.param(
            rules.resumed(charged_session(), NOON + 9 * HOUR),
            5_000,
            NOON + 10 * HOUR,
            False,
            id="nor is a power cut",
        ),
        pytest.param(
            through(charged_session(), *AWAY), 4_000, NOON + 4 * HOUR, False, id="the register fell"
        ),
        pytest.param(
            through(charged_session(), *AWAY), None, NOON + 4 * HOUR, False, id="a silent meter"
        ),
    ],
)
def test_a_car_that_begins_to_charge_is_another_visit_or_the_same(
    session, register_wh, now, is_new
):
    last = None if register_wh is None else reading(register_wh, now)
    found = visit.turns(session, last, None, now, RULE)
    assert found == (Mark(5_000, NOON + HOUR) if is_new else None)


def test_the_session_ends_when_the_register_reached_its_last_value_if_somebody_saw():
    session, now = through(charged_session(), *AWAY), NOON + 4 * HOUR
    rested = Mark(5_040, NOON + HOUR + timedelta(minutes=5))
    assert visit.turns(session, reading(5_040, now), rested, now, RULE) == rested
    just_now = Mark(5_050, now)
    assert visit.turns(session, reading(5_050, now), just_now, now, RULE) == session.mark


def test_the_next_session_goes_on_at_the_register_where_the_one_before_ended():
    session, now = through(charged_session(), *AWAY), NOON + 4 * HOUR
    at = visit.turns(session, reading(5_010, now), None, now, RULE)
    after = rules.follow(session, at, now, "cp", rules.Instant("boot", 0.0, now, True))
    assert (after.meter_start_wh, after.started_at, after.trigger) == (5_000, now, "auto")
    assert after.session_id != session.session_id
    assert (after.token_id, after.meter_start_quality) == (session.token_id, "measured")
    assert visit.turns(after, reading(5_010, now), None, now + 9 * HOUR, RULE) is None


@pytest.mark.parametrize(
    ("before", "now", "begins"),
    [
        (None, CHARGING, True),
        (CONNECTED, CHARGING, True),
        (CHARGING, CHARGING, False),
        (CHARGING, CONNECTED, False),
        (CHARGING, plug(EvseSignal.CHARGING_SOLAR), False),
        (UNKNOWN, CHARGING, True),
        (CHARGING, UNKNOWN, False),
    ],
)
def test_a_car_begins_to_charge(before, now, begins):
    assert visit.begins_to_charge(before, now) is begins


@pytest.mark.parametrize(
    ("plugs", "gone"),
    [
        pytest.param((CONNECTED, STANDBY), True, id="it was there and is not"),
        pytest.param((STANDBY,), False, id="none came yet"),
        pytest.param((CONNECTED, ACCESS_OFF), False, id="without access nobody can tell"),
        pytest.param((CONNECTED, ERROR), False, id="an error says nothing of the car"),
        pytest.param((CONNECTED, UNKNOWN), False, id="an unknown state is not an absent car"),
    ],
)
def test_a_car_has_left_only_when_that_is_plain(plugs, gone):
    session, before = fresh_session(), None
    for now in plugs:
        session, before = visit.seen(session, before, now, NOON), now
    assert visit.left(session, plugs[-1]) is gone


def test_a_look_that_changes_nothing_leaves_the_session_as_it_is():
    session = charged_session()
    assert visit.seen(session, CHARGING, CONNECTED, NOON + 2 * HOUR) is session
