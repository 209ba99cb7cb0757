"""What an import did, in words and as a file with a line for each remark."""

import csv
import json
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Final, TextIO

from oppleo_flow.cli.table import table
from oppleo_flow.oppleo_import.report import ImportReport, Outcome, Remark, Sums
from oppleo_flow.reports.csv_lines import harmless
from oppleo_flow.whole_file import draft_beside, settle

_OUTCOMES: Final[tuple[Outcome, ...]] = ("added", "same", "corrected", "left", "refused")
_HEADING = ("table", "row", "verdict", "code", "text", "original")


class RemarkFile:
    """A CSV file that gets a line for each remark as it comes; without any it is not there.

    Remarks that come before it is known where the file is to be are held.  `written` is where it
    is, None if there is none.
    """

    def __init__(self) -> None:
        self.written: Path | None = None
        self._path: Path | None = None
        self._held: list[Remark] | None = []
        self._file: TextIO | None = None

    def keep(self, remark: Remark) -> None:
        """Write a remark."""
        if self._held is not None:
            self._held.append(remark)
        elif self._path is not None:
            self._write(self._path, remark)

    def go_to(self, path: Path | None) -> None:
        """Say where the file is to be; None: nowhere."""
        held, self._held, self._path = self._held or [], None, path
        for remark in held:
            self.keep(remark)

    def close(self) -> None:
        """Put the file in its place; what was there before is replaced."""
        if self._file is not None and self._path is not None:
            self._file.close()
            self._file = None
            settle(draft_beside(self._path), self._path)
            self.written = self._path

    def abandon(self) -> None:
        """Leave no half of a file."""
        if self._file is not None and self._path is not None:
            self._file.close()
            draft_beside(self._path).unlink()

    def _write(self, path: Path, remark: Remark) -> None:
        if self._file is None:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = draft_beside(path).open("w", encoding="utf-8", newline="")
            csv.writer(self._file).writerow(_HEADING)
        original = json.dumps(remark.original, ensure_ascii=False, sort_keys=True)
        csv.writer(self._file).writerow(
            (remark.table, harmless(remark.row), remark.verdict, remark.code, remark.text, original)
        )


@contextmanager
def remarks_of(report: ImportReport) -> Iterator[RemarkFile]:
    """Give the file that the remarks of a report go to."""
    file = RemarkFile()
    report.keep_with(file.keep)
    try:
        yield file
    finally:
        file.abandon()


def in_words(report: ImportReport) -> str:
    """Return the whole account for a terminal."""
    parts = [_rows(report), _sums(report.sums), _remarks(report), _not_taken(report)]
    return "\n\n".join(part for part in parts if part)


def _rows(report: ImportReport) -> str:
    tables = sorted({name for name, _ in report.rows})
    lines = [
        (name, *(f"{report.rows[name, outcome]:,}" for outcome in _OUTCOMES)) for name in tables
    ]
    return table(("table", *_OUTCOMES), lines, right=_OUTCOMES) if lines else ""


def _sums(sums: Sums) -> str:
    """Return what the sessions come to there and here, and how the two hang together."""
    lines = [
        ("sessions in Oppleo", sums.oppleo_wh, sums.oppleo_amount),
        ("sessions here", sums.here_wh, sums.here_amount),
        ("flagged, unknown here", sums.flagged_wh, sums.flagged_amount),
        ("refused", sums.refused_wh, sums.refused_amount),
        ("rounding and corrections", sums.other_wh, sums.other_amount),
    ]
    rows = [(name, f"{Decimal(wh) / 1000:,.3f}", f"{amount:,.2f}") for name, wh, amount in lines]
    verdict = (
        "the last four make the first: nothing is lost, nothing is there twice"
        if sums.are_reconciled
        else "the last four do NOT make the first"
    )
    return f"{table(('', 'kWh', 'EUR'), rows, right=('kWh', 'EUR'))}\n{verdict}"


def _remarks(report: ImportReport) -> str:
    lines = []
    for verdict in ("refused", "flagged", "changed"):
        for (name, of, code), count in sorted(report.remarks.items()):
            if of == verdict:
                first = report.first[name, of, code]
                more = f" (and {count - 1:,} more such)" if count > 1 else ""
                lines.append(f"{verdict}: {name} {first.row}: {first.text}{more}")
    return "\n".join(lines)


def _not_taken(report: ImportReport) -> str:
    return "\n".join(f"not taken over: {what}: {why}" for what, why in report.not_taken)
