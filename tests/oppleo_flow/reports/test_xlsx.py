import io
import zipfile
from datetime import datetime
from typing import Any

from openpyxl import Workbook, load_workbook

from oppleo_flow.charging.statement import Statement
from oppleo_flow.reports.content import COLUMNS
from oppleo_flow.reports.xlsx import xlsx
from tests.oppleo_flow.reports.statements import WHOLE, session, statement

TITLES = tuple(column.title for column in COLUMNS)


def opened(of: Statement) -> Workbook:
    return load_workbook(io.BytesIO(xlsx(of)))


def rows(of: Statement) -> list[tuple[Any, ...]]:
    return list(opened(of).active.iter_rows(values_only=True))


def test_the_lines_come_back_as_numbers():
    found = rows(WHOLE)
    first = found[found.index(TITLES) + 1]
    assert first == (
        *(1, "2026-10-24 22:00 +02:00", "2026-10-25 02:00 +01:00", "family"),
        *(1020, 1032.345, 12.345, 0.3141, 3.88, "EUR", None),
        "00000000-0000-0000-0000-000000000001",
        *[None] * 6,
    )


def test_the_sums_stand_below_the_lines():
    found = {row[0]: row[6:8] for row in rows(WHOLE) if isinstance(row[0], str)}
    assert found["Sessions"] == (4, None)
    assert found["Energy"] == (37.035, "kWh")
    assert found["Total, the sum of the rounded amounts"] == (7.76, "EUR")


def test_the_head_stands_above_them():
    assert rows(WHOLE)[0][:3] == ("Statement", None, "my-charger 2026-10")


def test_numbers_show_their_decimals():
    sheet = opened(WHOLE).active
    line = next(row for row in sheet.iter_rows() if row[0].value == 1)
    assert [cell.number_format for cell in line[4:9]] == [
        *("0.000", "0.000", "0.000"),
        *("0.00####", "0.00####"),
    ]


def test_a_card_that_is_called_like_a_formula_stays_text():
    sheet = opened(statement(session(1, label="=1+1"))).active
    line = next(row for row in sheet.iter_rows() if row[0].value == 1)
    assert (line[3].value, line[3].data_type) == ("=1+1", "s")


def test_a_card_may_be_called_anything():
    name = "Łukasz & <Zoë> \x00 \N{ELECTRIC PLUG}"
    line = next(row for row in rows(statement(session(1, label=name))) if row[0] == 1)
    assert line[3] == "Łukasz & <Zoë> \N{REPLACEMENT CHARACTER} \N{ELECTRIC PLUG}"


def test_the_same_statement_gives_the_same_bytes():
    assert xlsx(WHOLE) == xlsx(WHOLE)


def test_the_file_bears_the_time_of_the_statement():
    properties = opened(WHOLE).properties
    made = datetime(2026, 11, 1, 5, 0, 8)  # noqa: DTZ001  (openpyxl gives naive UTC)
    assert (properties.created, properties.modified) == (made, made)
    with zipfile.ZipFile(io.BytesIO(xlsx(WHOLE))) as parts:
        assert {part.date_time for part in parts.infolist()} == {(2026, 11, 1, 5, 0, 8)}


def test_a_month_without_sessions_is_a_statement_too():
    found = rows(statement())
    after_titles = found[found.index(TITLES) + 1 :]
    assert next(row for row in after_titles if row[0] is not None)[:7] == (
        *("Sessions", None, None, None, None, None),
        0,
    )
