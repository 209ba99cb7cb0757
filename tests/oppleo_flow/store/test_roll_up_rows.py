import random
from datetime import timedelta

import pytest
from sqlalchemy import select

from oppleo_flow.charging.roll_up import Slot
from oppleo_flow.errors import StoreError
from oppleo_flow.payloads import MeterReading, MeterUnknown
from oppleo_flow.store import StoreLocation, open_ledger
from oppleo_flow.store.roll_up_rows import quarter_of
from oppleo_flow.store.tables.roll_ups import reading_slots
from oppleo_flow.testing.full_disk import fill, make_room
from tests.oppleo_flow.store.after_noon import NOON, SECOND, reading

NOON_S = quarter_of(NOON)


def silent(second: float) -> MeterUnknown:
    return MeterUnknown("meter", NOON + second * SECOND, "no answer")


def slots(ledger, slot_s: int = 900, meter: str = "meter") -> list[Slot]:
    query = (
        select(*(reading_slots.c[name] for name in Slot._fields))
        .where(reading_slots.c.slot_s == slot_s, reading_slots.c.meter == meter)
        .order_by(reading_slots.c.since_s)
    )
    with ledger.readings._db.read() as connection:
        return [Slot(*row) for row in connection.execute(query)]


def energies(ledger, slot_s: int = 900) -> list[tuple[int, int, float]]:
    return [(one.since_s - NOON_S, one.energy_wh, one.known_s) for one in slots(ledger, slot_s)]


def test_a_quarter_hour_is_rolled_up_when_the_first_reading_after_it_is_there(ledger):
    for second in range(0, 900, 10):
        ledger.readings.record([reading(second, second)])
    assert slots(ledger) == []
    ledger.readings.record([reading(900, 900)])
    assert slots(ledger) == [Slot(NOON_S, 0, 900, 900, 100.0, 100.0, 100.0, 900.0)]
    minutes = slots(ledger, 60)
    assert [(one.since_s, one.start_wh, one.end_wh) for one in minutes] == [
        (NOON_S + at, at, at + 60) for at in range(0, 900, 60)
    ]


def test_a_silence_is_a_gap_in_what_is_rolled_up(ledger):
    ledger.readings.record([reading(0, 0), reading(100, 10), silent(110)])
    ledger.readings.record([reading(800, 500), reading(1000, 700)])
    assert energies(ledger) == [(0, 110, 200.0)]
    assert energies(ledger, 60) == [
        *((0, 6, 60.0), (60, 4, 40.0)),
        *((780, 40, 40.0), (840, 60, 60.0)),
    ]


def test_a_reading_that_comes_late_changes_what_was_rolled_up(ledger):
    ledger.readings.record([reading(0, 0), reading(900, 90), reading(1800, 180)])
    assert energies(ledger) == [(0, 90, 900.0), (900, 90, 900.0)]
    ledger.readings.record([reading(850, 0)])
    assert energies(ledger) == [(0, 90, 900.0), (900, 90, 900.0)]
    assert slots(ledger, 60)[0].energy_wh == 0
    ledger.readings.record([reading(850, 0), silent(900)])
    assert energies(ledger) == [(0, 90, 900.0)]


def test_readings_before_all_others_are_rolled_up_too(ledger):
    ledger.readings.record([reading(1800, 180), reading(2700, 270)])
    ledger.readings.record([reading(0, 0), reading(900, 90)])
    assert energies(ledger) == [(0, 90, 900.0), (900, 90, 900.0), (1800, 90, 900.0)]


def test_meters_are_rolled_up_apart(ledger):
    ledger.readings.record([reading(0, 0), reading(0, 70, meter="house")])
    ledger.readings.record([reading(900, 90), reading(900, 80, meter="house")])
    assert [one.energy_wh for one in slots(ledger)] == [90]
    assert [one.energy_wh for one in slots(ledger, meter="house")] == [10]


@pytest.mark.parametrize("seed", range(6))
def test_in_whatever_order_readings_come_they_are_rolled_up_alike(ledger, seed):
    chance = random.Random(seed)
    story = [
        *(reading(10 * n, 3 * n) for n in range(400)),
        *(silent(at) for at in (700, 1234, 3333)),
        *(reading(at, 1200 + n) for n, at in enumerate((4500, 7000, 12_000))),
    ]
    story.sort(key=lambda one: one.time if isinstance(one, MeterReading) else one.since)
    ledger.readings.record([one.with_(meter="in order") for one in story])
    chance.shuffle(story)
    while story:
        count = chance.randint(1, 120)
        ledger.readings.record(story[:count])
        del story[:count]
    assert len(slots(ledger)) > 5
    for slot_s in (60, 900, 21600):
        assert slots(ledger, slot_s) == slots(ledger, slot_s, "in order")
    ledger.readings.rebuild_roll_ups()
    for slot_s in (60, 900, 21600):
        assert slots(ledger, slot_s) == slots(ledger, slot_s, "in order")


def test_what_somebody_made_of_the_slots_is_put_right_by_making_them_anew(ledger):
    ledger.readings.record([reading(second, second) for second in range(0, 90_000, 300)])
    right = [slots(ledger, slot_s) for slot_s in (60, 900, 21600)]
    with ledger.readings._db.write() as connection:
        connection.execute(
            reading_slots.update().where(reading_slots.c.slot_s != 60).values(energy_wh=0)
        )
        connection.execute(reading_slots.delete().where(reading_slots.c.slot_s == 60))
    assert [slots(ledger, slot_s) for slot_s in (60, 900, 21600)] != right
    ledger.readings.rebuild_roll_ups()
    assert [slots(ledger, slot_s) for slot_s in (60, 900, 21600)] == right


def test_slots_that_are_missing_are_made_when_the_meter_is_first_heard_of(location):
    """As in a ledger of a version that made none."""
    with open_ledger(location, "cp") as ledger:
        ledger.readings.record([reading(second, second) for second in range(0, 90_000, 300)])
        right = slots(ledger), slots(ledger, 21600)
        with ledger.readings._db.write() as connection:
            connection.execute(reading_slots.delete())
    with open_ledger(location, "cp") as ledger:
        ledger.readings.observe([reading(89_710, 89_710)], keep="changed")
        assert (slots(ledger), slots(ledger, 21600)) == right


def test_readings_and_their_slots_are_written_together_or_not_at_all(location):
    with open_ledger(location, "cp") as ledger:
        ledger.readings.record([reading(0, 0)])
        with ledger.readings._db.write() as connection:
            connection.exec_driver_sql(
                "CREATE TRIGGER full BEFORE INSERT ON reading_slots "
                "BEGIN SELECT raise(ABORT, 'the disk is full'); END"
            )
        with pytest.raises(StoreError, match="the disk is full"):
            ledger.readings.record([reading(900, 900)])
        assert ledger.readings.latest("meter") == reading(0, 0)
        with ledger.readings._db.write() as connection:
            connection.exec_driver_sql("DROP TRIGGER full")
        ledger.readings.record([reading(900, 900)])
        assert energies(ledger) == [(0, 900, 900.0)]


def test_where_nothing_lasts_they_are_rolled_up_alike(tmp_path, location):
    said = [reading(second, second) for second in range(0, 9000, 10)]
    with open_ledger(location, "cp") as ledger:
        ledger.readings.record(said)
        right = slots(ledger)
    passing = StoreLocation(tmp_path / "passing.sqlite", lasting=False)
    with open_ledger(passing, "cp") as ledger:
        for one in said:
            ledger.readings.record([one])
        ledger.readings.write_gathered()
        assert slots(ledger) == right


def test_what_is_left_out_is_seen_by_who_asks_and_kept_in_the_end(location):
    with open_ledger(location, "cp") as ledger:
        for second in range(0, 100, 10):
            ledger.readings.observe([reading(second, 7)], keep="changed")
        assert ledger.readings.latest("meter") == reading(90, 7)
        assert ledger.readings.latest("meter", before=NOON + 90 * SECOND) == reading(0, 7)
        assert ledger.readings.first("meter", NOON + SECOND) == reading(90, 7)
        day = (NOON, NOON + timedelta(days=1))
        assert ledger.readings.between("meter", *day) == [reading(0, 7), reading(90, 7)]
        with open_ledger(location, "cp", read_only=True) as other:
            assert other.readings.between("meter", *day) == [reading(0, 7)]
    with open_ledger(location, "cp", read_only=True) as other:
        assert other.readings.between("meter", *day) == [reading(0, 7), reading(90, 7)]


def test_what_cannot_be_written_can_be_observed_again(location):
    with open_ledger(location, "cp") as ledger:
        ledger.readings.observe([reading(0, 7), reading(10, 7)], keep="changed")
        fill(location.path)
        with pytest.raises(StoreError):
            ledger.readings.observe([reading(20, 7), reading(30, 8)], keep="changed")
        make_room(location.path)
        ledger.readings.observe([reading(20, 7), reading(30, 8)], keep="changed")
        found = ledger.readings.between("meter", NOON, NOON + timedelta(days=1))
        assert found == [reading(0, 7), reading(20, 7), reading(30, 8)]


@pytest.mark.parametrize(
    ("second", "reasons"),
    [
        pytest.param(50, [], id="a restart that takes no longer than a minute is none"),
        pytest.param(500, ["oppleo-flow was not running"], id="else it is one"),
    ],
)
def test_the_time_in_which_nothing_ran_is_a_silence(location, second, reasons):
    with open_ledger(location, "cp") as ledger:
        ledger.readings.observe([reading(0, 7)], keep="changed")
    with open_ledger(location, "cp") as ledger:
        ledger.readings.observe([reading(second, 7)], keep="changed")
        found = ledger.readings.silences("meter", NOON, NOON + timedelta(days=1))
    assert [(one.reason, one.since) for one in found] == [(reason, NOON) for reason in reasons]


def test_a_meter_that_was_silent_before_the_restart_is_so_for_its_own_reason(location):
    with open_ledger(location, "cp") as ledger:
        ledger.readings.observe([reading(0, 7), silent(10)], keep="changed")
    with open_ledger(location, "cp") as ledger:
        ledger.readings.observe([reading(500, 7)], keep="changed")
        (found,) = ledger.readings.silences("meter", NOON, NOON + timedelta(days=1))
    assert found.reason == "no answer"


def test_after_a_process_was_killed_no_time_is_made_up(location):
    """It knew that nothing changed until then; nobody knows that any more."""
    killed = open_ledger(location, "cp")
    for second in range(0, 1000, 10):
        killed.readings.observe([reading(second, 7)], keep="changed")
    killed.readings._db.close()
    with open_ledger(location, "cp") as ledger:
        ledger.readings.observe([reading(2000, 7), reading(2010, 8)], keep="changed")
        (gap,) = ledger.readings.silences("meter", NOON, NOON + timedelta(days=1))
        assert (gap.since, gap.until) == (NOON, NOON + 2000 * SECOND)
        graph = ledger.readings.graph("meter", NOON, NOON + timedelta(hours=1), points=2)
    (hour,) = graph.points
    assert (hour.known_s, hour.energy_wh, hour.start_wh) == (10.0, 1, None)
