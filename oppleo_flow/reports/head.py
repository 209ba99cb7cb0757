"""What stands above the lines of a statement: what it is of, whose, by which meter and price."""

from collections.abc import Iterator
from datetime import date, timedelta

import oppleo_flow
from oppleo_flow.charging.issued import Change
from oppleo_flow.charging.meters import MeterFacts
from oppleo_flow.charging.reimbursement import Figure, Reimbursement
from oppleo_flow.charging.selection import PURPOSES
from oppleo_flow.charging.tariff_words import components_of, number, price_of, prices_of
from oppleo_flow.reports.document import Document, plain, time_text

_SHORT_ID = 8
_MOST_IDS = 5
_DAY = timedelta(days=1)
Fact = tuple[str, str]


def head(document: Document) -> Iterator[Fact]:
    """Yield the facts above the lines: what, and its value."""
    yield from _identity(document)
    yield from _parties(document)
    yield from _meter(document)
    yield from _prices(document)
    if document.statement.heading.reimbursement is not None:
        yield from _profile(document, document.statement.heading.reimbursement)
    yield from _made(document)


def _identity(document: Document) -> Iterator[Fact]:
    """Yield which statement it is, and what of it a reader must know first."""
    say, of, issued = document.say, document.statement.heading, document.issued
    if issued is None:
        yield say("statement.fact.number"), say("statement.no_number")
    else:
        yield say("statement.fact.number"), issued.number
        yield say("statement.fact.version"), str(issued.version)
    if issued is not None and issued.replaces is not None:
        before = {"version": str(issued.version - 1), "hash": issued.replaces[:16]}
        yield say("statement.fact.replaces"), say("statement.replaces", **before)
        if issued.change is not None:
            yield say("statement.fact.changed"), _changed(document, issued.change)
    if of.preliminary:
        yield say("statement.fact.preliminary"), say("statement.preliminary")
    if of.simulated:
        yield say("statement.fact.simulated"), say("statement.simulated")
    start, stop = (time_text(at.astimezone(of.zone)) for at in of.period.bounds(of.zone))
    yield (
        say("statement.fact.period"),
        say("statement.period", start=start, stop=stop, zone=of.zone.key),
    )
    if of.selection.said:
        yield say("statement.fact.selection"), selection_text(document)


def selection_text(document: Document) -> str:
    """Return whose sessions it is of; empty of all."""
    say, said = document.say, dict(document.statement.heading.selection.said)
    return ", ".join(
        say(f"statement.only.{purpose}", name=plain(said[purpose]))
        for purpose in PURPOSES
        if purpose in said
    )


def _changed(document: Document, change: Change) -> str:
    say = document.say
    words = []
    for how, ids in change.sessions.items():
        shown = [one[:_SHORT_ID] for one in ids[:_MOST_IDS]]
        some = ", ".join([*shown, *(["…"] if len(ids) > _MOST_IDS else [])])
        words.append(say(f"statement.change.{how}", count=len(ids), ids=some))
    words += [say(f"statement.change.{fact}") for fact in change.facts]
    return "; ".join(words)


def _parties(document: Document) -> Iterator[Fact]:
    """Yield who charges and who pays, and where."""
    say, of = document.say, document.statement.heading
    facts, unknown = of.facts, say("statement.not_stated")
    yield say("statement.fact.employee"), plain(facts.employee or unknown)
    yield say("statement.fact.employer"), plain(facts.employer or unknown)
    if facts.cost_centre:
        yield say("statement.fact.cost_centre"), plain(facts.cost_centre)
    place = ", ".join(filter(None, (facts.location, facts.address)))
    yield say("statement.fact.address"), plain(place or unknown)
    if facts.ean:
        yield say("statement.fact.ean"), facts.ean
    yield say("statement.fact.charge_point"), of.charge_point
    yield say("statement.fact.charger_serial"), plain(facts.charger_serial or unknown)


def _meter(document: Document) -> Iterator[Fact]:
    """Yield what is known of the meters; what is not is said."""
    say = document.say
    for meter in document.statement.meters or (MeterFacts(),):
        unknown = say("statement.unknown")
        mid = {True: "yes", False: "no", None: "unknown"}[meter.mid]
        words = say(
            "statement.meter",
            make=plain(meter.make or unknown),
            model=plain(meter.model or unknown),
            serial=plain(meter.serial or unknown),
            mid=say(f"statement.mid.{mid}"),
            register=say(f"statement.register.{meter.register}"),
        )
        if meter.calibration_year is not None:
            words = say("statement.calibrated", meter=words, year=str(meter.calibration_year))
        yield say("statement.fact.meter"), words


def _prices(document: Document) -> Iterator[Fact]:
    """Yield what a kWh costs, and how that is made up where it is not flat."""
    say, currency = document.say, document.statement.heading.currency
    versions = prices_of(document.statement)
    flat = sorted({one.price_per_kwh for one in versions if one.tariff is None})
    words = [f"{number(price, say)} {currency}/kWh" for price in flat]
    tariffs = [one for one in versions if one.tariff is not None]
    words += [f"{price_of(one, say)} {currency}/kWh" for one in tariffs]
    price = ", ".join(dict.fromkeys(words)) or say("statement.unknown")
    yield say("statement.fact.price"), price
    made_up = dict.fromkeys(components_of(one, say) for one in tariffs)
    if made_up:
        yield say("statement.fact.made_up"), "; ".join(made_up)
    yield say("statement.fact.currency"), currency


def _profile(document: Document, by: Reimbursement) -> Iterator[Fact]:
    """Yield by which rules is reimbursed, with their source, and what they do not cover."""
    say, profile = document.say, by.profile
    basis = say(f"statement.basis.{by.basis}")
    country = profile.country[say.language]
    where = f"{country}, {by.region}" if by.region else country
    yield say("statement.fact.profile"), f"{where}: {basis}"
    words = {"rules": profile.rules[say.language], "source": profile.source}
    yield (
        say("statement.fact.rules"),
        say("statement.rules", dated=profile.dated.isoformat(), **words),
    )
    if by.agreed_per_kwh is not None:
        agreed = f"{number(by.agreed_per_kwh, say)} {profile.currency}/kWh"
        yield say("statement.fact.reimbursed_by"), agreed
    if by.basis == "published-price":
        yield say("statement.fact.reimbursed_by"), _figures(document, by)


def _figures(document: Document, by: Reimbursement) -> str:
    """Return the published prices of the period, and the days without one."""
    say, period = document.say, document.statement.heading.period
    figures: list[Figure | None] = []
    words = []
    for day in period.days():
        figure = by.figure(day)
        if figures and figure == figures[-1]:
            continue
        figures.append(figure)
        if figure is None:
            words.append(_no_figure(document, by, day))
            continue
        per_kwh = f"{number(figure.per_kwh, say)} {by.profile.currency}/kWh"
        until = (figure.until - _DAY).isoformat()
        words.append(
            say(
                "statement.figure",
                price=per_kwh,
                since=figure.since.isoformat(),
                until=until,
                source=figure.source,
            )
        )
    return "; ".join(words)


def _no_figure(document: Document, by: Reimbursement, day: date) -> str:
    """Return that no price is known from a day on, and where those that are known end."""
    say, ended = document.say, by.known_until(day)
    said = say("statement.no_figure", since=day.isoformat())
    if ended is None:
        return said
    return f"{said}; {say('statement.figures_end', last=(ended - _DAY).isoformat())}"


def _made(document: Document) -> Iterator[Fact]:
    say, of, issued = document.say, document.statement.heading, document.issued
    at = time_text(of.created_at.astimezone(of.zone))
    yield say("statement.fact.made"), f"{at}, oppleo_flow {oppleo_flow.__version__}"
    if issued is not None:
        yield say("statement.fact.content_hash"), issued.content_hash
        yield say("statement.fact.ledger_hash"), issued.ledger_hash
