"""The child process that writes a report: `python -m oppleo_flow.reports --help`."""

import sys

from oppleo_flow.child import answer
from oppleo_flow.reports.build import report
from oppleo_flow.reports.request import ReportRequest

NICENESS = 10

if __name__ == "__main__":
    request = ReportRequest.parse(sys.argv[1:])
    sys.exit(answer("report", lambda: report(request), niceness=NICENESS))
