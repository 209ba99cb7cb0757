"""The statement of a month: its sessions, what they sum up to, and the meter beside it.

A session belongs to the month in which it ended, so it is on exactly one statement, whenever that
is made.  Totals are sums of rounded lines.  The reconciliation says how the meter's own register
went through the month, and what of that is on no session.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal
from zoneinfo import ZoneInfo

from oppleo_flow.charging.month import Month
from oppleo_flow.charging.record import SessionRecord

_NOTHING = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class Register:
    """The import register of a meter at one moment."""

    time: datetime
    energy_wh: int
    serial: str | None


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """The way from the meter's opening register to its closing one.

    closing - opening = sessions - before + unfinished + unattributed, where `sessions_wh` is the
    energy of the lines, `before_wh` the part of it that is not between the two, such as what was
    used before the opening register was read, and `unfinished_wh` what sessions on other statements
    used in between.
    """

    opening: Register
    closing: Register
    sessions_wh: int
    before_wh: int
    unfinished_wh: int

    @property
    def unattributed_wh(self) -> int:
        """Return what the meter counted and no session explains."""
        counted = self.closing.energy_wh - self.opening.energy_wh
        return counted - self.sessions_wh + self.before_wh - self.unfinished_wh


@dataclass(frozen=True, slots=True)
class CardTotal:
    """What the sessions of one label, or of one driver, vehicle or cost centre, sum up to."""

    label: str
    sessions: int
    energy_wh: int
    total: Decimal


@dataclass(frozen=True, slots=True)
class Heading:
    """What a statement is of; `simulated` when no energy really flowed."""

    charge_point: str
    month: Month
    zone: ZoneInfo
    currency: str
    created_at: datetime
    simulated: bool = False


@dataclass(frozen=True, slots=True)
class Statement:
    """Everything that a report of one month shows.

    `unfinished` counts the sessions that began before the month's end and did not end in it.
    `reconciliation` is None when the registers do not allow one.
    """

    heading: Heading
    lines: tuple[SessionRecord, ...]
    unfinished: int
    reconciliation: Reconciliation | None

    @property
    def energy_wh(self) -> int:
        """Return the sum of the energy that is known."""
        return _energy(self.lines)

    @property
    def total(self) -> Decimal:
        """Return the sum of the rounded lines that have a price."""
        return _total(self.lines)

    @property
    def energy_unknown(self) -> int:
        """Return how many lines have no known energy."""
        return sum(line.energy_wh is None for line in self.lines)

    @property
    def price_unknown(self) -> int:
        """Return how many lines have no known price."""
        return sum(line.price_unknown for line in self.lines)

    @property
    def meter_serials(self) -> tuple[str, ...]:
        """Return the serial numbers of the meters that bound the lines."""
        return tuple(sorted({line.meter_serial for line in self.lines if line.meter_serial}))

    def by_label(self) -> tuple[CardTotal, ...]:
        """Return the totals of each label, in the order of the labels."""
        return self._by(lambda line: line.label)

    def by_purpose(
        self, what: Literal["driver", "vehicle", "cost_centre"]
    ) -> tuple[CardTotal, ...]:
        """Return the totals of each driver, vehicle or cost centre; "" of the lines without one.

        None if no line has one.
        """
        totals = self._by(lambda line: getattr(line.attribution, what) or "")
        return totals if any(total.label for total in totals) else ()

    def _by(self, name: Callable[[SessionRecord], str]) -> tuple[CardTotal, ...]:
        parts: dict[str, list[SessionRecord]] = {}
        for line in self.lines:
            parts.setdefault(name(line), []).append(line)
        return tuple(CardTotal(n, len(x), _energy(x), _total(x)) for n, x in sorted(parts.items()))


def make_statement(
    heading: Heading,
    sessions: Iterable[SessionRecord],
    registers: tuple[Register, Register] | None = None,
) -> Statement:
    """Return the statement of a month.

    `sessions` are at least all that overlap the month; others are left out.  `registers` are the
    meter's own nearest to the month's bounds, where known.

    Raises:
        ValueError: A session is priced in another currency.
    """
    start, stop = heading.month.bounds(heading.zone)
    begun = [s for s in sessions if s.started_at < stop]
    lines = sorted(
        (s for s in begun if s.ended_at is not None and start <= s.ended_at < stop),
        key=lambda s: (s.started_at, s.session_id),
    )
    unfinished = [s for s in begun if s.ended_at is None or s.ended_at >= stop]
    for line in lines:
        if line.currency not in (None, heading.currency):
            raise ValueError(
                f"session {line.session_id}: its price is in {line.currency}, "
                f"the statement in {heading.currency}"
            )
    reconciliation = None if registers is None else _reconcile(*registers, lines, unfinished)
    return Statement(heading, tuple(lines), len(unfinished), reconciliation)


def _reconcile(
    opening: Register,
    closing: Register,
    lines: Iterable[SessionRecord],
    unfinished: Iterable[SessionRecord],
) -> Reconciliation | None:
    """Return the reconciliation; None unless both are registers of one meter that did not fall."""
    if opening.serial != closing.serial or opening.time >= closing.time:
        return None
    if opening.energy_wh > closing.energy_wh:
        return None
    known = [line for line in lines if line.energy_wh is not None]
    return Reconciliation(
        opening=opening,
        closing=closing,
        sessions_wh=_energy(known),
        before_wh=_energy(known) - sum(_part(line, opening, closing) for line in known),
        unfinished_wh=sum(_part(session, opening, closing) for session in unfinished),
    )


def _part(session: SessionRecord, opening: Register, closing: Register) -> int:
    """Return how much of a session's energy lies between two registers."""
    if session.meter_start_wh is None or session.meter_serial != opening.serial:
        return 0
    last = closing.energy_wh
    if session.meter_end_wh is not None:
        last = min(last, session.meter_end_wh)
    return max(0, last - max(session.meter_start_wh, opening.energy_wh))


def _energy(lines: Iterable[SessionRecord]) -> int:
    return sum(line.energy_wh for line in lines if line.energy_wh is not None)


def _total(lines: Iterable[SessionRecord]) -> Decimal:
    return sum((line.amount for line in lines if line.amount is not None), _NOTHING)
