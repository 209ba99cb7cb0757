"""The readings of a meter as CSV by RFC 4180, or as a workbook.

They are read a day at a time, so a year of them needs no more memory than a day, and nobody who
writes to the ledger waits.  What a meter does not measure is empty.
"""

import csv
import io
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC
from shutil import copyfileobj
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from oppleo_flow.errors import Refused
from oppleo_flow.payloads import MeterReading
from oppleo_flow.reports.csv_lines import harmless
from oppleo_flow.reports.readings.request import ReadingsRequest
from oppleo_flow.store import StoreLocation, open_ledger

if TYPE_CHECKING:
    from oppleo_flow.store import Ledger

_PHASES: Final = (1, 2, 3)
TITLES: Final = (
    *("time_utc", "energy_import_wh", "power_w"),
    *(f"power_l{phase}_w" for phase in _PHASES),
    *(f"voltage_l{phase}_v" for phase in _PHASES),
    *(f"current_l{phase}_a" for phase in _PHASES),
    *(f"energy_l{phase}_wh" for phase in _PHASES),
    *("frequency_hz", "serial"),
)
MOST_ROWS: Final = 1_048_575
"""How many a sheet has below its titles; spreadsheets end there."""
_TIME_FORMAT: Final = "yyyy-mm-dd hh:mm:ss"


def write(request: ReadingsRequest, file: BinaryIO) -> None:
    """Write the readings that are asked for.

    Raises:
        Refused: They do not fit into a sheet.
        StoreError: The ledger cannot be read.
    """
    location = StoreLocation(request.ledger)
    with open_ledger(location, request.charge_point, read_only=True) as ledger:
        write_of = _write_csv if request.format == "csv" else _write_sheet
        write_of(ledger, request, file)


def _write_csv(ledger: "Ledger", request: ReadingsRequest, file: BinaryIO) -> None:
    text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=False)
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(TITLES)
    text.flush()  # who waits for it sees that it begins
    for one in _each(ledger, request):
        time, *figures, serial = _row(one)
        writer.writerow([time.isoformat(), *figures, harmless(serial)])
    text.flush()
    text.detach()


def _write_sheet(ledger: "Ledger", request: ReadingsRequest, file: BinaryIO) -> None:
    # Not at the top: whoever wants CSV does not wait for it.
    from openpyxl import Workbook  # noqa: PLC0415
    from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415

    count = ledger.readings.count(request.meter, request.since, request.until)
    if count > MOST_ROWS:
        raise Refused(
            f"{count} readings do not fit into a sheet, which has {MOST_ROWS} rows; choose a "
            "shorter time, or CSV"
        )
    book = Workbook(write_only=True)
    sheet = book.create_sheet("readings")
    sheet.freeze_panes = "A2"
    sheet.column_dimensions["A"].width = 20
    sheet.append(TITLES)
    for one in _each(ledger, request):
        time, *figures, serial = _row(one)
        cell = WriteOnlyCell(sheet, time.replace(tzinfo=None))
        cell.number_format = _TIME_FORMAT
        sheet.append([cell, *figures, harmless(serial)])
    with tempfile.TemporaryFile() as whole:
        book.save(whole)
        whole.seek(0)
        copyfileobj(whole, file)


def _each(ledger: "Ledger", request: ReadingsRequest) -> Iterator[MeterReading]:
    for since, until in request.parts():
        yield from ledger.readings.between(request.meter, since, until)


def _row(one: MeterReading) -> list[Any]:
    return [
        one.time.astimezone(UTC),
        one.energy_import_wh,
        one.power_w,
        *_three(one.power_phases_w),
        *_three(one.voltage_phases_v),
        *_three(one.current_phases_a),
        *_three(one.energy_phases_wh),
        one.frequency_hz,
        one.serial or "",
    ]


def _three(phases: Sequence[float]) -> list[float | None]:
    return [phases[number] if number < len(phases) else None for number in range(len(_PHASES))]
