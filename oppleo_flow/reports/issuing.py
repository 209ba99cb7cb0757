"""Give a statement its number and version: the same again for the same content."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from oppleo_flow.charging.issued import Change, Issued
from oppleo_flow.charging.period import Period
from oppleo_flow.charging.statement import Statement
from oppleo_flow.charging.statement_settings import StatementFacts
from oppleo_flow.errors import Refused
from oppleo_flow.immutable import immutable
from oppleo_flow.reports.archive import Archive
from oppleo_flow.reports.ledger_content import content, content_hash, difference, ledger_hash
from oppleo_flow.reports.request import Issue, ReportRequest

if TYPE_CHECKING:
    from oppleo_flow.store import Ledger

_SIMULATED = "SIM-"


_TRIES: Final = 5
"""Each time somebody else was faster; nobody issues the same statement so often at once."""


@immutable
class Made:
    """A statement with what it says and the version that it is."""

    statement: Statement
    content: bytes
    issued: Issued


def issue(
    ledger: "Ledger", request: ReportRequest, by: Issue, compute: Callable[[], Statement]
) -> Made:
    """Return the version that a statement is: the last one, if it says the same, else a new one.

    What the last one is, is read before the figures are, and has to be so still when they are
    written: figures of before somebody else's version never become a later one.

    Raises:
        Refused: Somebody else was faster each time.
        StoreError: The ledger cannot be read or written.
    """
    for _ in range(_TRIES):
        last = _latest(ledger, request)
        statement = compute()
        said = content(statement)
        issued = _version(ledger, statement, said, by, last)
        if issued is not None:
            return Made(statement, said, issued)
    raise Refused(
        f"statement of {request.period}: somebody else issued it {_TRIES} times meanwhile; "
        "ask again"
    )


def _latest(ledger: "Ledger", request: ReportRequest) -> Issued | None:
    by = request.facts.reimbursement(request.profile)
    profile = "" if by is None else by.profile.code
    return ledger.statements.latest(request.period, request.selection, profile)


def _version(
    ledger: "Ledger", statement: Statement, said: bytes, by: Issue, last: Issued | None
) -> Issued | None:
    """Return the version that a statement is; None if another has come since `last`."""
    of = statement.heading
    made = content_hash(said)
    if last is not None and last.content_hash == made:
        return (
            last
            if ledger.statements.latest(of.period, of.selection, last.profile) == last
            else None
        )
    draft = Issued(
        number=number_of(of.facts, of.charge_point, of.period, simulated=of.simulated),
        version=1,
        period=of.period,
        selection=of.selection,
        profile="" if of.reimbursement is None else of.reimbursement.profile.code,
        content_hash=made,
        ledger_hash=ledger_hash(statement),
        sessions=len(statement.lines),
        energy_wh=statement.energy_wh,
        total=statement.total,
        currency=of.currency,
        created_at=of.created_at,
        who=by.who,
    )
    if last is None:
        return ledger.statements.add_first(draft)
    before = Archive(by.archive, ledger).content_of(last)
    change = Change(facts=("unknown",)) if before is None else difference(before, said)
    following = replace(
        draft,
        number=last.number,
        version=last.version + 1,
        replaces=last.content_hash,
        change=change,
    )
    return ledger.statements.add_version(following)


def number_of(
    facts: StatementFacts, charge_point: str, period: Period, *, simulated: bool = False
) -> str:
    """Return what number a statement gets, if no other of its period has it."""
    shown = str(period).replace("-", "").replace("_", "-")
    number = facts.number.format(charge_point=charge_point, period=shown)
    return f"{_SIMULATED}{number}" if simulated else number
