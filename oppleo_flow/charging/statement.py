"""The statement of a period: its sessions, what they sum up to, and the meter beside it.

A session belongs to the period in which it ended, so it is on exactly one month's statement,
whenever that is made.  Totals are sums of rounded lines.  The reconciliation says how the meter's
own register went through the period, and what of that is on no session.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from zoneinfo import ZoneInfo

from oppleo_flow.charging.meters import MeterFacts
from oppleo_flow.charging.period import Period
from oppleo_flow.charging.reconciliation import Part, Reconciliation, reconcile
from oppleo_flow.charging.record import SessionRecord
from oppleo_flow.charging.reimbursement import Reimbursement
from oppleo_flow.charging.selection import (
    AS_THEY_WERE,
    EVERYTHING,
    NamesNow,
    Purpose,
    Selection,
    name_in,
)
from oppleo_flow.charging.session import point_of
from oppleo_flow.charging.statement_settings import NO_FACTS, StatementFacts
from oppleo_flow.immutable import immutable

_NOTHING = Decimal("0.00")


@immutable
class NameTotal:
    """What the sessions of one card, driver, vehicle or cost centre sum up to."""

    name: str
    sessions: int
    energy_wh: int
    total: Decimal


@immutable
class Heading:
    """What a statement is of; `simulated` when no energy really flowed."""

    charge_point: str
    period: Period
    zone: ZoneInfo
    currency: str
    created_at: datetime
    simulated: bool = False
    selection: Selection = EVERYTHING
    facts: StatementFacts = NO_FACTS
    reimbursement: Reimbursement | None = None

    @property
    def preliminary(self) -> bool:
        """Return whether the period had not ended when it was made."""
        return self.created_at < self.period.bounds(self.zone)[1]


@immutable
class Statement:
    """Everything that a report of one period shows.

    `others` are the sessions that ended in the period and are not selected.  `unfinished` counts
    the selected sessions that began before the period's end and did not end in it.
    `reconciliation` is None when the registers do not allow one, and on a statement of somebody:
    what the meter counted for all would tell of others.  Where there are several meters, each has
    its own in `by_meter`, by its name.  `meters` are those that counted, as far as they are known.
    `amounts` is what each line costs, None where that is unknown.
    """

    heading: Heading
    lines: tuple[SessionRecord, ...]
    amounts: tuple[Decimal | None, ...]
    unfinished: int
    reconciliation: Reconciliation | None
    others: tuple[SessionRecord, ...] = ()
    meters: tuple[MeterFacts, ...] = ()
    by_meter: tuple[tuple[str, Reconciliation | None], ...] = ()

    @property
    def energy_wh(self) -> int:
        """Return the sum of the energy that is known."""
        return _energy(self.lines)

    @property
    def total(self) -> Decimal:
        """Return the sum of the rounded lines that have a price."""
        return _sum(self.amounts)

    @property
    def energy_unknown(self) -> int:
        """Return how many lines have no known energy."""
        return sum(line.energy_wh is None for line in self.lines)

    @property
    def price_unknown(self) -> int:
        """Return how many lines have no known price."""
        return sum(line.price_unknown for line in self.lines)

    def reimbursable(self, line: SessionRecord) -> Decimal | None:
        """Return what may be reimbursed of a line; None when that is unknown, or nobody asks."""
        by = self.heading.reimbursement
        return None if by is None else by.of_session(line, self.heading.zone)

    @property
    def reimbursable_total(self) -> Decimal:
        """Return the sum of what may be reimbursed, of the lines of which that is known."""
        return _sum(map(self.reimbursable, self.lines))

    def by(self, purpose: Purpose) -> tuple[NameTotal, ...]:
        """Return the totals by what the lines were for, "" of the lines without a name.

        None if no line has one.
        """
        parts: dict[str, list[int]] = {}
        for index, line in enumerate(self.lines):
            parts.setdefault(name_in(line, purpose), []).append(index)
        if not any(parts):
            return ()
        return tuple(
            NameTotal(
                name,
                len(which),
                _energy(self.lines[index] for index in which),
                _sum(self.amounts[index] for index in which),
            )
            for name, which in sorted(parts.items())
        )


def make_statement(
    heading: Heading,
    sessions: Iterable[SessionRecord],
    registers: Sequence[Part] = (),
    meters: Iterable[MeterFacts] = (),
    several: Mapping[str, Sequence[Part]] = MappingProxyType({}),
    names: NamesNow = AS_THEY_WERE,
) -> Statement:
    """Return the statement of a period.

    `sessions` are at least all that overlap the period; others are left out.  `registers` are the
    meter's own nearest to the period's bounds, where known: a part for each meter that there was.
    `meters` is what somebody has said of them; `several` are the registers of each meter, where
    there is one at each charge point of a site.  `names` tell whose a session is that has an old
    one.

    Raises:
        ValueError: A session is priced in another currency.
    """
    start, stop = heading.period.bounds(heading.zone)
    begun = [s for s in sessions if s.started_at < stop]
    ended = sorted(
        (s for s in begun if s.ended_at is not None and start <= s.ended_at < stop),
        key=lambda s: (s.started_at, s.session_id),
    )
    unfinished = [s for s in begun if s.ended_at is None or s.ended_at >= stop]
    own_unfinished = [s for s in unfinished if names.takes(heading.selection, s)]
    lines = tuple(s for s in ended if names.takes(heading.selection, s))
    others = tuple(s for s in ended if not names.takes(heading.selection, s))
    _check_currency(heading, lines)
    known = _meters(lines, meters)
    amounts = tuple(line.amount for line in lines)
    statement = Statement(heading, lines, amounts, len(own_unfinished), None, others, known)
    if heading.selection.personal:
        return statement
    # Another charge point has a meter of its own, whose registers say nothing about this one's.
    point = heading.selection.point
    here = [[s for s in some if point in (None, s.point)] for some in (others, unfinished)]
    return replace(
        statement,
        reconciliation=reconcile(registers, lines, *here),
        by_meter=tuple(
            (meter, _reconciled_at(point_of(meter), parts, lines, others, unfinished))
            for meter, parts in several.items()
        ),
    )


def _check_currency(heading: Heading, lines: Iterable[SessionRecord]) -> None:
    for line in lines:
        if line.currency not in (None, heading.currency):
            raise ValueError(
                f"session {line.session_id}: its price is in {line.currency}, "
                f"the statement in {heading.currency}"
            )


def _reconciled_at(
    point: str, parts: Sequence[Part], *sessions: Iterable[SessionRecord]
) -> Reconciliation | None:
    """Return the reconciliation of one charge point's meter, by the sessions there."""
    lines, others, unfinished = ([s for s in some if s.point == point] for some in sessions)
    return reconcile(parts, lines, others, unfinished)


def _meters(lines: Iterable[SessionRecord], said: Iterable[MeterFacts]) -> tuple[MeterFacts, ...]:
    """Return the meters, those that somebody told of first; of others the serial number alone."""
    known = tuple(said)
    serials = {line.meter_serial for line in lines if line.meter_serial}
    more = sorted(serials - {one.serial for one in known if one.serial})
    if len(known) == 1 and known[0].serial is None and len(more) == 1:
        return (replace(known[0], serial=more[0]),)
    return (*known, *(MeterFacts(serial=serial) for serial in more))


def _energy(lines: Iterable[SessionRecord]) -> int:
    return sum(line.energy_wh for line in lines if line.energy_wh is not None)


def _sum(amounts: Iterable[Decimal | None]) -> Decimal:
    return sum((amount for amount in amounts if amount is not None), _NOTHING)
