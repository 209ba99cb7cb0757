from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oppleo_flow.charging.calendar import Calendar, Window, parse_days, parse_time_of_day
from oppleo_flow.charging.holidays import dutch_off_peak_days

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
NIGHT = Window(parse_days("mon-fri"), parse_time_of_day("23:00"), parse_time_of_day("07:00"))
WEEKEND = Window(parse_days("sat,sun"), 0, parse_time_of_day("24:00"))
DUTCH = Calendar(AMSTERDAM, (NIGHT, WEEKEND), dutch_off_peak_days)


def local(text: str, fold: int = 0) -> datetime:
    """Return a local time of Amsterdam as UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=AMSTERDAM, fold=fold).astimezone(UTC)


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("mon-fri", {0, 1, 2, 3, 4}),
        ("sat,sun", {5, 6}),
        ("sat, sun", {5, 6}),
        ("fri-mon", {4, 5, 6, 0}),
        ("wed", {2}),
        ("mon,wed-thu", {0, 2, 3}),
        ("daily", {0, 1, 2, 3, 4, 5, 6}),
    ],
)
def test_weekdays_are_read(text, days):
    assert parse_days(text) == days


@pytest.mark.parametrize("text", ["", "ma-vr", "mon-", "-fri", "mon;tue", "monday", "mon,"])
def test_what_is_no_weekday_is_refused(text):
    """§4 of the original: a row with a Dutch weekday is taken, and never matches."""
    with pytest.raises(
        ValueError, match=r"^weekdays such as mon-fri, sat,sun or daily are needed$"
    ):
        parse_days(text)


@pytest.mark.parametrize(
    ("text", "minute"),
    [("00:00", 0), ("07:00", 420), ("7:00", 420), ("23:59", 1439), ("24:00", 1440)],
)
def test_a_time_of_day_is_read(text, minute):
    assert parse_time_of_day(text) == minute


@pytest.mark.parametrize("text", ["007:00", "24:01", "25:00", "12:60", "07:00:00", "1380", ""])
def test_what_is_no_time_of_day_is_refused(text):
    message = r"^a time of day such as 07:00, or 24:00 for the day's end, is needed$"
    with pytest.raises(ValueError, match=message):
        parse_time_of_day(text)


@pytest.mark.parametrize(("start", "stop"), [(0, 0), (600, 600), (1440, 420), (1440, 1440)])
def test_a_window_that_could_mean_all_or_nothing_is_refused(start, stop):
    with pytest.raises(ValueError, match=r"^from and to must differ and from must be before 24:00"):
        Window(parse_days("daily"), start, stop)


@pytest.mark.parametrize(
    ("at", "is_open"),
    [
        pytest.param("2026-01-14T22:59:59", False, id="a second before the evening edge"),
        pytest.param("2026-01-14T23:00:00", True, id="the evening edge itself"),
        pytest.param("2026-01-14T23:59:59.999999", True, id="the last moment of the day"),
        pytest.param("2026-01-15T00:00:00", True, id="midnight"),
        pytest.param("2026-01-15T06:59:59.999999", True, id="the last moment of the night"),
        pytest.param("2026-01-15T07:00:00", False, id="the morning edge itself"),
        pytest.param("2026-01-16T23:30:00", True, id="Friday evening, by the night's rule"),
        pytest.param("2026-01-17T00:00:00", True, id="Saturday, by the weekend's rule"),
        pytest.param("2026-01-18T23:59:59", True, id="the last second of Sunday"),
        pytest.param("2026-01-19T03:00:00", True, id="Monday's early hours are Monday's"),
        pytest.param("2026-01-01T12:00:00", True, id="noon of a holiday"),
        pytest.param("2026-01-02T12:00:00", False, id="noon of the day after"),
    ],
)
def test_dutch_off_peak_hours(at, is_open):
    """R13 of the original: a minute of peak before each midnight, and ends that count too."""
    assert DUTCH.is_open(local(at)) is is_open


@pytest.mark.parametrize(
    ("after", "edge"),
    [
        pytest.param("2026-01-14T12:00", "2026-01-14T23:00", id="opens this evening"),
        pytest.param("2026-01-14T23:00", "2026-01-15T07:00", id="an edge is not its own next one"),
        pytest.param("2026-01-16T23:00", "2026-01-19T07:00", id="no seam at the weekend"),
        pytest.param("2026-12-24T23:00", "2026-12-28T07:00", id="Christmas joins the weekend"),
        pytest.param("2025-12-31T12:00", "2025-12-31T23:00", id="the year's end"),
        pytest.param("2025-12-31T23:00", "2026-01-02T07:00", id="New Year's Day is a holiday"),
    ],
)
def test_the_next_edge_of_dutch_off_peak_hours(after, edge):
    assert DUTCH.next_edge(local(after)) == local(edge)


def test_the_night_in_which_the_clock_goes_forward_is_an_hour_short():
    calendar = Calendar(AMSTERDAM, (Window(parse_days("daily"), 23 * 60, 7 * 60),))
    evening = local("2026-03-28T23:00")
    edge = calendar.next_edge(evening)
    assert edge == local("2026-03-29T07:00")
    assert edge - evening == timedelta(hours=7)


def test_the_night_in_which_the_clock_goes_back_is_an_hour_long():
    calendar = Calendar(AMSTERDAM, (Window(parse_days("daily"), 23 * 60, 7 * 60),))
    evening = local("2026-10-24T23:00")
    edge = calendar.next_edge(evening)
    assert edge == local("2026-10-25T07:00")
    assert edge - evening == timedelta(hours=9)


def test_an_hour_that_comes_twice_opens_twice():
    calendar = Calendar(AMSTERDAM, (Window(parse_days("daily"), 2 * 60 + 30, 3 * 60),))
    edges = [local("2026-10-25T00:00")]
    for _ in range(4):
        edges.append(calendar.next_edge(edges[-1]))
    assert edges[1:] == [
        local("2026-10-25T02:30", fold=0),
        local("2026-10-25T02:00", fold=1),
        local("2026-10-25T02:30", fold=1),
        local("2026-10-25T03:00"),
    ]


def test_a_window_within_the_hour_that_is_left_out_stays_shut_that_day():
    calendar = Calendar(AMSTERDAM, (Window(parse_days("daily"), 2 * 60 + 10, 2 * 60 + 50),))
    assert calendar.next_edge(local("2026-03-29T00:00")) == local("2026-03-30T02:10")


def test_windows_that_touch_or_overlap_are_one():
    """§13.4 of the original: adjacent or overlapping rows crash its settings page."""
    daily = parse_days("daily")
    spans = ((0, 6 * 60), (6 * 60, 8 * 60), (7 * 60, 9 * 60))
    calendar = Calendar(AMSTERDAM, tuple(Window(daily, *span) for span in spans))
    midnight = local("2026-01-14T00:00")
    assert calendar.is_open(midnight)
    assert calendar.next_edge(midnight) == local("2026-01-14T09:00")


def test_a_calendar_that_never_changes_has_no_edge():
    always = Calendar(AMSTERDAM, (Window(parse_days("daily"), 0, 1440),))
    assert always.next_edge(local("2026-01-14T12:00")) is None
    assert Calendar(AMSTERDAM, ()).next_edge(local("2026-01-14T12:00")) is None


def test_a_calendar_of_holidays_alone_opens_on_the_next_one():
    calendar = Calendar(AMSTERDAM, (), dutch_off_peak_days)
    assert calendar.next_edge(local("2026-05-26T00:00")) == local("2026-12-25T00:00")
    assert calendar.next_edge(local("2026-12-25T00:00")) == local("2026-12-27T00:00")


windows = st.builds(
    Window,
    st.frozensets(st.integers(0, 6), min_size=1),
    st.integers(0, 23 * 4).map(lambda quarter: quarter * 15),
    st.integers(0, 96).map(lambda quarter: quarter * 15 + 7).filter(lambda minute: minute < 1440),
)
DAY = 24 * 60
moments = st.one_of(
    st.integers(85 * DAY, 88 * DAY),  # about 29 March, when the clock goes forward
    st.integers(295 * DAY, 299 * DAY),  # about 25 October, when it goes back
    st.integers(0, 365 * DAY),
).map(lambda minute: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minute))


@settings(max_examples=60, deadline=None)
@given(
    windows=st.lists(windows, min_size=1, max_size=3).map(tuple),
    after=moments,
    zone=st.sampled_from(["Europe/Amsterdam", "America/Sao_Paulo", "Australia/Lord_Howe"]),
)
def test_nothing_changes_before_the_next_edge_and_something_does_there(windows, after, zone):
    calendar = Calendar(ZoneInfo(zone), windows)
    edge = calendar.next_edge(after)
    minutes = 8 * 1440 if edge is None else int((edge - after).total_seconds() // 60)
    states = {calendar.is_open(after + timedelta(minutes=n)) for n in range(minutes)}
    assert len(states) <= 1
    if edge is not None:
        assert calendar.is_open(edge) is not calendar.is_open(after)


def test_the_day_after_a_holiday_in_another_year_is_found():
    calendar = Calendar(AMSTERDAM, (), lambda year: {date(year, 1, 1): "New Year"})
    assert calendar.next_edge(local("2026-01-02T00:00")) == local("2027-01-01T00:00")
