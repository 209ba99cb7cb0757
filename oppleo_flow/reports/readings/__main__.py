"""The process that writes readings to its stdout: `python -m oppleo_flow.reports.readings`."""

import os
import sys
from collections.abc import Sequence

from oppleo_flow.errors import OppleoError, Refused
from oppleo_flow.reports.readings.request import REFUSED, ReadingsRequest
from oppleo_flow.reports.readings.writing import write

NICENESS = 10


def main(arguments: Sequence[str]) -> int:
    """Write the readings that the command line asks for; return the exit code."""
    request = ReadingsRequest.parse(arguments)
    # Whoever waits for it has time; the charge point has not.
    os.nice(NICENESS)
    try:
        write(request, sys.stdout.buffer)
        sys.stdout.buffer.flush()
    except OppleoError as error:
        sys.stderr.write(f"{error}\n")
        return REFUSED if isinstance(error, Refused) else 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
