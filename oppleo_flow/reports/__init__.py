"""A month's statement as XLSX, PDF and CSV.

    request = ReportRequest(ledger=path, charge_point="my-charge-point", month=Month(2026, 1),
                            zone=ZoneInfo("Europe/Amsterdam"), formats=("xlsx", "pdf"),
                            folder=Path("reports"), created_at=clock.now())
    written = report_in_child(request, timeout_s=60)

`report_in_child` is what a running charge point uses.  `write_statement` writes a `Statement` in
this process; the libraries are imported only then, each for its own format.
"""

from oppleo_flow.reports.build import report, statement_of, write_statement
from oppleo_flow.reports.child import report_in_child
from oppleo_flow.reports.request import Format, ReportRequest

__all__ = [
    "Format",
    "ReportRequest",
    "report",
    "report_in_child",
    "statement_of",
    "write_statement",
]
