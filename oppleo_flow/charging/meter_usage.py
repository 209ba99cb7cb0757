"""What a meter counted in a month or a year, and how much of that is known.

A month begins with the register at its first instant.  Where nobody knows that, as in the month in
which the meter was first read, it begins with the first register that is known, and says so: it is
never taken to have begun at 0.
"""

from collections.abc import Iterable
from datetime import datetime

from oppleo_flow.immutable import immutable
from oppleo_flow.payloads import MeterReading


@immutable
class Counted:
    """The registers of a meter at the edges of a time, None where they are not known.

    `first` and `last` are its first and its last reading in between, None without any.
    """

    opening_wh: int | None
    closing_wh: int | None
    first: MeterReading | None
    last: MeterReading | None

    @property
    def is_one_meter(self) -> bool:
        """Return whether one and the same meter was read at the beginning and at the end."""
        if self.first is None or self.last is None or self.first.serial != self.last.serial:
            return False
        opening_wh, closing_wh = self._ends(self.first, self.last)
        return opening_wh <= closing_wh

    def _ends(self, first: MeterReading, last: MeterReading) -> tuple[int, int]:
        opening_wh, closing_wh = self.opening_wh, self.closing_wh
        return (
            first.energy_import_wh if opening_wh is None else opening_wh,
            last.energy_import_wh if closing_wh is None else closing_wh,
        )

    def used(self, known_wh: int) -> "Used":
        """Return what was used; `known_wh` is what was counted while the meter was heard."""
        if self.first is None or self.last is None:
            return Used(None if known_wh == 0 else known_wh, None, None, exchanged=False)
        since = self.first.time if self.opening_wh is None else None
        until = self.last.time if self.closing_wh is None else None
        if not self.is_one_meter:
            return Used(known_wh, since, until, exchanged=True)
        opening_wh, closing_wh = self._ends(self.first, self.last)
        return Used(closing_wh - opening_wh, since, until, exchanged=False)


@immutable
class Used:
    """The energy of a time, None where nothing is known of it.

    `since` is when the meter was first read in it and `until` when last, where the registers at its
    edges are not known; an `exchanged` meter leaves a time of which nothing is known.
    """

    energy_wh: int | None
    since: datetime | None
    until: datetime | None
    exchanged: bool

    @property
    def is_whole(self) -> bool:
        """Return whether it is the energy of all of the time, not of a part of it."""
        edges_known = self.since is None and self.until is None
        return self.energy_wh is not None and edges_known and not self.exchanged


def total_wh(parts: Iterable[Used]) -> int | None:
    """Return the sum of what is known, None where nothing is."""
    known = [one.energy_wh for one in parts if one.energy_wh is not None]
    return sum(known) if known else None
