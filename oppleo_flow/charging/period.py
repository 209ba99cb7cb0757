"""A period of whole local days, as the half-open interval of UTC that it is in a zone."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Self
from zoneinfo import ZoneInfo

from oppleo_flow.charging.month import YEARS, Month

_DAY = timedelta(days=1)
_RANGE = re.compile(r"(\d{4}-\d\d-\d\d)_(\d{4}-\d\d-\d\d)")


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """The days from `first` until, and without, `until`.

    `str` gives `2026-01` for a month, `2026` for a year, else `2026-01-05_2026-02-10`.
    """

    first: date
    until: date

    def __post_init__(self) -> None:
        """Refuse a period without a day."""
        if self.until <= self.first:
            raise ValueError(
                f"a period ends after it begins, got {self.first.isoformat()} until "
                f"{self.until.isoformat()}"
            )

    @classmethod
    def of_month(cls, month: Month) -> Self:
        """Return a calendar month."""
        after = month.next()
        return cls(date(month.year, month.month, 1), date(after.year, after.month, 1))

    @classmethod
    def of_year(cls, year: int) -> Self:
        """Return a calendar year."""
        return cls(date(year, 1, 1), date(year + 1, 1, 1))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the period that `str` wrote so.

        Raises:
            ValueError: It is none.
        """
        if re.fullmatch(r"\d{4}", text) and int(text) in YEARS:
            return cls.of_year(int(text))
        found = _RANGE.fullmatch(text)
        if found is None:
            return cls.of_month(Month.parse(text))
        return cls(date.fromisoformat(found[1]), date.fromisoformat(found[2]))

    @property
    def is_year(self) -> bool:
        """Return whether it is a calendar year."""
        return self.first.year in YEARS and self == Period.of_year(self.first.year)

    @property
    def is_month(self) -> bool:
        """Return whether it is a calendar month."""
        return self == Period.of_month(Month(self.first.year, self.first.month))

    def previous(self) -> Self:
        """Return the month before a month, the year before a year, else as many days before."""
        if self.is_month:
            return type(self).of_month(Month(self.first.year, self.first.month).previous())
        if self.is_year:
            return type(self).of_year(self.first.year - 1)
        return type(self)(self.first - (self.until - self.first), self.first)

    def bounds(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """Return its first instant and the first one after it, in UTC."""
        return _midnight(self.first, zone), _midnight(self.until, zone)

    def days(self) -> Iterator[date]:
        """Yield its days."""
        day = self.first
        while day < self.until:
            yield day
            day += _DAY

    def __str__(self) -> str:
        if self.is_month:
            return f"{self.first:%Y-%m}"
        return f"{self.first:%Y}" if self.is_year else f"{self.first}_{self.until}"


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)
