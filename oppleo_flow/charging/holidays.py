"""Days on which a calendar is open all day, as rules that hold for any year.

A rule is a function from a year to its days and what each is called.  The list of the Dutch
suppliers is built in; it is an allow-list: Good Friday and Liberation Day are holidays too and are
not on it.  `parse_holidays` reads the rules that a person writes.
"""

import functools
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta

Holidays = Callable[[int], Mapping[date, str]]
"""The days of a year, and what each is called."""

_EASTER = re.compile(r"easter(?:([+-])(\d{1,3}))?")
_EVERY_YEAR = re.compile(r"(\d{2})-(\d{2})")
_ONCE = re.compile(r"\d{4}-\d{2}-\d{2}")
_LEAP_YEAR = 2000


def easter(year: int) -> date:
    """Return Easter Sunday of a year of the Gregorian calendar.

    Source:
        The "anonymous Gregorian" computus, Nature, 20 April 1876; Meeus, Astronomical
        Algorithms, chapter 8.
    """
    century, year_of_century = divmod(year, 100)
    golden = year % 19
    leap_centuries, century_rest = divmod(century, 4)
    moon_shift = (century - (century + 8) // 25 + 1) // 3
    epact = (19 * golden + century - leap_centuries - moon_shift + 15) % 30
    leap_years, year_rest = divmod(year_of_century, 4)
    to_sunday = (32 + 2 * century_rest + 2 * leap_years - epact - year_rest) % 7
    late = (golden + 11 * epact + 22 * to_sunday) // 451
    month, day = divmod(epact + to_sunday - 7 * late + 114, 31)
    return date(year, month, day + 1)


def dutch_off_peak_days(year: int) -> Mapping[date, str]:
    """Return the holidays of one year that Dutch suppliers count as off-peak all day."""
    sunday = easter(year)
    kings_day = date(year, 4, 27)
    if kings_day.weekday() == 6:
        kings_day -= timedelta(days=1)
    return {
        date(year, 1, 1): "New Year's Day",
        sunday + timedelta(days=1): "Easter Monday",
        kings_day: "King's Day",
        sunday + timedelta(days=39): "Ascension Day",
        sunday + timedelta(days=50): "Whit Monday",
        date(year, 12, 25): "Christmas Day",
        date(year, 12, 26): "Second day of Christmas",
    }


def no_holidays(year: int) -> Mapping[date, str]:
    """Return no day: the weekly windows alone decide."""
    return {}


def parse_holidays(text: str) -> Holidays:
    """Return the rule that a text names.

    `nl-off-peak` is the Dutch list; `12-31` a day of every year; `2026-05-15` one day;
    `easter+39` so many days after Easter Sunday, `easter-2` before it.

    Raises:
        ValueError: It names none.
    """
    if text == "nl-off-peak":
        return dutch_off_peak_days
    if found := _EASTER.fullmatch(text):
        days = timedelta(days=int((found[1] or "") + (found[2] or "0")))
        return lambda year: {easter(year) + days: text}
    try:
        if _ONCE.fullmatch(text):
            day = date.fromisoformat(text)
            return lambda year: {day: text} if day.year == year else {}
        if found := _EVERY_YEAR.fullmatch(text):
            # The 29th of February is one, and comes every fourth year.
            return _every_year(date(_LEAP_YEAR, int(found[1]), int(found[2])), text)
    except ValueError:
        raise ValueError(f"{text!r} is not a day of any year") from None
    raise ValueError(
        "nl-off-peak, a day such as 12-31 or 2026-05-15, or one such as easter+1 is needed"
    )


def _every_year(day: date, text: str) -> Holidays:
    def days(year: int) -> Mapping[date, str]:
        try:
            return {day.replace(year=year): text}
        except ValueError:
            return {}

    return days


def together(rules: Iterable[Holidays]) -> Holidays:
    """Return the rule of all days of several; of two names for one day the first."""
    all_rules = tuple(rules)

    @functools.lru_cache(maxsize=8)
    def days(year: int) -> Mapping[date, str]:
        found: dict[date, str] = {}
        for rule in all_rules:
            found = {**rule(year), **found}
        return found

    return days
