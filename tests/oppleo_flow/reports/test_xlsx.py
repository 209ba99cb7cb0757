import csv
import io
import re
import shutil
import subprocess
import zipfile
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from oppleo_flow.charging.statement_settings import StatementFacts
from oppleo_flow.payloads import Attribution
from oppleo_flow.reports.document import Document
from oppleo_flow.reports.foot import foot
from oppleo_flow.reports.xlsx import xlsx
from tests.oppleo_flow.charging.prices import DUAL
from tests.oppleo_flow.reports.sliced import cut
from tests.oppleo_flow.reports.statements import DUTCH, HEADING, PREVIEW, document, session

_CONVERT_S = 120


def opened(of: Document, *, values: bool = True) -> Workbook:
    return load_workbook(io.BytesIO(xlsx(of)), data_only=values)


def rows(of: Document) -> list[tuple[Any, ...]]:
    return list(opened(of).worksheets[0].iter_rows(values_only=True))


def lines_of(of: Document) -> list[tuple[Any, ...]]:
    found = rows(of)
    begin = next(n for n, row in enumerate(found) if row[0] == "No.")
    return found[begin + 1 :]


def naive(*parts: int) -> datetime:
    return datetime(*parts)  # noqa: DTZ001  (a worksheet has no zones)


def test_numbers_come_back_as_numbers_and_times_as_local_times_with_their_offset():
    assert lines_of(PREVIEW)[0][:16] == (
        *(1, naive(2026, 10, 24, 22), "+02:00", naive(2026, 10, 25, 2), "+01:00", "family"),
        *(1020, 1032.345, 12.345, 0.3141, 3.88, "EUR", None),
        *("00000000-0000-0000-0000-000000000001", None, None),
    )


def test_numbers_and_times_have_formats():
    sheet = opened(PREVIEW).worksheets[0]
    line = next(row for row in sheet.iter_rows() if row[0].value == 1)
    assert [line[n].number_format for n in (1, 6, 8, 9, 10)] == [
        *("yyyy-mm-dd hh:mm", "#,##0.000", "#,##0.000", "#,##0.00####", "#,##0.00####"),
    ]


def test_the_lines_are_a_table():
    sheet = opened(PREVIEW).worksheets[0]
    (table,) = sheet.tables.values()
    cells = sheet[table.ref]
    assert len(cells) == 1 + len(PREVIEW.statement.lines)
    assert [column.name for column in table.tableColumns] == [cell.value for cell in cells[0]]
    assert table.autoFilter.ref == table.ref


def test_the_sums_are_formulas_that_have_their_values_too():
    values = {row[0]: row[8:10] for row in rows(PREVIEW) if isinstance(row[0], str)}
    assert values["Sessions"] == (4, None)
    assert values["Energy"] == (37.035, "kWh")
    assert values["Total, the sum of the rounded amounts"] == (7.76, "EUR")
    sheet = opened(PREVIEW, values=False).worksheets[0]
    formulas = {row[0].value: row[8].value for row in sheet.iter_rows()}
    assert re.fullmatch(r"=ROUND\(SUM\(\$I\$\d+:\$I\$\d+\),3\)", formulas["Energy"])


def computed(of: Document, folder: Path) -> dict[str, str]:
    """Return what LibreOffice makes of the sums, whose values it does not find in the file."""
    file = folder / "statement.xlsx"
    with zipfile.ZipFile(io.BytesIO(xlsx(of))) as old, zipfile.ZipFile(file, "w") as new:
        for name in old.namelist():
            part = old.read(name)
            new.writestr(name, re.sub(rb"(</f>)<v>[^<]*</v>", rb"\1", part))
    subprocess.run(
        [
            *("soffice", "--headless", f"-env:UserInstallation=file://{folder}/profile"),
            *("--convert-to", "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false"),
            *("--outdir", str(folder), str(file)),
        ],
        check=True,
        capture_output=True,
        timeout=_CONVERT_S,
    )
    text = file.with_suffix(".csv").read_text(encoding="utf-8")
    return {row[0]: row[8].replace(",", "") for row in csv.reader(io.StringIO(text)) if row[0]}


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is missing")
def test_a_spreadsheet_computes_exactly_the_totals_of_the_statement(tmp_path):
    facts = StatementFacts(profile="nl", agreed_per_kwh=Decimal("0.3333"))
    heading = replace(HEADING, facts=facts, reimbursement=facts.reimbursement())
    names = ('the "red" one', "<5", "Zoë", "zoë", "=1+1", "")
    sessions = [
        replace(
            cut(number, DUAL, 10_001 + 37 * number),
            label=names[number % 6],
            attribution=Attribution(vehicle=names[-number % 6] or None),
        )
        for number in range(1, 120)
    ]
    of = document(*sessions, session(900, energy_wh=None), heading=heading)
    found = computed(of, tmp_path)
    expected = {one.what: one.value for one in foot(of) if one.sum is not None}
    assert len(expected) > 20
    assert {what: Decimal(found[what]) for what in expected} == expected


def test_the_second_sheet_has_a_bar_for_each_day():
    book = opened(PREVIEW)
    sheet = book.worksheets[1]
    assert (book.sheetnames, sheet.max_row) == (["Statement", "Chart"], 32)
    assert sheet["A2"].value == naive(2026, 10, 1)
    assert [row[1] for row in sheet.iter_rows(values_only=True)][25:29] == [
        12.345,
        12.345,
        0,
        12.345,
    ]
    (chart,) = sheet._charts
    (series,) = chart.series
    assert series.val.numRef.f == "'Chart'!$B$2:$B$32"


def test_a_workbook_in_dutch_says_so():
    assert opened(DUTCH).sheetnames == ["Overzicht", "Grafiek"]


def test_the_head_stands_above_the_lines():
    assert rows(PREVIEW)[0][0] == "Preview of a charging statement"
    assert rows(PREVIEW)[2][:4] == (
        *("Statement number", None, None, "none: this is a preview, not a statement"),
    )


def test_a_card_that_is_called_like_a_formula_stays_text():
    sheet = opened(document(session(1, label="=1+1")), values=False).worksheets[0]
    line = next(row for row in sheet.iter_rows() if row[0].value == 1)
    assert (line[5].value, line[5].data_type) == ("=1+1", "s")


def test_a_card_may_be_called_anything():
    name = "Łukasz & <Zoë> \x00 \N{ELECTRIC PLUG} "
    line = lines_of(document(session(1, label=name)))[0]
    assert line[5] == "Łukasz & <Zoë> \N{REPLACEMENT CHARACTER} \N{ELECTRIC PLUG} "


def test_the_same_statement_gives_the_same_bytes():
    assert xlsx(PREVIEW) == xlsx(PREVIEW)


def test_the_file_bears_the_time_of_the_statement():
    properties = opened(PREVIEW).properties
    made = naive(2026, 11, 1, 5, 0, 8)
    assert (properties.created, properties.modified) == (made, made)
    with zipfile.ZipFile(io.BytesIO(xlsx(PREVIEW))) as parts:
        assert {part.date_time for part in parts.infolist()} == {(2026, 11, 1, 5, 0, 8)}


def test_a_month_without_sessions_is_a_statement_too():
    found = {row[0]: row[8] for row in rows(document()) if isinstance(row[0], str)}
    assert (found["Sessions"], found["Energy"]) == (0, 0)
    (table,) = opened(document()).worksheets[0].tables.values()
    assert len(opened(document()).worksheets[0][table.ref]) == 2
