"""A month's statement as XLSX, PDF and CSV.

    request = ReportRequest(ledger=path, charge_point="my-charge-point", month=Month(2026, 1),
                            zone=ZoneInfo("Europe/Amsterdam"), formats=("xlsx", "pdf"),
                            folder=Path("reports"), created_at=clock.now())
    written = report_in_child(request, timeout_s=60)

The statement itself is made by `oppleo_flow.reports.build`, which a running charge point does not
import: the libraries that write it are for that process alone.
"""

from oppleo_flow.reports.child import report_in_child
from oppleo_flow.reports.request import Format, ReportRequest

__all__ = ["Format", "ReportRequest", "report_in_child"]
