"""One import in a test, and what it came to."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from oppleo_flow.oppleo_import.importing import ImportOptions, import_oppleo
from oppleo_flow.oppleo_import.opening import opened
from oppleo_flow.oppleo_import.report import ImportReport, Remark
from oppleo_flow.oppleo_import.session_writer import By
from oppleo_flow.store import Ledger

NOW = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)


class Imported:
    """What an import did; `remarks` are all there are."""

    def __init__(self, what: str, ledger: Ledger, **options: Any) -> None:
        self.remarks: list[Remark] = []
        self.report = ImportReport(self.remarks.append)
        options = {"zone": ZoneInfo("Europe/Amsterdam"), "by": By("a test", NOW), **options}
        with opened(what) as oppleo:
            import_oppleo(
                oppleo.source, ledger, ImportOptions(**options), self.report, lambda *_: None
            )

    def rows(self, table: str) -> dict[str, int]:
        """Return what became of the rows of a table."""
        return {outcome: rows for (of, outcome), rows in self.report.rows.items() if of == table}

    def codes(self, table: str) -> list[str]:
        """Return the codes of the remarks on a table."""
        return [remark.code for remark in self.remarks if remark.table == table]
