"""A calendar month of a zone, as the half-open interval of UTC that it is."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self
from zoneinfo import ZoneInfo

YEARS = range(2000, 3000)
"""What a year that is written down may be: another is a slip, and would only list nothing."""


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A calendar month; `str` gives YYYY-MM."""

    year: int
    month: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the month that `text`, YYYY-MM, names.

        Raises:
            ValueError: It names none.
        """
        found = re.fullmatch(r"(\d{4})-(0[1-9]|1[0-2])", text)
        if found is None or int(found[1]) not in YEARS:
            raise ValueError(f"a month such as 2026-01 is needed, got {text!r}")
        return cls(int(found[1]), int(found[2]))

    @classmethod
    def of(cls, at: datetime, zone: ZoneInfo) -> Self:
        """Return the month that an instant lies in."""
        local = at.astimezone(zone)
        return cls(local.year, local.month)

    def next(self) -> "Month":
        """Return the month after this one."""
        return Month(self.year + self.month // 12, self.month % 12 + 1)

    def previous(self) -> "Month":
        """Return the month before this one."""
        return Month(self.year - (self.month == 1), (self.month - 2) % 12 + 1)

    def start(self, zone: ZoneInfo) -> datetime:
        """Return the UTC instant of its first local midnight."""
        return datetime(self.year, self.month, 1, tzinfo=zone).astimezone(UTC)

    def bounds(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """Return its first instant and the first one after it, in UTC."""
        return self.start(zone), self.next().start(zone)

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"
