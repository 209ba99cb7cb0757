"""Times that a clock showed which says nothing of its zone, as moments.

In autumn an hour comes twice: what it shows is two moments.  In spring one never comes: a clock
that goes by itself does not show it, but people write such times.
"""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from oppleo_flow.immutable import immutable

_HOUR_CHARACTERS = len("2023-10-29 02")
_LAST_OF_HOUR = timedelta(minutes=59, seconds=59)


@immutable
class Meant:
    """What a time on the clock means.

    `second` is the other moment at which it was shown; None: there is none.  `exists` is false for
    a time that the clock never showed; `first` is then what one shows that was not put forward.
    """

    first: datetime
    second: datetime | None = None
    exists: bool = True

    def after(self, before: datetime | None) -> datetime:
        """Return the one of two moments that does not lie before another, which came earlier."""
        if self.second is None or before is None:
            return self.first
        # A moment that lies later than both was by another clock, and says nothing.
        return (
            self.second if self.first < before <= self.second + timedelta(hours=1) else self.first
        )


class LocalClock:
    """The clock of a machine in one zone."""

    def __init__(self, zone: ZoneInfo) -> None:
        self.zone = zone
        self._hour = ""
        self._offset: timedelta | None = None

    def meant(self, shown: datetime) -> Meant:
        """Return what a time means that has no zone; one that has one means itself.

        Raises:
            OverflowError: It is at the end of all times.
        """
        if shown.tzinfo is not None:
            return Meant(shown.astimezone(UTC))
        first, second = (self._utc(shown, fold) for fold in (0, 1))
        if first == second:
            return Meant(first)
        if first < second:
            return Meant(first, second)
        return Meant(first, exists=False)

    def quickly(self, text: str) -> datetime | None:
        """Return the moment of a time as PostgreSQL writes it, if it has one and only one.

        Times mostly come in their order, so the last hour is remembered.
        """
        hour = text[:_HOUR_CHARACTERS]
        if hour != self._hour:
            self._hour, self._offset = hour, self._offset_of(f"{hour}:00:00")
        if self._offset is None:
            return None
        try:
            shown = datetime.fromisoformat(text)
        except ValueError:
            return None
        return None if shown.tzinfo is not None else shown.replace(tzinfo=UTC) - self._offset

    def _offset_of(self, hour: str) -> timedelta | None:
        """Return how far the zone is from UTC all through an hour; None if that changes."""
        try:
            shown = datetime.fromisoformat(hour)
            found = {
                at.replace(tzinfo=self.zone, fold=fold).utcoffset()
                for at in (shown, shown + _LAST_OF_HOUR)
                for fold in (0, 1)
            }
        except (ValueError, OverflowError):
            return None
        return found.pop() if len(found) == 1 else None

    def _utc(self, shown: datetime, fold: int) -> datetime:
        return shown.replace(tzinfo=self.zone, fold=fold).astimezone(UTC)
