"""What every format of a statement is drawn from, and how it writes values down."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

from oppleo_flow.charging.issued import Issued
from oppleo_flow.charging.statement import Statement
from oppleo_flow.immutable import immutable
from oppleo_flow.wording import Wording

Cell = str | int | Decimal | datetime | None
"""A value in a report: a kWh or money as a decimal, a time as local time with its offset."""

_MOST_DAYS = 62


@immutable
class Document:
    """A statement in a language; a preview has not been issued."""

    statement: Statement
    say: Wording
    issued: Issued | None = None

    @property
    def title(self) -> str:
        """Return what it is called."""
        name = "preview" if self.issued is None else "title"
        return self.say(f"statement.{name}")

    @property
    def subject(self) -> str:
        """Return which one it is."""
        of = self.statement.heading
        if self.issued is None:
            return f"{of.charge_point} {of.period}"
        return f"{self.issued.number} v{self.issued.version}"


def kwh(energy_wh: int | None) -> Decimal | None:
    """Return Wh as kWh, exact to the Wh."""
    return None if energy_wh is None else Decimal(energy_wh).scaleb(-3)


def plain(text: str) -> str:
    """Return text without control characters, which no format may hold."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def offset_text(at: datetime) -> str:
    """Return how far a local time is from UTC: `+02:00`."""
    offset = at.strftime("%z")
    return f"{offset[:3]}:{offset[3:5]}"


def time_text(at: datetime) -> str:
    """Return a local time as a person reads it, with its offset from UTC."""
    return f"{at.isoformat(' ', 'minutes')[:16]} {offset_text(at)}"


def cell_text(cell: Cell, say: Wording) -> str:
    """Return a value as a person of a language reads it; what is unknown is a dash."""
    if cell is None:
        return "–"
    if isinstance(cell, datetime):
        return time_text(cell)
    return say.number(cell) if isinstance(cell, Decimal) else str(cell)


@immutable
class EnergyBars:
    """The energy of each day of a period, in Wh; without `by_day` of each month, by its first."""

    by_day: bool
    used_wh: Mapping[date, int]


def energy_bars(statement: Statement) -> EnergyBars:
    """Return the energy of each day of the period, of each month where it has too many days.

    A session counts for the day on which it ended, as it does for the statement.
    """
    of = statement.heading
    by_day = (of.period.until - of.period.first).days <= _MOST_DAYS
    bars = {day if by_day else day.replace(day=1): 0 for day in of.period.days()}
    for line in statement.lines:
        if line.ended_at is not None and line.energy_wh is not None:
            day = line.ended_at.astimezone(of.zone).date()
            bars[day if by_day else day.replace(day=1)] += line.energy_wh
    return EnergyBars(by_day, bars)
