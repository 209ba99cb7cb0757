"""From the ledger to the files of a statement."""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING

from oppleo_flow.charging.statement import Heading, Register, Statement, make_statement
from oppleo_flow.errors import StoreError
from oppleo_flow.payloads import MeterReading, ReportWritten
from oppleo_flow.reports.request import Format, ReportRequest
from oppleo_flow.store import StoreLocation, open_ledger

if TYPE_CHECKING:
    from oppleo_flow.store import Ledger


def report(request: ReportRequest) -> ReportWritten:
    """Make the statement that is asked for, write it, and return what was written.

    Raises:
        StoreError: The ledger cannot be read, or a file not be written.
    """
    location = StoreLocation(request.ledger)
    with open_ledger(location, request.charge_point, read_only=True) as ledger:
        statement = statement_of(ledger, request)
    files = write_statement(statement, request.folder, request.formats)
    return ReportWritten(
        month=str(request.month),
        files=tuple(str(file) for file in files),
        sessions=len(statement.lines),
        energy_wh=statement.energy_wh,
        total=statement.total,
        currency=statement.heading.currency,
        energy_unknown=statement.energy_unknown,
    )


def statement_of(ledger: "Ledger", request: ReportRequest) -> Statement:
    """Return the statement of a month from the ledger."""
    prices = ledger.prices.all()
    heading = Heading(
        charge_point=request.charge_point,
        month=request.month,
        zone=request.zone,
        currency=prices[0].currency if prices else request.currency,
        created_at=request.created_at,
        simulated=request.simulated,
    )
    sessions = ledger.sessions.between(*request.month.bounds(request.zone))
    return make_statement(heading, sessions, _registers(ledger, request))


def _registers(ledger: "Ledger", request: ReportRequest) -> tuple[Register, Register] | None:
    """Return the readings nearest to the month's bounds; None where it is unclear of which meter.

    The opening one is the last before the month; where there is none yet, the first in it.
    """
    meters = ledger.readings.meters()
    meter = request.meter or (meters[0] if len(meters) == 1 else None)
    if meter is None:
        return None
    start, stop = request.month.bounds(request.zone)
    opening = ledger.readings.latest(meter, before=start) or ledger.readings.first(meter, start)
    closing = ledger.readings.latest(meter, before=stop)
    if opening is None or closing is None:
        return None
    return _register(opening), _register(closing)


def _register(reading: MeterReading) -> Register:
    return Register(reading.time, reading.energy_import_wh, reading.serial)


def write_statement(
    statement: Statement, folder: Path, formats: tuple[Format, ...]
) -> tuple[Path, ...]:
    """Write `statement-YYYY-MM.*` in a folder and return the files.

    Each is there whole or, if it cannot be written, as it was before.

    Raises:
        StoreError: One cannot be written.
    """
    written = []
    for kind in formats:
        path = folder / f"statement-{statement.heading.month}.{kind}"
        _write_whole(path, _drawer(kind)(statement))
        written.append(path)
    return tuple(written)


def _drawer(kind: Format) -> Callable[[Statement], bytes]:
    """Return what draws a format; each library is imported only for its own."""
    if kind == "xlsx":
        from oppleo_flow.reports.xlsx import xlsx  # noqa: PLC0415

        return xlsx
    if kind == "pdf":
        from oppleo_flow.reports.pdf import pdf  # noqa: PLC0415

        return pdf
    from oppleo_flow.reports.csv_lines import csv_lines  # noqa: PLC0415

    return csv_lines


def _write_whole(path: Path, content: bytes) -> None:
    """Write a file beside its place, then put it there in one step."""
    beside: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=path.parent, prefix=".", suffix=".part", delete=False) as file:
            beside = Path(file.name)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.chmod(0o644)
        beside.replace(path)
    except OSError as error:
        if beside is not None:
            with suppress(OSError):
                beside.unlink()
        raise StoreError(f"{path}: cannot be written: {error.strerror}") from error
