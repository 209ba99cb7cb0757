"""From the ledger to the files of a statement."""

import difflib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from oppleo_flow.charging.selection import Purpose, name_in
from oppleo_flow.charging.session import point_of
from oppleo_flow.charging.statement import Heading, Statement, make_statement
from oppleo_flow.errors import StoreError
from oppleo_flow.payloads import ReportWritten
from oppleo_flow.reports.archive import Archive
from oppleo_flow.reports.document import Document
from oppleo_flow.reports.drawing import draw, write_files
from oppleo_flow.reports.issuing import Made, issue
from oppleo_flow.reports.registers import meter_of, meters_of_points, registers, segments
from oppleo_flow.reports.request import Issue, ReportRequest
from oppleo_flow.store import StoreLocation, open_ledger
from oppleo_flow.wording import wording

if TYPE_CHECKING:
    from oppleo_flow.store import Ledger

_LISTED: Final[Mapping[Purpose, str]] = {
    "card": "`oppleo-flow tokens`",
    "driver": "`oppleo-flow accounts`",
    "vehicle": "`oppleo-flow accounts`",
    "cost_centre": "`oppleo-flow accounts`",
    "point": "the flow: a charge point is called as its part of it is",
}
"""Where the names are that a statement may be asked for."""


def report(request: ReportRequest) -> ReportWritten:
    """Make the statement that is asked for, write it, and return what was written.

    Raises:
        Refused: The period of a statement to be issued has not ended.
        ConfigError: What is reimbursed by does not fit the site.
        StoreError: The ledger cannot be read or written, or a file not be written.
    """
    request.check()
    location = StoreLocation(request.ledger)
    by = request.issue
    # Also of what is issued: to be written to, a ledger that is not there would be made.
    with open_ledger(location, request.charge_point, read_only=True) as ledger:
        if by is None:
            document = Document(checked_statement(ledger, request), wording(request.language))
            drawn = {kind: draw(kind, document) for kind in request.formats}
            return _written(document, write_files(document, request.folder, drawn))
    with open_ledger(location, request.charge_point) as ledger:
        made = issue(ledger, request, by, lambda: checked_statement(ledger, request))
        return _kept(ledger, made, request, by)


def _kept(ledger: "Ledger", made: Made, request: ReportRequest, by: Issue) -> ReportWritten:
    """Keep an issued statement in the archive, and write a copy of it for daily use."""
    issued = made.issued
    # One that was issued before bears the time of then, so that it is the same to the byte.
    heading = replace(made.statement.heading, created_at=issued.created_at)
    document = Document(replace(made.statement, heading=heading), wording(request.language), issued)
    archive = Archive(by.archive, ledger)
    kept = archive.keep(document, made.content, request.formats)
    return _written(document, write_files(document, request.folder, kept))


def _written(document: Document, files: list[Path]) -> ReportWritten:
    statement, issued = document.statement, document.issued
    return ReportWritten(
        period=str(statement.heading.period),
        files=tuple(str(file) for file in files),
        sessions=len(statement.lines),
        energy_wh=statement.energy_wh,
        total=statement.total,
        currency=statement.heading.currency,
        energy_unknown=statement.energy_unknown,
        price_unknown=statement.price_unknown,
        number=None if issued is None else issued.number,
        version=None if issued is None else issued.version,
        selection=tuple(name for _, name in statement.heading.selection.said),
    )


def statement_of(ledger: "Ledger", request: ReportRequest) -> Statement:
    """Return the statement of a period from the ledger.

    Whoever it is of has the name of now on it; their sessions keep the one that they had then.

    Raises:
        ConfigError: The site's settings do not fit the profile, or its prices are in other money.
    """
    names = ledger.statements.names()
    request = replace(request, selection=names.selection(request.selection))
    prices = ledger.prices.all()
    currency = prices[0].currency if prices else request.currency
    reimbursement = request.facts.reimbursement(request.profile)
    if reimbursement is not None:
        reimbursement.check_currency(currency)
    heading = Heading(
        charge_point=request.charge_point,
        period=request.period,
        zone=request.zone,
        currency=currency,
        created_at=request.created_at,
        simulated=request.simulated,
        selection=request.selection,
        facts=request.facts,
        reimbursement=reimbursement,
    )
    sessions = ledger.sessions.between(*request.period.bounds(request.zone))
    meter = meter_of(ledger, request)
    start, stop = request.period.bounds(request.zone)
    if meter is None:
        of_points = meters_of_points(ledger, request)
        several = {meter: registers(ledger, meter, start, stop) for meter in of_points}
        told = [it.facts for name in of_points for it in segments(ledger, name, start, stop)]
        return make_statement(heading, sessions, meters=told, several=several, names=names)
    there = segments(ledger, meter, start, stop)
    parts = registers(ledger, meter, start, stop)
    return make_statement(heading, sessions, parts, [one.facts for one in there], names=names)


def checked_statement(ledger: "Ledger", request: ReportRequest) -> Statement:
    """Return the statement that is asked for.

    Raises:
        ConfigError: As `statement_of` does.
        StoreError: It is of somebody whom nobody knows.
    """
    statement = statement_of(ledger, request)
    _check_selection(ledger, statement)
    return statement


def _check_selection(ledger: "Ledger", statement: Statement) -> None:
    """Refuse a statement of somebody whom nobody knows: it would look as if he had not charged.

    Raises:
        StoreError: There is no such name.
    """
    if statement.lines:
        return
    for purpose, name in statement.heading.selection.said:
        known = _known(ledger, purpose)
        known |= {name_in(session, purpose) for session in statement.others}
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"see {_LISTED[purpose]}"
            what = purpose.replace("_", " ")
            raise StoreError(f"statement: {what} {name!r}: is not known; {hint}")


def _known(ledger: "Ledger", purpose: Purpose) -> set[str]:
    """Return the names that tokens have, or are for; and the charge points that there are."""
    if purpose == "card":
        return {token.label for token in ledger.tokens.all()}
    if purpose == "point":
        return ledger.sessions.points() | {point_of(meter) for meter in ledger.readings.meters()}
    if purpose == "driver":
        return set(ledger.accounts.names("driver"))
    return set(ledger.accounts.names("vehicle" if purpose == "vehicle" else "cost-centre"))
