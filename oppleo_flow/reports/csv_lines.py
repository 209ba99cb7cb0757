"""The lines of a statement as CSV after RFC 4180, for programs: names, ISO times, no sums."""

import csv
import io
from datetime import datetime

from oppleo_flow.charging.statement import Statement
from oppleo_flow.reports import content
from oppleo_flow.reports.content import COLUMNS, Cell


def csv_lines(statement: Statement) -> bytes:
    """Return the file, in UTF-8; what is unknown is empty."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(column.name for column in COLUMNS)
    writer.writerows([_text(cell) for cell in line] for line in content.lines(statement))
    return file.getvalue().encode()


def _text(cell: Cell) -> str:
    if cell is None:
        return ""
    return cell.isoformat() if isinstance(cell, datetime) else str(cell)
