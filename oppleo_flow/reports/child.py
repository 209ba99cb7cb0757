"""Have a report written in a process of its own, so that it cannot hurt control."""

import json

from oppleo_flow.child import run_module
from oppleo_flow.encoding import decode
from oppleo_flow.payloads import ReportWritten
from oppleo_flow.reports.request import ReportRequest


def report_in_child(request: ReportRequest, *, timeout_s: float) -> ReportWritten:
    """Write the statement that is asked for, in a niced process, and return what was written.

    Raises:
        StoreError: It could not be written, or not in time; no file is half written.
    """
    said = run_module("oppleo_flow.reports", request.arguments(), timeout_s=timeout_s)
    written = decode(json.loads(said), {"ReportWritten": ReportWritten})
    assert isinstance(written, ReportWritten)
    return written
