"""The child process that writes a report: `python -m oppleo_flow.reports --help`."""

import json
import os
import sys
from collections.abc import Sequence

from oppleo_flow.encoding import encode
from oppleo_flow.errors import OppleoError
from oppleo_flow.reports.build import report
from oppleo_flow.reports.request import ReportRequest

NICENESS = 10


def main(arguments: Sequence[str]) -> int:
    """Write the report that the command line asks for; return the exit code."""
    request = ReportRequest.parse(arguments)
    # Whoever waits for it has time; the charge point has not.
    os.nice(NICENESS)
    try:
        written = report(request)
    except OppleoError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except Exception as error:  # a child's entry: the parent gets one line, not a traceback
        sys.stderr.write(f"report: {type(error).__name__}: {error}\n")
        return 1
    json.dump(encode(written), sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
