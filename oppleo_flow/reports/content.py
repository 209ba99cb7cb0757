"""What a statement says, in the order in which every format says it.

Head, lines and foot are made here once; a format only draws them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

import oppleo_flow
from oppleo_flow.charging.record import SessionFlag, SessionRecord
from oppleo_flow.charging.statement import Reconciliation, Register, Statement
from oppleo_flow.charging.statement_parts import tariff_totals, vat_totals
from oppleo_flow.charging.tariff_words import component_words, price_words, slice_words
from oppleo_flow.charging.tariff_words import plain as plain_number

Cell = str | int | Decimal | datetime | None
"""A value in a report: a kWh or money as a decimal, a time as local time with its offset."""

_REMARKS: dict[SessionFlag, str] = {
    "energy-unknown": "energy unknown",
    "price-unknown": "price unknown",
    "estimated": "parts estimated",
    "late-start": "start read late",
    "late-end": "end read late",
    "interrupted": "interrupted",
    "clock-uncertain": "clock uncertain",
    "corrected": "corrected",
    "void": "void",
}

_PURPOSES: dict[Literal["driver", "vehicle", "cost_centre"], str] = {
    "vehicle": "Vehicle",
    "cost_centre": "Cost centre",
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the lines: its name to a program, and its title to a reader.

    `decimals` is how many decimals a number in it has at least; None: it holds no decimal number.
    `short` is false for what is left out where there is little room.
    """

    name: str
    title: str
    decimals: int | None = None
    short: bool = True


COLUMNS = (
    Column("number", "No."),
    Column("started_at", "Start"),
    Column("ended_at", "End"),
    Column("card", "Card"),
    Column("register_start_kwh", "Register at start, kWh", 3),
    Column("register_end_kwh", "Register at end, kWh", 3),
    Column("energy_kwh", "Energy, kWh", 3),
    Column("price_per_kwh", "Price per kWh", 2),
    Column("amount", "Amount", 2),
    Column("currency", "Currency", short=False),
    Column("remarks", "Remarks"),
    Column("session_id", "Session", short=False),
    Column("driver", "Driver", short=False),
    Column("vehicle", "Vehicle", short=False),
    Column("plate", "Plate", short=False),
    Column("cost_centre", "Cost centre", short=False),
    Column("peak_kwh", "Of which peak, kWh", 3, short=False),
    Column("off_peak_kwh", "Of which off-peak, kWh", 3, short=False),
)


def kwh(energy_wh: int | None) -> Decimal | None:
    """Return Wh as kWh, exact to the Wh."""
    return None if energy_wh is None else Decimal(energy_wh).scaleb(-3)


def plain(text: str) -> str:
    """Return text without control characters, which no format may hold."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def time_text(at: datetime) -> str:
    """Return a local time as a person reads it, with its offset from UTC."""
    offset = at.strftime("%z")
    return f"{at:%Y-%m-%d %H:%M} {offset[:3]}:{offset[3:]}"


def head(statement: Statement) -> Iterator[tuple[str, str]]:
    """Yield the facts above the lines."""
    of = statement.heading
    start, stop = (time_text(at.astimezone(of.zone)) for at in of.month.bounds(of.zone))
    yield "Statement", f"{of.charge_point} {of.month}"
    if of.simulated:
        yield "Simulated", "no energy was really charged; this is no claim"
    yield "Charge point", of.charge_point
    yield "Period", f"{start} until {stop} ({of.zone.key})"
    yield "Meter serial number", ", ".join(statement.meter_serials) or "unknown"
    yield from _prices(statement)
    yield "Made", f"{time_text(of.created_at.astimezone(of.zone))}, " + _program()


def _prices(statement: Statement) -> Iterator[tuple[str, str]]:
    """Yield what a kWh costs, and how that is made up where it is not flat."""
    parts = [part for line in statement.lines for part in line.slices]
    versions = {part.version for part in parts if part.version}
    versions |= {line.price for line in statement.lines if line.price and not line.slices}
    flat = sorted({one.price_per_kwh for one in versions if one.tariff is None})
    words = [f"{price:f} {statement.heading.currency}/kWh" for price in flat]
    tariffs = sorted((one for one in versions if one.tariff), key=lambda one: one.valid_from)
    words += [f"{price_words(one)} {statement.heading.currency}/kWh" for one in tariffs]
    yield "Price", ", ".join(dict.fromkeys(words)) or "unknown"
    made_up = dict.fromkeys(component_words(one) for one in tariffs)
    if made_up:
        yield "Made up of, per kWh", "; ".join(made_up)


def _program() -> str:
    return f"oppleo_flow {oppleo_flow.__version__}"


def lines(statement: Statement) -> Iterator[tuple[Cell, ...]]:
    """Yield the lines, a cell for each of `COLUMNS`."""
    return (line(statement, index) for index in range(len(statement.lines)))


def line(statement: Statement, index: int) -> tuple[Cell, ...]:
    """Return one line, a cell for each of `COLUMNS`."""
    zone = statement.heading.zone
    session = statement.lines[index]
    of = session.attribution
    return (
        index + 1,
        session.started_at.astimezone(zone),
        None if session.ended_at is None else session.ended_at.astimezone(zone),
        plain(session.label),
        kwh(session.meter_start_wh),
        kwh(session.meter_end_wh),
        kwh(session.energy_wh),
        session.price_per_kwh,
        session.amount,
        statement.heading.currency,
        _remarks(session),
        str(session.session_id),
        *(name and plain(name) for name in (of.driver, of.vehicle, of.plate, of.cost_centre)),
        *(_used_at(session, kind) for kind in ("peak", "off-peak")),
    )


def _used_at(session: SessionRecord, kind: str) -> Decimal | None:
    """Return the energy at one of two prices; None where there are none such."""
    if not any(part.kind in ("peak", "off-peak") for part in session.slices):
        return None
    return kwh(sum(part.energy_wh for part in session.slices if part.kind == kind))


def _remarks(session: SessionRecord) -> str:
    parts = slice_words(session.slices)
    return ", ".join([*([parts] if parts else []), *(_REMARKS[flag] for flag in session.flags)])


def foot(statement: Statement) -> Iterator[tuple[str, Cell, str]]:
    """Yield what the lines sum up to, and the meter beside it: what, how much, of what."""
    currency = statement.heading.currency
    yield "Sessions", len(statement.lines), ""
    yield "Energy", kwh(statement.energy_wh), "kWh"
    yield "Total, the sum of the rounded amounts", statement.total, currency
    for vat in vat_totals(statement.lines):
        yield f"Of which VAT, {plain_number(vat.percent)} %", vat.vat, currency
    tariffs = tariff_totals(statement.lines)
    if len(tariffs) > 1:
        for tariff in tariffs:
            yield f"Tariff {tariff.kind!r}: energy", kwh(tariff.energy_wh), "kWh"
    if statement.energy_unknown:
        yield "Sessions above without known energy, not in the sums", statement.energy_unknown, ""
    if statement.price_unknown:
        yield "Sessions above without known price, not in the total", statement.price_unknown, ""
    guessed = sum("estimated" in session.flags for session in statement.lines)
    if guessed:
        said = "Sessions above that no reading cut where the price changed; their energy is exact"
        yield said, guessed, ""
    if statement.unfinished:
        yield (
            "Sessions that did not end in this month, for a later statement",
            statement.unfinished,
            "",
        )
    cards = statement.by_label()
    if len(cards) > 1:
        for card in cards:
            yield f"Card {plain(card.label)!r}: energy", kwh(card.energy_wh), "kWh"
            yield f"Card {plain(card.label)!r}: amount", card.total, currency
    yield from _purposes(statement)
    yield from _corrections(statement)
    if statement.reconciliation is None:
        yield "Registers at the month's bounds", "unknown", ""
    else:
        yield from _reconciliation(statement, statement.reconciliation)


def _purposes(statement: Statement) -> Iterator[tuple[str, Cell, str]]:
    """Yield what the lines of each vehicle and cost centre sum up to, where any was said."""
    for what, title in _PURPOSES.items():
        for part in statement.by_purpose(what):
            name = f"{title} {plain(part.label)!r}" if part.label else f"No {title.lower()}"
            yield f"{name}: energy", kwh(part.energy_wh), "kWh"
            yield f"{name}: amount", part.total, statement.heading.currency


def _corrections(statement: Statement) -> Iterator[tuple[str, Cell, str]]:
    """Yield who corrected which line and why, with what was recorded."""
    for number, session in enumerate(statement.lines, 1):
        recorded = session.original or session
        for remark in session.corrections:
            at = time_text(remark.at.astimezone(statement.heading.zone))
            said = f"No. {number} corrected by {plain(remark.who)}, {at}: {plain(remark.why)}"
            yield f"{said}; recorded", kwh(recorded.energy_wh), "kWh"


def _reconciliation(statement: Statement, found: Reconciliation) -> Iterator[tuple[str, Cell, str]]:
    def register(name: str, at: Register) -> tuple[str, Cell, str]:
        time = time_text(at.time.astimezone(statement.heading.zone))
        return f"{name} register, {time}", kwh(at.energy_wh), "kWh"

    yield register("Opening", found.opening)
    yield register("Closing", found.closing)
    counted = found.closing.energy_wh - found.opening.energy_wh
    yield "Counted by the meter", kwh(counted), "kWh"
    if found.before_wh:
        yield "Of the sessions above, not between these registers", kwh(found.before_wh), "kWh"
    if found.unfinished_wh:
        yield "Of sessions for a later statement", kwh(found.unfinished_wh), "kWh"
    yield "Not part of any session", kwh(found.unattributed_wh), "kWh"
