"""Measure speed and size, side by side with Node-RED: `make bench`, `make bench ROW=1b`.

Every repetition measures both sides, one after the other, so what else the machine does weighs on
both.  A ratio is the median of the ratios of these pairs; its spread is in parentheses.  Above 1,
ours is better.  `MISSED` means that the median does not keep the budget.
"""

import argparse
import platform
import sys

from tests.benchmarks.comparison import head, table_line
from tests.benchmarks.errors import BenchmarkError
from tests.benchmarks.node_red import VERSION
from tests.benchmarks.rows import ROWS


def main(arguments: list[str]) -> str | None:
    """Print the rows that the command line asks for; return why one could not be measured."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks", description=(__doc__ or "").partition("\n")[0]
    )
    numbers = [row.number for row in ROWS]
    parser.add_argument("--row", choices=numbers, help="measure this row only")
    parser.add_argument("--reps", type=int, default=5, help="repetitions (default: 5)")
    asked = parser.parse_args(arguments)
    _say(f"Python {platform.python_version()} against Node-RED {VERSION}, {asked.reps} pairs each")
    _say(head())
    for row in ROWS:
        if asked.row in (None, row.number):
            try:
                for figure in row.measure(asked.reps):
                    _say(table_line(row.number, figure))
            except BenchmarkError as error:
                return f"row {row.number}: {error}"
    return None


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
