from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from nodes.charging.offpeak_gate import OffpeakGateConfig
from oppleo_flow.charging.calendar_rules import CalendarRules, SiteCalendars
from oppleo_flow.charging.holidays import dutch_off_peak_days, parse_holidays, together
from oppleo_flow.errors import ConfigError
from oppleo_flow.options import SITE_NAMES

NIGHT = {"days": "mon-fri", "from": "23:00", "to": "07:00"}
WEEKEND = {"days": "sat,sun", "from": "00:00", "to": "24:00"}


def rules(**settings) -> CalendarRules:
    return CalendarRules.model_validate({"open": [NIGHT, WEEKEND]} | settings)


@pytest.mark.parametrize(
    ("text", "year", "days"),
    [
        pytest.param("12-31", 2026, [date(2026, 12, 31)], id="a day of every year"),
        pytest.param("2026-05-15", 2026, [date(2026, 5, 15)], id="one day"),
        pytest.param("2026-05-15", 2027, [], id="which does not come again"),
        pytest.param("02-29", 2028, [date(2028, 2, 29)], id="the leap day"),
        pytest.param("02-29", 2027, [], id="which most years do not have"),
        pytest.param("easter", 2026, [date(2026, 4, 5)], id="Easter Sunday"),
        pytest.param("easter-2", 2026, [date(2026, 4, 3)], id="Good Friday"),
        pytest.param("easter+60", 2026, [date(2026, 6, 4)], id="Corpus Christi"),
    ],
)
def test_a_rule_gives_the_days_of_any_year(text, year, days):
    assert list(parse_holidays(text)(year)) == days


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(
            "maandag",
            "nl-off-peak, a day such as 12-31 or 2026-05-15, or one such as easter+1 is needed",
            id="a word",
        ),
        pytest.param("13-01", "'13-01' is not a day of any year", id="a month that is none"),
        pytest.param("2026-02-29", "'2026-02-29' is not a day of any year", id="no leap year"),
    ],
)
def test_what_is_no_rule_is_refused(text, message):
    with pytest.raises(ValidationError) as error:
        rules(holidays=[text])
    assert [found["msg"] for found in error.value.errors()] == [f"Value error, {message}"]


def test_one_rule_needs_no_list_and_none_is_no_day():
    assert rules(holidays="nl-off-peak").holidays == ("nl-off-peak",)
    assert rules(holidays="none").holidays == ()


def test_of_two_rules_for_one_day_the_first_names_it():
    both = together([dutch_off_peak_days, parse_holidays("12-25")])
    assert both(2026)[date(2026, 12, 25)] == "Christmas Day"


def test_the_dutch_list_is_there_in_any_year_ahead():
    """F7.12: a hard-coded table ends on some first of January; a rule does not."""
    names = set(dutch_off_peak_days(2026).values())
    for year in range(2026, 2126):
        assert set(dutch_off_peak_days(year).values()) == names
        assert len(dutch_off_peak_days(year)) == 7


def test_the_zone_is_the_sites_unless_the_calendar_names_one():
    noon = datetime(2026, 1, 15, 22, 30, tzinfo=UTC)
    assert rules().calendar("Europe/Amsterdam").is_open(noon)
    assert not rules().calendar("UTC").is_open(noon)
    assert rules(timezone="Europe/Amsterdam").calendar("UTC").is_open(noon)


def test_a_calendar_that_is_not_there_is_named_with_those_that_are():
    calendars = SiteCalendars({"dal": rules()})
    with pytest.raises(ConfigError) as error:
        calendars.named("nacht")
    assert str(error.value) == ("no calendar 'nacht' under `calendars:` in oppleo.yaml; known: dal")


def test_a_name_is_checked_where_the_site_is_known():
    gate = {"calendar": "nacht"}
    assert OffpeakGateConfig.model_validate(gate).calendar == "nacht"
    with pytest.raises(ValidationError) as error:
        OffpeakGateConfig.model_validate(gate, context={SITE_NAMES: lambda kind: {"dal"}})
    assert "no calendar 'nacht'" in str(error.value)


minutes = st.integers(0, 1439)


@st.composite
def calendars(draw) -> CalendarRules:
    start, stop = draw(minutes), draw(minutes)
    days = draw(st.sampled_from(["daily", "mon-fri", "sat,sun", "wed"]))
    window = {
        "days": days,
        "from": f"{start // 60:02d}:{start % 60:02d}",
        "to": "24:00" if stop == start else f"{stop // 60:02d}:{stop % 60:02d}",
    }
    return rules(open=[window], holidays=draw(st.sampled_from(["none", "nl-off-peak", "easter+1"])))


@settings(max_examples=100, deadline=None)
@given(calendars(), st.integers(0, 365 * 24 * 60))
def test_what_is_written_down_says_the_same_when_it_is_read_again(calendar, minute):
    written = calendar.written("Europe/Amsterdam")
    again = CalendarRules.model_validate(written)
    at = datetime.fromtimestamp(1_767_225_600 + 60 * minute, UTC)
    # Written with its zone, so that it does not matter where it is read.
    assert again.calendar("UTC").is_open(at) == calendar.calendar("Europe/Amsterdam").is_open(at)
