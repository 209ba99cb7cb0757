"""A statement to be looked at before it is written: its facts, lines and sums as plain data.

It is made in a child process, as the files are: a year of many sessions takes a while.
"""

import sys
from typing import Any, Final

from oppleo_flow.charging.record import SessionRecord
from oppleo_flow.charging.statement import Statement
from oppleo_flow.child import answer
from oppleo_flow.reports.build import checked_statement
from oppleo_flow.reports.document import Document, cell_text
from oppleo_flow.reports.foot import foot, notes
from oppleo_flow.reports.head import head
from oppleo_flow.reports.lines import remarks
from oppleo_flow.reports.request import ReportRequest
from oppleo_flow.store import StoreLocation, open_ledger
from oppleo_flow.wording import wording

_NICENESS: Final = 10
_MOST_LINES: Final = 500


def preview(request: ReportRequest) -> dict[str, Any]:
    """Return what a statement would say; of very many lines the first ones.

    Raises:
        StoreError: The ledger cannot be read.
        ConfigError: What is reimbursed by does not fit the site.
    """
    request.check()
    location = StoreLocation(request.ledger)
    with open_ledger(location, request.charge_point, read_only=True) as ledger:
        statement = checked_statement(ledger, request)
    document = Document(statement, wording(request.language))
    return {
        "period": str(statement.heading.period),
        "sessions": len(statement.lines),
        "energy_wh": statement.energy_wh,
        "total": str(statement.total),
        "currency": statement.heading.currency,
        "reimbursable": _reimbursable(statement),
        "reconciliation": _reconciliation(statement),
        "warnings": [{"code": code, "count": n} for code, n in _warnings(statement).items() if n],
        "facts": [{"what": what, "value": value} for what, value in head(document)],
        "lines": [_line(document, n) for n in range(min(_MOST_LINES, len(statement.lines)))],
        "sums": [
            {"what": one.what, "value": cell_text(one.value, document.say), "unit": one.unit}
            for one in foot(document)
        ],
        "notes": list(notes(document)),
    }


def _reimbursable(statement: Statement) -> str | None:
    by = statement.heading.reimbursement
    return None if by is None else str(statement.reimbursable_total)


def _reconciliation(statement: Statement) -> dict[str, int] | None:
    found = statement.reconciliation
    if found is None:
        return None
    return {
        "counted_wh": found.counted_wh,
        "sessions_wh": found.sessions_wh - found.before_wh,
        "others_wh": found.others_wh,
        "unfinished_wh": found.unfinished_wh,
        "unattributed_wh": found.unattributed_wh,
    }


def _warnings(statement: Statement) -> dict[str, int]:
    """Return what somebody should know before it is issued, and how often it is so."""
    personal = statement.heading.selection.personal

    def flagged(flag: str) -> int:
        return sum(flag in line.flags for line in statement.lines)

    return {
        "preliminary": int(statement.heading.preliminary),
        "simulated": int(statement.heading.simulated),
        "unfinished": statement.unfinished,
        "start-unknown": sum(line.meter_start_wh is None for line in _billed(statement)),
        **{
            flag: flagged(flag)
            for flag in (
                *("energy-unknown", "price-unknown", "estimated", "late-start", "late-end"),
                *("interrupted", "clock-uncertain"),
            )
        },
        "no-registers": int(statement.reconciliation is None and not personal),
    }


def _billed(statement: Statement) -> list[SessionRecord]:
    return [line for line in statement.lines if not line.void]


def _line(document: Document, index: int) -> dict[str, Any]:
    statement = document.statement
    session, amount = statement.lines[index], statement.amounts[index]
    reimbursable = statement.reimbursable(session)
    assert session.ended_at is not None  # else it is on no statement
    return {
        "session_id": str(session.session_id),
        "label": session.label,
        "vehicle": session.attribution.vehicle,
        "plate": session.attribution.plate,
        "started_at": session.started_at.isoformat(),
        "ended_at": session.ended_at.isoformat(),
        "meter_start_wh": session.meter_start_wh,
        "meter_end_wh": session.meter_end_wh,
        "energy_wh": session.energy_wh,
        "price_per_kwh": None if session.price_per_kwh is None else f"{session.price_per_kwh:f}",
        "amount": None if amount is None else str(amount),
        "reimbursable": None if reimbursable is None else str(reimbursable),
        "remarks": remarks(session, document),
    }


if __name__ == "__main__":
    asked = ReportRequest.parse(sys.argv[1:])
    sys.exit(answer("preview", lambda: preview(asked), niceness=_NICENESS))
