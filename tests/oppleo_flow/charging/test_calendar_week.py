import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oppleo_flow.charging.calendar import Window, parse_days
from oppleo_flow.charging.calendar_week import DAY, Placed, days_text, joined, week_of, with_week

NIGHTS = Window(parse_days("mon-fri"), 23 * 60, 7 * 60)
WEEKEND = Window(parse_days("sat,sun"), 0, DAY)
WHOLE = ((0, DAY),)


def painted(windows, **days):
    """Return the week of some windows with other days."""
    names = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    return tuple(days.get(name, spans) for name, spans in zip(names, week_of(windows), strict=True))


def said(placed):
    return [
        (one.was, days_text(one.window.days), one.window.from_minute, one.window.to_minute)
        for one in placed
    ]


def test_the_week_of_windows_is_when_each_day_is_open():
    night = ((0, 420), (1380, DAY))
    assert week_of([NIGHTS, WEEKEND]) == (*[night] * 5, WHOLE, WHOLE)
    assert week_of([Window(parse_days("mon"), 600, 0)])[0] == ((600, DAY),)
    assert week_of([]) == ((),) * 7


@pytest.mark.parametrize(
    ("days", "after"),
    [
        pytest.param({}, [(0, "mon-fri", 1380, 420), (1, "sat,sun", 0, DAY)], id="the same"),
        pytest.param({"sat": ()}, [(0, "mon-fri", 1380, 420), (1, "sun", 0, DAY)], id="a day less"),
        pytest.param(
            {"fri": WHOLE},
            [(0, "mon-thu", 1380, 420), (1, "fri-sun", 0, DAY)],
            id="a day more",
        ),
        pytest.param(
            {"sat": ((0, 480),), "sun": ((0, 480),)},
            [(0, "mon-fri", 1380, 420), (None, "sat,sun", 0, 480)],
            id="other hours",
        ),
        pytest.param(
            {"wed": ((0, 420), (780, 900), (1320, DAY))},
            [
                (0, "mon,tue,thu,fri", 1380, 420),
                (1, "sat,sun", 0, DAY),
                (None, "wed", 780, 900),
                (None, "wed", 1320, 420),
            ],
            id="a day of its own",
        ),
    ],
)
def test_no_more_windows_change_than_the_days_that_were_painted(days, after):
    windows = [NIGHTS, WEEKEND]
    assert said(with_week(windows, painted(windows, **days))) == after


def test_a_window_that_only_one_day_had_stays_where_it_is():
    windows = [Window(parse_days("sun"), 0, DAY), NIGHTS]
    after = with_week(windows, painted(windows, sat=WHOLE))
    assert after == [Placed(Window(parse_days("sat,sun"), 0, DAY), 0), Placed(NIGHTS, 1)]


@st.composite
def spans_of_a_day(draw):
    edges = draw(st.lists(st.integers(0, 96), max_size=8, unique=True))
    edges = sorted(edges)[: len(edges) // 2 * 2]
    return tuple(
        (start * 15, stop * 15) for start, stop in zip(edges[::2], edges[1::2], strict=True)
    )


def window(days, start, stop):
    return Window(days, start, stop)


WINDOWS = st.lists(
    st.builds(
        window,
        st.frozensets(st.integers(0, 6), min_size=1),
        st.integers(0, 95).map(lambda quarter: quarter * 15),
        st.integers(0, 95).map(lambda quarter: quarter * 15 + 5),
    ),
    max_size=4,
)
WEEKS = st.tuples(*[spans_of_a_day()] * 7)


@settings(max_examples=60)
@given(WINDOWS, WEEKS)
def test_the_windows_say_the_very_week_that_was_painted(windows, week):
    after = with_week(windows, week)
    assert week_of(one.window for one in after) == tuple(map(joined, week))


@settings(max_examples=40)
@given(WINDOWS)
def test_who_paints_nothing_changes_nothing(windows):
    after = with_week(windows, week_of(windows))
    assert after == [Placed(one, number) for number, one in enumerate(windows)]


@given(st.frozensets(st.integers(0, 6), min_size=1))
def test_weekdays_are_read_back_as_they_are_written(days):
    assert parse_days(days_text(days)) == days


@pytest.mark.parametrize("spans", [[(0, 0)], [(60, 30)], [(-1, 30)], [(0, DAY + 1)]])
def test_what_is_no_part_of_a_day_is_refused(spans):
    with pytest.raises(ValueError, match="a part of a day, from 0 to 1440 minutes, is needed"):
        joined(spans)
