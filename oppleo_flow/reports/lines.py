"""The lines of a statement: a cell for each column, the same in every format."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from oppleo_flow.charging.record import SessionRecord
from oppleo_flow.charging.tariff_words import slices_of
from oppleo_flow.immutable import immutable
from oppleo_flow.reports.document import Cell, Document, kwh, plain


@immutable
class Column:
    """One column: its name to a program; a reader sees the title of its language.

    `decimals` is how many decimals a number in it has at least; None: it holds no decimal number.
    """

    name: str
    decimals: int | None = None


_ALL: Final = (
    Column("number"),
    Column("started_at"),
    Column("ended_at"),
    Column("card"),
    Column("register_start_kwh", 3),
    Column("register_end_kwh", 3),
    Column("energy_kwh", 3),
    Column("price_per_kwh", 2),
    Column("amount", 2),
    Column("currency"),
    Column("remarks"),
    Column("session_id"),
    Column("driver"),
    Column("vehicle"),
    Column("plate"),
    Column("cost_centre"),
    Column("peak_kwh", 3),
    Column("off_peak_kwh", 3),
    Column("odometer_km"),
    Column("slices"),
)
_REIMBURSABLE: Final = Column("reimbursable", 2)


def columns(document: Document) -> tuple[Column, ...]:
    """Return the columns; what may be reimbursed has one where a profile says how."""
    asked = document.statement.heading.reimbursement is not None
    return (*_ALL, _REIMBURSABLE) if asked else _ALL


def title(column: Column, document: Document) -> str:
    """Return a column's title to a reader."""
    return document.say(f"statement.column.{column.name}")


def lines(document: Document) -> Iterator[tuple[Cell, ...]]:
    """Yield the lines, a cell for each of the columns."""
    return (line(document, index) for index in range(len(document.statement.lines)))


def line(document: Document, index: int) -> tuple[Cell, ...]:
    """Return one line, a cell for each of the columns."""
    statement = document.statement
    return line_of(statement.lines[index], statement.amounts[index], index + 1, document)


def line_of(
    session: SessionRecord, amount: Decimal | None, number: int, document: Document
) -> tuple[Cell, ...]:
    """Return the line of a session, which need not be among those of the document."""
    heading = document.statement.heading
    zone = heading.zone
    of = session.attribution
    cells: tuple[Cell, ...] = (
        number,
        session.started_at.astimezone(zone),
        None if session.ended_at is None else session.ended_at.astimezone(zone),
        plain(session.label),
        kwh(session.meter_start_wh),
        kwh(session.meter_end_wh),
        kwh(session.energy_wh),
        session.price_per_kwh,
        amount,
        heading.currency,
        remarks(session, document),
        str(session.session_id),
        *(name and plain(name) for name in (of.driver, of.vehicle, of.plate, of.cost_centre)),
        *(_used_at(session, kind) for kind in ("peak", "off-peak")),
        session.odometer_km,
        _slices(session, document),
    )
    if heading.reimbursement is None:
        return cells
    return (*cells, document.statement.reimbursable(session))


def remarks(session: SessionRecord, document: Document) -> str:
    """Return what a reader of the figures has to know."""
    say = document.say
    said = (
        slices_of(session.slices, say),
        *(say(f"statement.flag.{flag}") for flag in session.flags),
        _unreimbursed(session, document),
    )
    return ", ".join(filter(None, said))


def _unreimbursed(session: SessionRecord, document: Document) -> str:
    """Return that nobody knows what may be reimbursed, where the profile is the reason."""
    heading = document.statement.heading
    by = heading.reimbursement
    if by is None or session.ended_at is None or session.energy_wh is None:
        return ""
    if by.covers(session.ended_at.astimezone(heading.zone).date()):
        return ""
    return document.say("statement.reimbursable_unknown")


def _used_at(session: SessionRecord, kind: str) -> Decimal | None:
    """Return the energy at one of two prices; None where there are none such."""
    if not any(part.kind in ("peak", "off-peak") for part in session.slices):
        return None
    return kwh(sum(part.energy_wh for part in session.slices if part.kind == kind))


def _slices(session: SessionRecord, document: Document) -> str | None:
    """Return each part of the energy for a program: since, kWh, tariff and price; None of one."""
    if len(session.slices) < 2:
        return None
    zone = document.statement.heading.zone
    return "; ".join(
        f"{part.since.astimezone(zone).isoformat(timespec='seconds')} {kwh(part.energy_wh)} "
        f"{part.kind} {'?' if part.per_kwh is None else part.per_kwh}"
        for part in session.slices
    )
