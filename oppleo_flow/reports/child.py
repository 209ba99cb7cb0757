"""Have a report written in a process of its own, so that it cannot hurt control."""

import json
from collections.abc import Mapping
from typing import Any

from oppleo_flow.child import run_module
from oppleo_flow.encoding import decode
from oppleo_flow.payloads import ReportWritten
from oppleo_flow.reports.request import ReportRequest
from oppleo_flow.reports.session_file_request import SessionFileRequest


def report_in_child(request: ReportRequest, *, timeout_s: float) -> ReportWritten:
    """Write the statement that is asked for, in a niced process, and return what was written.

    Raises:
        StoreError: It could not be written, or not in time; no file is half written.
    """
    said = run_module("oppleo_flow.reports", request.arguments(), timeout_s=timeout_s)
    written = decode(json.loads(said), {"ReportWritten": ReportWritten})
    assert isinstance(written, ReportWritten)
    return written


def preview_in_child(request: ReportRequest, *, timeout_s: float) -> Mapping[str, Any]:
    """Return what a statement would say, as `oppleo_flow.reports.preview` has it.

    Raises:
        StoreError: It could not be made, or not in time.
    """
    said = run_module("oppleo_flow.reports.preview", request.arguments(), timeout_s=timeout_s)
    found: Mapping[str, Any] = json.loads(said)["value"]
    return found


def sessions_in_child(request: SessionFileRequest, *, timeout_s: float) -> int:
    """Write a list of sessions, and return how many are in it.

    Raises:
        StoreError: It could not be written, or not in time; no file is half written.
    """
    said = run_module(
        "oppleo_flow.reports.session_file", (), timeout_s=timeout_s, given=request.text
    )
    return int(json.loads(said)["value"])
