"""The statement of a month, or of any other period, as XLSX, PDF and CSV.

    january = Period.of_month(Month(2026, 1))
    request = ReportRequest(ledger=path, charge_point="my-charge-point", period=january,
                            zone=ZoneInfo("Europe/Amsterdam"), formats=("xlsx", "pdf"),
                            folder=Path("reports"), created_at=clock.now())
    written = report_in_child(request, timeout_s=60)

The statement itself is made by `oppleo_flow.reports.build`, which a running charge point does not
import: the libraries that write it are for that process alone.
"""

from oppleo_flow.reports.child import preview_in_child, report_in_child, sessions_in_child
from oppleo_flow.reports.request import Format, Issue, ReportRequest, archive_of
from oppleo_flow.reports.session_file_request import SessionFileRequest
from oppleo_flow.reports.site_statements import SiteStatements

__all__ = [
    "Format",
    "Issue",
    "ReportRequest",
    "SessionFileRequest",
    "SiteStatements",
    "archive_of",
    "preview_in_child",
    "report_in_child",
    "sessions_in_child",
]
