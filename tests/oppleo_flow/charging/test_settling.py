"""Which reading after the end of a session is its last register."""

from datetime import UTC, datetime, timedelta

import pytest

from oppleo_flow.charging import session as rules
from oppleo_flow.charging.settling import last, look, settling
from oppleo_flow.payloads import Authorised, MeterReading, SessionSettled

NOON = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
END = NOON + timedelta(hours=1)


def reading(energy_wh: int, after_s: float, power_w: float = 0.0, serial="A") -> MeterReading:
    time = END + timedelta(seconds=after_s)
    return MeterReading.sample(
        energy_import_wh=energy_wh, serial=serial, time=time, power_w=power_w
    )


def ended(end_wh: int | None = 5_000, start_wh: int | None = 1_000):
    first = None if start_wh is None else reading(start_wh, -3600)
    session = rules.start(Authorised.sample(), first, NOON, "cp")
    final = None if end_wh is None else reading(end_wh, -5)
    return settling(session, rules.end(session, final, END, "card"))


def told(energy_wh: int, after_s: float) -> SessionSettled:
    session = rules.start(Authorised.sample(), None, NOON, "cp")
    at = END + timedelta(seconds=after_s)
    return SessionSettled(session.session_id, at, energy_wh, energy_wh - 1_000)


@pytest.mark.parametrize(
    ("past", "now", "found"),
    [
        pytest.param(ended(), reading(5_020, 10), told(5_020, 10), id="the car has stopped"),
        pytest.param(ended(), reading(5_000, 10), None, id="nothing was used"),
        pytest.param(
            ended(), reading(5_020, 7200, 9.0), told(5_020, 7200), id="nobody looked for hours"
        ),
        pytest.param(ended(), reading(4_999, 10), None, id="the register fell"),
        pytest.param(ended(), reading(5_020, 10, serial="B"), None, id="another meter"),
        pytest.param(
            ended(end_wh=None), reading(5_020, 1200), told(5_020, 1200), id="it was silent for long"
        ),
        pytest.param(
            ended(end_wh=None), reading(1_000, 1200), told(1_000, 1200), id="and nothing was used"
        ),
        pytest.param(ended(end_wh=None), reading(999, 1200), None, id="silent, then it fell"),
    ],
)
def test_a_reading_after_the_end_is_the_last_register_or_is_not(past, now, found):
    assert look(past, now, now.time) == (found, None)


def test_a_reading_of_before_the_end_changes_nothing():
    before = reading(5_000, -1)
    assert look(ended(), before, END) == (None, ended())


@pytest.mark.parametrize(
    ("then", "last_wh"),
    [
        pytest.param(reading(5_018, 20), 5_018, id="it has stopped"),
        pytest.param(reading(5_900, 61, 9_000.0), 5_010, id="what flows for longer is nobody's"),
        pytest.param(reading(5_024, 7200), 5_024, id="nobody looked for hours"),
        pytest.param(reading(4_000, 20), 5_010, id="the register fell"),
    ],
)
def test_while_the_car_stops_the_readings_are_its_own(then, last_wh):
    stopping = reading(5_010, 10, 9_000.0)
    nothing, past = look(ended(), stopping, stopping.time)
    assert nothing is None
    event, done = look(past, then, then.time)
    assert (event.meter_end_wh, event.energy_wh, done) == (last_wh, last_wh - 1_000, None)


def test_a_session_without_a_start_register_is_never_settled():
    assert ended(start_wh=None) is None


def test_a_session_whose_register_broke_is_never_settled():
    session = rules.start(Authorised.sample(), reading(1_000, -3600), NOON, "cp")
    broken = rules.observe(session, reading(900, -1800))
    assert settling(broken, rules.end(broken, reading(900, -5), END, "card")) is None


def test_where_the_next_session_starts_the_one_before_has_ended():
    assert last(ended(), reading(5_020, 10, 9_000.0)) == told(5_020, 10)
    assert last(ended(), reading(5_020, -1)) is None
