from datetime import UTC, datetime

import pytest

from oppleo_flow.payloads import MeterReading, MeterUnknown
from oppleo_flow.store.reading_graph import Graph, GraphPoint
from tests.oppleo_flow.store.after_noon import DAY, HOUR, NOON, SECOND, reading


def silent(second: float) -> MeterUnknown:
    return MeterUnknown("meter", NOON + second * SECOND, "no answer")


def after_noon(seconds: float) -> datetime:
    return NOON + seconds * SECOND


def energies(graph: Graph) -> list[tuple[int, int, float]]:
    return [(int((one.time - NOON) / SECOND), one.energy_wh, one.known_s) for one in graph.points]


def test_few_readings_are_shown_one_by_one_and_a_gap_is_a_gap(ledger):
    ledger.readings.record([reading(0, 5, 50.0), reading(10, 7, 90.0), silent(20), reading(60, 9)])
    assert ledger.readings.graph("meter", NOON, NOON + HOUR) == Graph(
        None,
        (
            GraphPoint(after_noon(0), 5, 7, 2, 50.0, 50.0, 50.0, 10.0),
            GraphPoint(after_noon(10), 7, None, 0, 90.0, 90.0, 90.0, 0.0),
            GraphPoint(after_noon(60), 9, None, 0, 100.0, 100.0, 100.0, 0.0),
        ),
    )


def test_of_a_meter_that_nobody_heard_of_there_is_no_point(ledger):
    assert ledger.readings.graph("meter", NOON, NOON + HOUR) == Graph(None, ())
    assert ledger.readings.graph("meter", NOON, NOON + 400 * DAY, points=1) == Graph(None, ())


@pytest.mark.parametrize(
    ("hours", "points", "slot_s"),
    [
        pytest.param(2, 2000, None, id="each reading, as long as there are not too many"),
        pytest.param(2, 500, 60, id="else minutes"),
        pytest.param(20, 500, 900, id="else quarter-hours"),
        pytest.param(24 * 10, 500, 1800, id="half-hours"),
        pytest.param(24 * 31, 750, 3600, id="hours"),
        pytest.param(24 * 365, 2000, 21600, id="a year in parts of six hours"),
        pytest.param(24 * 365, 370, 86400, id="a year in days"),
        pytest.param(24 * 3650, 600, 7 * 86400, id="ten years in weeks"),
    ],
)
def test_the_slots_are_as_long_as_they_have_to_be(ledger, hours, points, slot_s):
    ledger.readings.record([reading(10 * n, n) for n in range(2501)])
    graph = ledger.readings.graph("meter", NOON, NOON + hours * HOUR, points=points)
    assert graph.slot_s == slot_s
    assert len(graph.points) <= points
    within = min(hours * 360, 2500)
    assert sum(one.energy_wh for one in graph.points) == within
    assert sum(one.known_s for one in graph.points) == 10 * within


def test_a_long_slot_that_is_partly_rolled_up_has_all_of_it(ledger):
    """Its quarter-hours are kept, but for the newest, which is made from the readings."""
    ledger.readings.record([reading(60 * n, 10 * n, float(n)) for n in range(80)])
    graph = ledger.readings.graph("meter", NOON - DAY, NOON + 2 * DAY, points=75)
    assert graph == Graph(
        3600,
        (
            GraphPoint(NOON, 0, 600, 600, 0.0, 29.5, 59.0, 3600.0),
            GraphPoint(NOON + HOUR, 600, None, 190, 60.0, 69.0, 78.0, 1140.0),
        ),
    )


def test_the_points_of_a_window_are_those_of_the_whole(ledger):
    ledger.readings.record([reading(53 * n, 3 * n) for n in range(2900)])
    for slot_s in (60, 900, 3600, 21600):
        _same_points(ledger, slot_s)


def _same_points(ledger, slot_s: int) -> None:
    since, until = NOON + 6 * HOUR, NOON + 24 * HOUR
    most = 48 * 3600 // slot_s + 1
    whole = ledger.readings.graph("meter", NOON, NOON + 48 * HOUR, points=most)
    most = 18 * 3600 // slot_s + 1
    some = ledger.readings.graph("meter", since, until, points=most)
    assert whole.slot_s == some.slot_s == slot_s
    assert some.points == tuple(one for one in whole.points if since <= one.time < until)
    assert all(one.known_s == slot_s for one in some.points)
    first, last = some.points[0], some.points[-1]
    assert sum(one.energy_wh for one in some.points) == last.end_wh - first.start_wh


def test_what_is_unknown_is_no_part_of_a_long_slot(ledger):
    said = [
        *(reading(60 * n, 10 * n) for n in range(31)),
        silent(1800),
        *(reading(60 * n, 5000 + 10 * n) for n in range(45, 121)),
    ]
    ledger.readings.record(said)
    graph = ledger.readings.graph("meter", NOON, NOON + 2 * HOUR, points=3)
    assert [(one.energy_wh, one.known_s) for one in graph.points] == [(450, 2700.0), (600, 3600.0)]
    assert [(one.start_wh, one.end_wh) for one in graph.points] == [(0, 5600), (5600, 6200)]


def test_what_was_left_out_is_on_the_graph(ledger):
    for second in range(0, 600, 10):
        ledger.readings.observe([reading(second, min(second, 10))], keep="changed")
    each = ledger.readings.graph("meter", NOON, NOON + HOUR)
    assert energies(each) == [(0, 10, 10.0), (10, 0, 580.0), (590, 0, 0.0)]
    (hour,) = ledger.readings.graph("meter", NOON, NOON + HOUR, points=2).points
    assert (hour.energy_wh, hour.known_s) == (10, 590.0)
    assert energies(ledger.readings.graph("meter", NOON + 60 * SECOND, NOON + HOUR)) == [
        (590, 0, 0.0)
    ]


def test_the_days_of_a_change_to_summer_time_are_as_long_as_others(ledger):
    start = datetime(2026, 3, 28, 0, 0, tzinfo=UTC)
    ledger.readings.record(
        [
            MeterReading.sample(time=start + n * 600 * SECOND, energy_import_wh=n)
            for n in range(3 * 144 + 1)
        ]
    )
    graph = ledger.readings.graph("meter", start, start + 3 * DAY, points=4)
    assert graph.slot_s == 86400
    assert [one.energy_wh for one in graph.points] == [144, 144, 144]
