from datetime import UTC, datetime, timedelta

import pytest

from oppleo_flow.charging.meter_usage import Counted
from oppleo_flow.payloads import MeterReading, MeterUnknown
from oppleo_flow.store.usage_rows import MeterSpan, Page, Sampled

NOON = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)


def reading(second, energy_wh=0, *, meter="meter", serial=None):
    return MeterReading.sample(
        meter=meter, time=NOON + second * SECOND, energy_import_wh=energy_wh, serial=serial
    )


def seconds(found):
    return [int((one.time - NOON) / SECOND) for one in found]


def shown(page: Page):
    return seconds(page.readings), page.newer, page.older


@pytest.fixture
def ten(ledger):
    ledger.readings.record([reading(10 * number, number) for number in range(10)])
    return ledger.usage


def test_each_meter_says_from_when_to_when_it_was_read(ledger):
    assert ledger.usage.meters() == []
    ledger.readings.record([reading(0), reading(30), reading(20, meter="solar")])
    assert ledger.usage.meters() == [
        MeterSpan("meter", NOON, NOON + 30 * SECOND),
        MeterSpan("solar", NOON + 20 * SECOND, NOON + 20 * SECOND),
    ]


def test_of_few_readings_all_are_given(ten):
    found = ten.sample("meter", NOON, NOON + 50 * SECOND)
    assert (found.every_s, seconds(found.currents)) == (None, [0, 10, 20, 30, 40])


def test_of_many_readings_some_are_given_that_are_as_far_apart(ten):
    found = ten.sample("meter", NOON, NOON + 100 * SECOND, points=4)
    assert (found.every_s, seconds(found.currents)) == (25, [0, 30, 60, 90])


def test_a_sample_leaps_over_a_time_without_readings(ledger):
    ledger.readings.record([reading(second) for second in (0, 1, 2, 500, 501, 502, 990)])
    found = ledger.usage.sample("meter", NOON, NOON + 1000 * SECOND, points=5)
    assert (found.every_s, seconds(found.currents)) == (200, [0, 500, 990])


def test_a_sample_tells_the_currents_of_the_phases_that_were_measured(ledger):
    phases = [(16.0, 15.5, 0.0), (), (6.0,)]
    ledger.readings.record(
        [
            MeterReading.sample(time=NOON + second * SECOND, current_phases_a=one)
            for second, one in enumerate(phases)
        ]
    )
    for points in (3, 2):  # all of them, and one in two seconds
        found = ledger.usage.sample("meter", NOON, NOON + 3 * SECOND, points=points)
        told = [(one.time, one.phases_a) for one in found.currents]
        step = found.every_s or 1
        assert told == [(NOON + at * SECOND, phases[at]) for at in range(0, 3, step)]


def test_single_readings_say_nothing_of_a_very_long_time(ten):
    assert ten.sample("meter", NOON - 40 * DAY, NOON + DAY, points=4) is None
    assert ten.sample("meter", NOON - 40 * DAY, NOON + DAY) is not None
    assert ten.sample("solar", NOON, NOON + DAY) == Sampled(None, ())


@pytest.mark.parametrize(
    ("ask", "expected"),
    [
        pytest.param(
            lambda of: of.before("meter", None, 3),
            ([90, 80, 70], False, True),
            id="the newest",
        ),
        pytest.param(
            lambda of: of.before("meter", NOON + 70 * SECOND, 3),
            ([60, 50, 40], True, True),
            id="those before a moment",
        ),
        pytest.param(
            lambda of: of.before("meter", NOON + 30 * SECOND, 3),
            ([20, 10, 0], True, False),
            id="the oldest",
        ),
        pytest.param(
            lambda of: of.after("meter", NOON + 40 * SECOND, 3),
            ([70, 60, 50], True, True),
            id="those after a moment",
        ),
        pytest.param(
            lambda of: of.after("meter", NOON + 60 * SECOND, 3),
            ([90, 80, 70], False, True),
            id="those after a moment, to the end",
        ),
        pytest.param(
            lambda of: of.around("meter", NOON + 45 * SECOND, 4),
            ([60, 50, 40, 30], True, True),
            id="those around a moment between two readings",
        ),
        pytest.param(
            lambda of: of.around("meter", NOON + DAY, 4),
            ([90, 80, 70, 60], False, True),
            id="around a moment after all of them",
        ),
        pytest.param(
            lambda of: of.around("meter", NOON - DAY, 4),
            ([10, 0], True, False),
            id="around a moment before all of them",
        ),
    ],
)
def test_readings_come_by_pages_the_newest_first(ten, ask, expected):
    assert shown(ask(ten)) == expected


def test_how_many_are_new_is_counted_up_to_a_limit(ten):
    assert ten.count_after("meter", NOON + 60 * SECOND) == 3
    assert ten.count_after("meter", NOON, most=5) == 5
    assert ten.count_after("meter", NOON + DAY) == 0


def test_registers_at_the_edges_of_a_day_are_those_in_between_two_readings(ledger):
    midnight = datetime(2026, 1, 16, tzinfo=UTC)
    days = [midnight, midnight + DAY, midnight + 2 * DAY]
    minute = timedelta(minutes=1)
    kept = [(days[0] - minute, 100), (days[0] + minute, 120), (days[1] - 30 * minute, 400)]
    measured = [
        MeterReading.sample(time=time, energy_import_wh=energy_wh) for time, energy_wh in kept
    ]
    ledger.readings.record([*measured, MeterUnknown("meter", days[1] - 29 * minute, "no answer")])
    assert ledger.usage.counted("meter", days) == [
        Counted(110, None, measured[1], measured[2]),
        Counted(None, None, None, None),
    ]
    assert ledger.usage.known("meter", days[0], days[1]) == 10


def test_silences_are_those_that_overlap_a_time_and_never_too_many(ledger):
    def silent(second):
        return MeterUnknown("meter", NOON + second * SECOND, "no answer")

    ledger.readings.record(
        [reading(0), silent(10), reading(20), silent(30), reading(50), silent(60), silent(70)]
    )

    def begun(since, until, most=200):
        span = (NOON + since * SECOND, NOON + until * SECOND)
        return seconds_of(ledger.usage.silences("meter", *span, most=most))

    def seconds_of(silences):
        return [
            (int((one.since - NOON) / SECOND), one.until and int((one.until - NOON) / SECOND))
            for one in silences
        ]

    assert begun(0, 60) == [(10, 20), (30, 50)]
    assert begun(40, 65) == [(30, 50), (60, None)]
    assert begun(0, 100, most=2) == [(60, None), (70, None)]
    assert begun(50, 55) == []
