import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from oppleo_flow.charging.correction import Changes
from oppleo_flow.charging.tariff import PriceVersion
from oppleo_flow.clock import Instant
from oppleo_flow.payloads import MeterReading, MeterUnknown, SessionEnded, SessionStarted
from oppleo_flow.store import open_ledger
from oppleo_flow.store.check.databases import check_databases

NOON = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
SESSION = UUID(int=1)
START, END, EDGE = 20_007, 23_333, 21_600


@pytest.fixture
def filled(location):
    """Return a ledger of three days, with a price that changes at six."""
    with open_ledger(location, "cp") as opened:
        opened.readings.record([reading(second) for second in range(0, 3 * 86_400, 60)])
        opened.readings.record([MeterUnknown("meter", at(40_000), "no answer")])
        yield opened


def at(second: float) -> datetime:
    return NOON + second * SECOND


def reading(second: int, **values: object) -> MeterReading:
    return MeterReading.sample(
        time=at(second), energy_import_wh=second // 7, power_w=float(second % 11), **values
    )


def price(number: int, since: datetime) -> PriceVersion:
    return PriceVersion(UUID(int=number), since, Decimal(number) / 10, "EUR")


def charge(filled, **values: object) -> None:
    filled.sessions.record(
        SessionStarted.sample(
            session_id=SESSION, started_at=at(START), meter_start_wh=START // 7
        ).with_(**values)
    )
    filled.sessions.record(
        SessionEnded.sample(
            session_id=SESSION,
            started_at=at(START),
            ended_at=at(END),
            meter_start_wh=START // 7,
            meter_end_wh=END // 7,
            energy_wh=END // 7 - START // 7,
        ).with_(**values)
    )


def make_room(filled, before: datetime) -> int:
    """Make all the room there is; return in how many steps."""
    steps = 1
    while filled.old_readings.let_go(before):
        steps += 1
    return steps


def kept(filled, since: float = 0, until: float = 3 * 86_400) -> list[int]:
    found = filled.readings.between("meter", at(since), at(until))
    return [int((one.time - NOON) / SECOND) for one in found]


def test_of_old_readings_the_last_of_each_quarter_hour_stays(filled):
    assert make_room(filled, NOON + 2 * DAY) == 2
    old = range(840, 2 * 86_400, 900)
    old = sorted({0, 86_400, *old})  # where a day was begun, the first one too
    assert kept(filled) == [*old, *range(2 * 86_400, 3 * 86_400, 60)]


def test_what_was_rolled_up_stays_and_says_the_same(filled):
    window = ("meter", NOON, NOON + 3 * DAY)
    before = [filled.readings.graph(*window, points=points) for points in (300, 10)]
    assert [one.slot_s for one in before] == [900, 43_200]
    make_room(filled, NOON + 2 * DAY)
    assert [filled.readings.graph(*window, points=points) for points in (300, 10)] == before
    filled.readings.rebuild_roll_ups()
    assert [filled.readings.graph(*window, points=points) for points in (300, 10)] == before


def test_a_graph_of_times_of_which_few_readings_are_left_is_of_slots(filled):
    make_room(filled, NOON + 2 * DAY)
    hour = timedelta(hours=1)
    assert filled.readings.graph("meter", NOON, NOON + hour).slot_s == 60
    assert filled.readings.graph("meter", NOON + 2 * DAY, NOON + 2 * DAY + hour).slot_s is None


def test_a_check_finds_a_ledger_in_order_in_which_room_was_made(filled, location):
    charge(filled)
    make_room(filled, NOON + 2 * DAY)
    assert check_databases(location.path).findings == ()


def test_a_silence_stays(filled):
    make_room(filled, NOON + 2 * DAY)
    (found,) = filled.readings.silences("meter", NOON, NOON + 3 * DAY)
    assert found.reason == "no answer"


def test_the_registers_at_the_edges_of_months_stay_in_any_zone(filled):
    edges = [NOON + minutes * 60 * SECOND for minutes in range(15, 2 * 1440, 15)]
    before = [filled.readings.latest("meter", before=edge) for edge in edges]
    make_room(filled, NOON + 2 * DAY)
    assert [filled.readings.latest("meter", before=edge) for edge in edges] == before


def test_what_a_session_was_billed_by_stays_and_what_nobody_needs_goes(filled):
    filled.prices.add(price(3, NOON - DAY))
    filled.prices.add(price(4, at(EDGE)))
    charge(filled)
    with filled.readings._db.write() as connection:
        connection.exec_driver_sql("DELETE FROM slices")  # so that they are made anew each time
    before = filled.sessions.get(SESSION)
    assert [one.estimated for one in before.slices] == [False, False]
    make_room(filled, NOON + 2 * DAY)
    assert filled.sessions.get(SESSION) == before
    # About the start, the price's change and the end, and the last of each quarter-hour.
    assert kept(filled, START - 30, END + 30) == [
        *(19_980, 20_040, 20_640, 21_540, 21_600, 21_660, 22_440, 23_280, 23_340)
    ]


@pytest.mark.parametrize(
    "may_change",
    [
        pytest.param(charge, id="a session whose price is not known yet"),
        pytest.param(
            lambda filled: (
                filled.prices.add(price(3, NOON - DAY)),
                charge(filled),
                filled.corrections.add(
                    SESSION,
                    Changes(meter_end_wh=END // 7 - 9),
                    who="anna",
                    why="forgot",
                    now=at(90_000),
                ),
            ),
            id="one that was corrected",
        ),
        pytest.param(
            lambda filled: (
                filled.prices.add(price(3, NOON - DAY)),
                charge(
                    filled,
                    clock_uncertain=True,
                    stamp=Instant("boot", 77.0, at(START), trusted=False),
                ),
            ),
            id="one that nobody knows the time of",
        ),
    ],
)
def test_all_readings_stay_of_a_session_that_may_be_billed_anew(filled, may_change):
    may_change(filled)
    make_room(filled, NOON + 2 * DAY)
    assert kept(filled, START, END) == [*range(20_040, END, 60)]


def test_all_readings_stay_of_a_session_that_is_open(filled):
    filled.sessions.record(SessionStarted.sample(started_at=at(START)))
    make_room(filled, NOON + 2 * DAY)
    assert kept(filled, START) == [*range(20_040, 3 * 86_400, 60)]


def test_readings_that_have_not_arrived_elsewhere_stay(filled):
    filled.outbox.open()
    everything = kept(filled)
    make_room(filled, NOON + 2 * DAY)
    assert kept(filled) == everything
    while filled.outbox.next_batch(5000):
        filled.outbox.arrived(NOON)
    filled.readings.record([reading(86_407)])
    make_room(filled, NOON + 2 * DAY)
    assert kept(filled, 0, 900) == [0, 840]
    assert kept(filled, 86_400, 86_460) == [86_400, 86_407]


def test_a_late_reading_changes_nothing_of_what_was_rolled_up_before_room_was_made(filled):
    make_room(filled, NOON + 2 * DAY)
    before = filled.readings.graph("meter", NOON, NOON + 2 * DAY)
    filled.readings.record([reading(100)])
    assert filled.readings.graph("meter", NOON, NOON + 2 * DAY) == before
    assert 100 in kept(filled)


def test_a_step_that_is_interrupted_is_none(filled, location):
    with closing(sqlite3.connect(location.path)) as db, db:
        db.execute(
            "CREATE TRIGGER full BEFORE INSERT ON reading_horizons "
            "BEGIN SELECT raise(ABORT, 'the disk is full'); END"
        )
    everything = kept(filled)
    with pytest.raises(Exception, match="the disk is full"):
        filled.old_readings.let_go(NOON + 2 * DAY)
    assert kept(filled) == everything
