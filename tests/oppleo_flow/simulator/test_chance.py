from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oppleo_flow.simulator.chance import Bout, Period, bouts, trips, visits
from oppleo_flow.simulator.scenario import CarSettings, FaultRate, GuestSettings

ZONE = ZoneInfo("Europe/Amsterdam")
MARCH = Period(date(2026, 3, 1), 31, ZONE)
OCTOBER = Period(date(2026, 10, 1), 31, ZONE)
EXACT = {"jitter": "0s", "uses_kwh": 10}
seeds = st.integers(0, 2**32)


def car(*week: dict[str, object]) -> CarSettings:
    return CarSettings.model_validate({"card": "family", "battery_kwh": 60, "week": week})


@pytest.mark.parametrize(
    ("period", "hours"),
    [
        pytest.param(MARCH, 31 * 24 - 1, id="an hour is missing in March"),
        pytest.param(OCTOBER, 31 * 24 + 1, id="one is there twice in October"),
        pytest.param(Period(date(2026, 6, 1), 30, ZONE), 30 * 24, id="in June none"),
    ],
)
def test_a_period_is_whole_days_of_the_local_clock(period, hours):
    assert period.end - period.begin == timedelta(hours=hours)
    assert len(list(period)) == period.days


def test_a_local_time_is_taken_the_first_time_or_later():
    twice = OCTOBER.at(date(2026, 10, 25), time(2, 30))
    never = MARCH.at(date(2026, 3, 29), time(2, 30))

    assert twice == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert never.astimezone(ZONE).time() == time(3, 30)


@pytest.mark.parametrize("period", [MARCH, OCTOBER], ids=["March", "October"])
def test_habits_go_by_the_local_clock_over_the_change(period):
    commuter = car({"days": "daily", "leaves": "07:40", "back": "17:50", **EXACT})
    found = list(trips(commuter, period, Random(1)))

    assert len(found) == period.days
    assert {trip.leaves.astimezone(ZONE).time() for trip in found} == {time(7, 40)}
    assert {trip.back.astimezone(ZONE).time() for trip in found} == {time(17, 50)}


def test_the_first_habit_that_fits_a_day_counts():
    errands = car(
        {"days": "wed", "leaves": "12:00", "back": "13:00", **EXACT},
        {"days": "mon-fri", "leaves": "08:00", "back": "09:00", **EXACT},
    )
    week = Period(date(2026, 3, 2), 7, ZONE)

    assert [trip.leaves.astimezone(ZONE).hour for trip in trips(errands, week, Random(1))] == [
        *(8, 8, 12, 8, 8)
    ]


def test_another_habit_on_one_day_leaves_the_other_days_alone():
    usual = {"days": "daily", "leaves": "08:00", "back": "18:00", "uses_kwh": 10}
    rare = {"days": "tue", "leaves": "10:00", "back": "11:00", "uses_kwh": 1, "chance": "0%"}
    all_days = {trip.leaves: trip for trip in trips(car(usual), MARCH, Random(1))}
    without_tuesdays = {trip.leaves: trip for trip in trips(car(rare, usual), MARCH, Random(1))}

    assert without_tuesdays.items() < all_days.items()
    assert len(all_days) - len(without_tuesdays) == 5


@given(seed=seeds)
def test_trips_keep_to_their_jitter(seed):
    usual = {"days": "daily", "leaves": "08:00", "back": "08:10", "jitter": "30m", "uses_kwh": 10}
    for trip in trips(car(usual), MARCH, Random(seed)):
        leaves = trip.leaves.astimezone(ZONE)
        assert time(7, 30) <= leaves.time() <= time(8, 30)
        assert trip.back - trip.leaves >= timedelta(minutes=1)
        assert 8_000 <= trip.uses_wh <= 12_000


@given(seed=seeds, per_month=st.floats(0.1, 50))
def test_faults_lie_in_the_period_and_last_as_long_as_they_may(seed, per_month):
    rate = FaultRate.model_validate({"per_month": per_month, "lasts": ["2m", "20m"]})
    found = list(bouts(rate, MARCH, Random(seed)))

    assert found == sorted(found, key=lambda bout: bout.at)
    assert all(MARCH.begin <= bout.at < MARCH.end for bout in found)
    assert all(120 <= bout.lasts_s <= 1200 for bout in found)


def test_what_never_breaks_never_breaks():
    rate = FaultRate.model_validate({"per_month": 0, "lasts": ["2m", "20m"]})

    assert list(bouts(rate, MARCH, Random(1))) == []


def test_the_dice_of_a_text_are_the_same_in_every_process():
    rate = FaultRate.model_validate({"per_month": 1, "lasts": ["2m", "20m"]})

    assert list(bouts(rate, MARCH, Random("7 fault power_cut"))) == [
        Bout(datetime(2026, 3, 19, 9, 10, 22, tzinfo=UTC), 312.0),
    ]


@given(seed=seeds)
def test_guests_come_within_their_hours(seed):
    guest = GuestSettings.model_validate(
        {"card": "stranger", "per_month": 30, "between": ["11:00", "21:00"]}
    )
    found = [at.astimezone(ZONE) for at in visits(guest, MARCH, Random(seed))]

    assert all(time(11) <= at.time() <= time(21) for at in found)
    assert len({at.date() for at in found}) == len(found) == 31
