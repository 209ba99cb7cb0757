"""What stands below the lines of a statement: the sums, the VAT, and the meter beside them."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from oppleo_flow.charging.reconciliation import Reconciliation, Register
from oppleo_flow.charging.selection import Purpose
from oppleo_flow.charging.statement_parts import tariff_totals, vat_totals
from oppleo_flow.charging.tariff_words import number
from oppleo_flow.immutable import immutable
from oppleo_flow.reports.document import Cell, Document, kwh, plain, time_text

_PURPOSES: Final[tuple[Purpose, ...]] = ("card", "driver", "vehicle", "cost_centre")
_ENERGY, _AMOUNT = "energy_kwh", "amount"


@immutable
class Sum:
    """The sum of a column, over the lines in which the column `where` has a name, if it is said."""

    column: str
    where: str | None = None
    name: str = ""


@immutable
class FootLine:
    """What it is, how much, and of what; `sum` says how it follows from the lines, if it does."""

    what: str
    value: Cell
    unit: str = ""
    sum: Sum | None = None


def foot(document: Document) -> Iterator[FootLine]:
    """Yield what the lines sum up to, and the meter beside it."""
    yield from totals(document)
    yield from _left_out(document)
    yield from _tariffs(document)
    for purpose in _PURPOSES:
        yield from _by(document, purpose)
    yield from _corrections(document)
    if not document.statement.heading.selection.personal:
        yield from _meters(document)


def _meters(document: Document) -> Iterator[FootLine]:
    """Yield each meter's registers and what of them is on no session; of all, not of somebody."""
    by_meter = document.statement.by_meter
    for meter, found in by_meter:
        for line in _beside(document, found):
            yield replace(line, what=f"{plain(meter)}: {line.what}")
    if not by_meter:
        yield from _beside(document, document.statement.reconciliation)


def totals(document: Document) -> Iterator[FootLine]:
    """Yield how many sessions, how much energy and money there is, net and gross."""
    say, statement = document.say, document.statement
    currency = statement.heading.currency
    yield FootLine(say("statement.foot.sessions"), len(statement.lines))
    yield FootLine(say("statement.foot.energy"), kwh(statement.energy_wh), "kWh", Sum(_ENERGY))
    vats = vat_totals(statement.lines)
    if vats:
        net = statement.total - sum(one.vat for one in vats)
        yield FootLine(say("statement.foot.net"), net, currency)
    for one in vats:
        percent = number(one.percent, say)
        yield FootLine(say("statement.foot.vat", percent=percent), one.vat, currency)
    what = "gross" if vats else "total"
    yield FootLine(say(f"statement.foot.{what}"), statement.total, currency, Sum(_AMOUNT))
    if statement.heading.reimbursement is not None:
        yield FootLine(
            say("statement.foot.reimbursable"),
            statement.reimbursable_total,
            currency,
            Sum("reimbursable"),
        )


def notes(document: Document) -> Iterator[str]:
    """Yield how was rounded, what is charged, and where the meter is, in sentences."""
    say = document.say
    yield say("statement.rounding")
    if not vat_totals(document.statement.lines):
        yield say("statement.no_vat")
    if document.statement.heading.reimbursement is not None:
        yield say("statement.reimbursed_rounding")
    if document.statement.heading.selection.personal:
        yield say("statement.meter_elsewhere")


def _left_out(document: Document) -> Iterator[FootLine]:
    """Yield what is not in the sums, or is so only nearly."""
    say, statement = document.say, document.statement
    guessed = sum("estimated" in line.flags for line in statement.lines)
    unpaid = 0
    if statement.heading.reimbursement is not None:
        unpaid = sum(statement.reimbursable(line) is None for line in statement.lines)
    counts = {
        "energy_unknown": statement.energy_unknown,
        "price_unknown": statement.price_unknown,
        "reimbursable_unknown": unpaid,
        "estimated": guessed,
        "unfinished": statement.unfinished,
        "others": 0 if statement.heading.selection.personal else len(statement.others),
    }
    for name, count in counts.items():
        if count:
            yield FootLine(say(f"statement.foot.{name}"), count)


def _tariffs(document: Document) -> Iterator[FootLine]:
    say, tariffs = document.say, tariff_totals(document.statement.lines)
    if len(tariffs) < 2:
        return
    currency = document.statement.heading.currency
    for one in tariffs:
        name = say(f"statement.tariff.{one.kind}")
        yield FootLine(say("statement.foot.tariff_energy", name=name), kwh(one.energy_wh), "kWh")
        if one.amount is not None:
            yield FootLine(say("statement.foot.tariff_amount", name=name), one.amount, currency)


def _by(document: Document, purpose: Purpose) -> Iterator[FootLine]:
    """Yield what the lines of each card, driver, vehicle or cost centre sum up to."""
    say, parts = document.say, document.statement.by(purpose)
    if purpose == "card" and len(parts) < 2:
        return
    currency = document.statement.heading.currency
    for part in parts:
        which = plain(part.name)
        name = say(f"statement.by.{purpose}", name=which)
        if not part.name:
            name = say(f"statement.by.no_{purpose}")
        energy, amount = Sum(_ENERGY, purpose, which), Sum(_AMOUNT, purpose, which)
        yield FootLine(
            say("statement.foot.energy_of", name=name), kwh(part.energy_wh), "kWh", energy
        )
        yield FootLine(say("statement.foot.amount_of", name=name), part.total, currency, amount)


def _corrections(document: Document) -> Iterator[FootLine]:
    """Yield who corrected which line and why, with what was recorded."""
    say, statement = document.say, document.statement
    for place, session in enumerate(statement.lines, 1):
        recorded = session.original or session
        for remark in session.corrections:
            said = say(
                "statement.foot.corrected",
                number=str(place),
                who=plain(remark.who),
                at=time_text(remark.at.astimezone(statement.heading.zone)),
                why=plain(remark.why),
            )
            yield FootLine(said, kwh(recorded.energy_wh), "kWh")


def _beside(document: Document, found: Reconciliation | None) -> Iterator[FootLine]:
    """Yield the registers of a meter, and what of them is on no session."""
    say, zone = document.say, document.statement.heading.zone
    if found is None:
        yield FootLine(say("statement.foot.no_registers"), say("statement.unknown"))
        return

    def register(name: str, at: Register) -> FootLine:
        time = time_text(at.time.astimezone(zone))
        serial = at.serial or say("statement.unknown")
        what = say(f"statement.foot.{name}", time=time, serial=serial)
        return FootLine(what, kwh(at.energy_wh), "kWh")

    for part in found.parts:
        yield register("opening", part.opening)
        yield register("closing", part.closing)
    yield FootLine(say("statement.foot.counted"), kwh(found.counted_wh), "kWh")
    between = found.sessions_wh - found.before_wh
    yield FootLine(say("statement.foot.sessions_between"), kwh(between), "kWh")
    if found.before_wh:
        yield FootLine(say("statement.foot.before"), kwh(found.before_wh), "kWh")
    if found.others_wh:
        yield FootLine(say("statement.foot.of_others"), kwh(found.others_wh), "kWh")
    if found.unfinished_wh:
        yield FootLine(say("statement.foot.of_unfinished"), kwh(found.unfinished_wh), "kWh")
    yield FootLine(say("statement.foot.unattributed"), kwh(found.unattributed_wh), "kWh")
