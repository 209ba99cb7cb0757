"""Cutting a session's energy where the price changes; the rules of money over thousands of days."""

import random
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oppleo_flow.charging.price_parts import PricePart, price_parts
from oppleo_flow.charging.slices import EnergySlice, Mark, slice_energy
from oppleo_flow.charging.tariff import PriceVersion, amount, total
from tests.oppleo_flow.charging.prices import DAL, DUAL, FLAT

NIGHT = datetime(2026, 1, 15, 22, 0, tzinfo=UTC)  # 23:00 in Amsterdam: the price goes down
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


def parts(since: datetime, until: datetime, edges: Sequence[datetime]) -> list[PricePart]:
    """Return a price that is another one after each edge."""
    bounds = [since, *(edge for edge in edges if since < edge < until), until]
    return [
        PricePart(start, stop, "peak", DUAL, Decimal(n) / 10)
        for n, (start, stop) in enumerate(pairwise(bounds))
    ]


@dataclass(frozen=True)
class Readings:
    """Readings in order; the nearest two around a moment, as the ledger finds them."""

    marks: Sequence[Mark]

    def __call__(self, edge: datetime) -> tuple[Mark | None, Mark | None]:
        n = bisect_right(self.marks, edge, key=lambda mark: mark.time)
        before = self.marks[n - 1] if n else None
        return before, self.marks[n] if n < len(self.marks) else None


def cut(start: Mark, end: Mark, marks: Sequence[Mark], *edges: datetime) -> tuple[EnergySlice, ...]:
    return slice_energy(start, end, parts(start.time, end.time, edges), Readings(marks))


def told(slices: Sequence[EnergySlice]) -> list[tuple[int, int, bool]]:
    return [(one.start_wh, one.end_wh, one.estimated) for one in slices]


START, END = Mark(NIGHT - HOUR, 1_000), Mark(NIGHT + HOUR, 9_000)


@pytest.mark.parametrize(
    ("marks", "slices"),
    [
        pytest.param(
            [Mark(NIGHT, 4_000)],
            [(1_000, 4_000, False), (4_000, 9_000, False)],
            id="a reading at the edge itself",
        ),
        pytest.param(
            [Mark(NIGHT - 4 * SECOND, 4_000), Mark(NIGHT + 6 * SECOND, 4_030)],
            [(1_000, 4_012, False), (4_012, 9_000, False)],
            id="between two readings, on the line between them",
        ),
        pytest.param(
            [Mark(NIGHT - 1 * SECOND, 4_000), Mark(NIGHT + 2 * SECOND, 4_001)],
            [(1_000, 4_000, False), (4_000, 9_000, False)],
            id="rounded down to a whole Wh",
        ),
        pytest.param(
            [Mark(NIGHT - 30 * MINUTE, 4_000), Mark(NIGHT + 30 * MINUTE, 6_000)],
            [(1_000, 5_000, True), (5_000, 9_000, True)],
            id="readings far apart make an estimate",
        ),
        pytest.param(
            [Mark(NIGHT - 30 * MINUTE, 4_000), Mark(NIGHT + 30 * MINUTE, 4_000)],
            [(1_000, 4_000, False), (4_000, 9_000, False)],
            id="unless nothing was used between them",
        ),
        pytest.param(
            [], [(1_000, 5_000, True), (5_000, 9_000, True)], id="no reading: start and end"
        ),
        pytest.param(
            [Mark(NIGHT - MINUTE, 0), Mark(NIGHT + MINUTE, 20_000)],
            [(1_000, 5_000, True), (5_000, 9_000, True)],
            id="readings that cannot be of this session are not used",
        ),
        pytest.param(
            [Mark(NIGHT - 2 * HOUR, 900), Mark(NIGHT + 2 * HOUR, 9_500)],
            [(1_000, 5_000, True), (5_000, 9_000, True)],
            id="nor are those before its start and after its end",
        ),
    ],
)
def test_the_register_at_an_edge(marks, slices):
    assert told(cut(START, END, marks, NIGHT)) == slices


def test_a_slice_in_which_nothing_was_used_is_left_out():
    marks = [Mark(NIGHT + n * SECOND, 1_000) for n in (-1, 1)]
    (one,) = cut(START, END, marks, NIGHT)
    assert (one.since, one.energy_wh, one.estimated) == (NIGHT, 8_000, False)


def test_a_session_that_used_nothing_has_one_slice():
    (one,) = cut(START, Mark(END.time, 1_000), [], NIGHT, NIGHT + MINUTE)
    assert (one.since, one.energy_wh) == (START.time, 0)


def test_what_was_used_before_a_late_start_register_is_in_no_slice():
    late = Mark(NIGHT + 30 * MINUTE, 4_000)
    made = slice_energy(late, END, parts(START.time, END.time, [NIGHT]), Readings([]))
    assert told(made) == [(4_000, 9_000, False)]


def test_a_register_that_was_read_after_the_end_is_that_of_the_end():
    read = Mark(END.time + HOUR, 9_000)
    made = slice_energy(START, read, parts(START.time, END.time, [NIGHT]), Readings([]))
    assert sum(one.energy_wh for one in made) == 8_000


# -- random days -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Day:
    """A session of some hours with what the meter said meanwhile."""

    start: Mark
    end: Mark
    marks: list[Mark]
    edges: list[datetime]
    resolution_wh: int

    def slices(self, marks: Sequence[Mark] | None = None) -> tuple[EnergySlice, ...]:
        """Return the slices by these readings, or by all."""
        return cut(self.start, self.end, self.marks if marks is None else marks, *self.edges)

    def cuts(self, marks: Sequence[Mark] | None = None) -> list[int]:
        """Return the register at each edge, whether anything was used between two or not."""
        found = []
        for edge in self.edges:
            below = [one for one in self.slices(marks) if one.until <= edge and one.energy_wh]
            found.append(below[-1].end_wh if below else self.start.energy_wh)
        return found


def random_day(seed: int, *, steady: bool) -> Day:
    """Return a day of a car that charges by fits and starts, or `steady`."""
    chance = random.Random(seed)
    begin = datetime(2026, 1, 1, tzinfo=UTC) + chance.randrange(365 * 24 * 60) * MINUTE
    resolution = chance.choice([1, 10, 100])
    power_w = chance.choice([0, 1_380, 3_680, 11_040, 22_080])
    register, at, marks = chance.randrange(10**8) * 3600.0, begin, []
    every = chance.choice([7, 10, 30, 60])
    for _ in range(chance.randrange(2, 400)):
        marks.append(Mark(at, int(register // 3600) // resolution * resolution))
        if not steady and chance.random() < 0.02:
            power_w = chance.choice([0, 1_380, 3_680, 11_040, 22_080])
        register += power_w * every
        at += every * SECOND
    edges = sorted(
        {begin + chance.random() * (marks[-1].time - begin) for _ in range(chance.randrange(5))}
    )
    return Day(marks[0], marks[-1], marks, [e for e in edges if begin < e < at], resolution)


days = st.integers(0, 2**63)
thousands = settings(max_examples=2000, deadline=None)


@thousands
@given(days)
def test_the_slices_are_the_end_register_less_the_start_register_and_none_is_negative(seed):
    day = random_day(seed, steady=False)
    slices = day.slices()
    assert sum(one.energy_wh for one in slices) == day.end.energy_wh - day.start.energy_wh
    assert (slices[0].start_wh, slices[-1].end_wh) == (day.start.energy_wh, day.end.energy_wh)
    for one, following in pairwise(slices):
        assert one.end_wh == following.start_wh
        assert one.until <= following.since
    assert all(one.energy_wh >= 0 and one.since < one.until for one in slices)


@thousands
@given(days)
def test_no_slice_used_more_than_the_meter_counted_in_and_about_it(seed):
    day = random_day(seed, steady=False)
    around = Readings(day.marks)
    for one in day.slices():
        before, _ = around(one.since)
        _, after = around(one.until)
        low = day.start if before is None else before
        high = day.end if after is None else after
        assert one.energy_wh <= high.energy_wh - low.energy_wh


@thousands
@given(days)
def test_a_gap_that_no_edge_lies_in_changes_nothing(seed):
    day = random_day(seed, steady=False)
    chance, around = random.Random(seed + 1), Readings(day.marks)
    needed = {mark for edge in day.edges for mark in around(edge)}
    left = [mark for mark in day.marks if mark in needed or chance.random() < 0.3]
    assert day.slices(left) == day.slices()


@thousands
@given(days)
def test_a_gap_in_steady_charging_changes_no_register_by_more_than_the_meters_resolution(seed):
    day = random_day(seed, steady=True)
    chance = random.Random(seed + 1)
    left = [mark for mark in day.marks if chance.random() < 0.1]
    pairs = zip(day.cuts(left), day.cuts(), strict=True)
    assert all(abs(one - other) <= day.resolution_wh for one, other in pairs)


@thousands
@given(days)
def test_a_gap_changes_no_bill_by_more_than_the_meters_resolution_unless_that_is_told(seed):
    """The price goes up by 0.10 per kWh at each edge, so a Wh on the wrong side is 0.0001."""
    day = random_day(seed, steady=False)
    chance = random.Random(seed + 1)
    left = [mark for mark in day.marks if chance.random() < chance.choice([0.1, 0.9])]
    some, every = day.slices(left), day.slices()
    exact = [sum(one.energy_wh * one.per_kwh / 1000 for one in cut) for cut in (some, every)]
    resolution = day.resolution_wh * len(day.edges) * Decimal("0.0001")
    # Of readings less than a minute apart a register is off by what flowed in that minute.
    near = sum(22_080 // 60 for _ in day.edges) * Decimal("0.0001")
    assert abs(exact[0] - exact[1]) <= resolution + near or any(one.estimated for one in some)


@thousands
@given(days)
def test_a_gap_that_may_have_changed_a_slice_is_told(seed):
    day = random_day(seed, steady=False)
    chance = random.Random(seed + 1)
    left = [mark for mark in day.marks if chance.random() < 0.1]
    around, all_around = Readings(left), Readings(day.marks)
    told_of = {edge for one in day.slices(left) if one.estimated for edge in (one.since, one.until)}
    for edge in day.edges:
        before, after = around(edge)
        low, high = before or day.start, after or day.end
        near_low, near_high = all_around(edge)
        assert near_low is not None
        assert near_high is not None
        far = high.time - low.time > MINUTE
        if far and high.energy_wh - low.energy_wh > 0 and edge != low.time:
            used_nothing_about = edge not in {
                bound for one in day.slices(left) for bound in (one.since, one.until)
            }
            assert edge in told_of or used_nothing_about


@thousands
@given(days)
def test_a_flat_price_costs_the_same_sliced_or_not_and_whatever_is_missing(seed):
    day = random_day(seed, steady=False)
    priced = price_parts([FLAT], day.start.time, day.end.time)
    slices = slice_energy(day.start, day.end, priced, Readings([]))
    energy = day.end.energy_wh - day.start.energy_wh
    assert len(slices) == 1
    assert total((one.energy_wh, one.per_kwh) for one in slices) == amount(energy, FLAT)


# -- the days on which the clock changes -----------------------------------------------------------

SUNDAYS = [datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC)]
NIGHTLY = DAL.model_validate(
    {"timezone": "Europe/Amsterdam", "open": [{"days": "daily", "from": "23:00", "to": "07:00"}]}
)


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(SUNDAYS),
    st.integers(-36 * 60, 30 * 60),
    st.integers(1, 40 * 60),
    st.sampled_from([DAL, NIGHTLY]),
)
def test_on_the_days_of_a_clock_change_every_minute_costs_what_its_hour_costs(
    sunday, first, minutes, calendar
):
    """D14, R13, F7: a Wh a second, so a session's off-peak energy is 60 Wh for each such minute."""
    tariff = DUAL.tariff
    assert tariff is not None
    priced_so = replace(tariff, calendar=calendar)
    version = PriceVersion.of(UUID(int=8), DUAL.valid_from, priced_so, "EUR")
    since = sunday + first * MINUTE
    until = since + minutes * MINUTE
    marks = [Mark(since + n * MINUTE, 60 * n) for n in range(minutes + 1)]
    priced = price_parts([version], since, until)
    slices = slice_energy(marks[0], marks[-1], priced, Readings(marks))
    hours = calendar.calendar("UTC")
    off_peak = sum(hours.is_open(since + n * MINUTE) for n in range(minutes))
    assert sum(one.energy_wh for one in slices if one.kind == "off-peak") == 60 * off_peak
    assert not any(one.estimated for one in slices)
