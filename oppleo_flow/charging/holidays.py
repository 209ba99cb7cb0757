"""The days on which Dutch suppliers charge the off-peak price all day.

An allow-list by rule: Good Friday and Liberation Day are holidays too and are not on it.
"""

from datetime import date, timedelta


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


def dutch_off_peak_days(year: int) -> frozenset[date]:
    """Return the holidays of one year that are off-peak all day."""
    sunday = easter(year)
    kings_day = date(year, 4, 27)
    if kings_day.weekday() == 6:
        kings_day -= timedelta(days=1)
    return frozenset(
        {
            date(year, 1, 1),
            sunday + timedelta(days=1),  # Easter Monday
            kings_day,
            sunday + timedelta(days=39),  # Ascension Day
            sunday + timedelta(days=50),  # Whit Monday
            date(year, 12, 25),
            date(year, 12, 26),
        }
    )


def no_holidays(year: int) -> frozenset[date]:
    """Return no day: the weekly windows alone decide."""
    return frozenset()
