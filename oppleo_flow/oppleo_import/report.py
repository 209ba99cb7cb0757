"""What an import did: how many rows of each table became what, and a remark on each that is other.

Remarks leave as they come, to a file: there may be very many.  What stays in memory is counted.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal
from typing import Any, Literal

from oppleo_flow.immutable import immutable

Outcome = Literal["added", "same", "corrected", "left", "refused"]
"""What became of a row.  `left`: there is something of ours in its place, which stays."""

Verdict = Literal["changed", "flagged", "refused"]
"""Why there is a remark on a row: it means something else here, somebody must look at it, or it is
not here."""


@immutable
class Remark:
    """Something to know of one row; `original` is what stood in it."""

    table: str
    row: str
    verdict: Verdict
    code: str
    text: str
    original: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Sums:
    """Energy and money of the sessions of one run, as Oppleo had them and as they are here.

    `flagged` is Oppleo's figure for sessions whose energy, or price, is not known here; `refused`
    that of sessions that are not here; `other` is how much less is here than Oppleo's figure, over
    sessions that are known in both.  So `oppleo` = `here` + `flagged` + `refused` + `other`.
    """

    oppleo_wh: int = 0
    here_wh: int = 0
    flagged_wh: int = 0
    refused_wh: int = 0
    other_wh: int = 0
    oppleo_amount: Decimal = Decimal("0.00")
    here_amount: Decimal = Decimal("0.00")
    flagged_amount: Decimal = Decimal("0.00")
    refused_amount: Decimal = Decimal("0.00")
    other_amount: Decimal = Decimal("0.00")

    @property
    def are_reconciled(self) -> bool:
        """Return whether nothing is lost and nothing is there twice."""
        parts_wh = self.here_wh + self.flagged_wh + self.refused_wh + self.other_wh
        amounts = self.here_amount + self.flagged_amount + self.refused_amount + self.other_amount
        return (self.oppleo_wh, self.oppleo_amount) == (parts_wh, amounts)

    def as_json(self) -> dict[str, Any]:
        """Return it as plain data, money as text."""
        found = {one.name: getattr(self, one.name) for one in fields(self)}
        return {
            name: str(value) if isinstance(value, Decimal) else value
            for name, value in found.items()
        }


class ImportReport:
    """The account of one import; `keep` takes each remark as it comes."""

    def __init__(self, keep: Callable[[Remark], None]) -> None:
        self._keep = keep
        self.rows: Counter[tuple[str, Outcome]] = Counter()
        self.remarks: Counter[tuple[str, Verdict, str]] = Counter()
        self.first: dict[tuple[str, Verdict, str], Remark] = {}
        self.sums = Sums()
        self.not_taken: list[tuple[str, str]] = []
        """Settings that have no place here, each with the reason."""

    def keep_with(self, keep: Callable[[Remark], None]) -> None:
        """Have another take the remarks from now on."""
        self._keep = keep

    def count(self, table: str, outcome: Outcome, rows: int = 1) -> None:
        """Count what became of rows."""
        if rows:
            self.rows[table, outcome] += rows

    def remark(self, remark: Remark) -> None:
        """Keep a remark."""
        key = (remark.table, remark.verdict, remark.code)
        self.remarks[key] += 1
        self.first.setdefault(key, remark)
        self._keep(remark)

    def leave(self, what: str, why: str) -> None:
        """Say of a setting that it is not taken over."""
        self.not_taken.append((what, why))

    def changed(self) -> bool:
        """Return whether anything was written."""
        return any(outcome in ("added", "corrected") for _, outcome in self.rows)

    def as_json(self) -> dict[str, Any]:
        """Return it as plain data; of the remarks the number of each kind and the first."""
        tables = sorted({table for table, _ in self.rows})
        return {
            "rows": {
                table: {
                    outcome: rows
                    for (of, outcome), rows in sorted(self.rows.items())
                    if of == table
                }
                for table in tables
            },
            "sums": self.sums.as_json(),
            "reconciled": self.sums.are_reconciled,
            "remarks": [
                {
                    "table": table,
                    "verdict": verdict,
                    "code": code,
                    "count": count,
                    "first": {"row": self.first[key].row, "text": self.first[key].text},
                }
                for key, count in sorted(self.remarks.items())
                for table, verdict, code in [key]
            ],
            "not_taken": [{"what": what, "why": why} for what, why in self.not_taken],
        }
