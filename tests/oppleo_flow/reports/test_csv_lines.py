import csv
import io

import pytest

from oppleo_flow.reports.csv_lines import csv_for_spreadsheets, csv_lines
from tests.oppleo_flow.reports.statements import DUTCH, PREVIEW, document, session


def test_the_lines_in_the_form_of_rfc_4180():
    of = document(session(1, label='the "red" card, Zoë\'s'), session(2, energy_wh=None))
    assert (
        csv_lines(of)
        == (
            "number,started_at,ended_at,card,register_start_kwh,register_end_kwh,energy_kwh,"
            "price_per_kwh,amount,currency,remarks,session_id,driver,vehicle,plate,cost_centre,"
            "peak_kwh,off_peak_kwh,odometer_km,slices\r\n"
            "1,2026-10-24T22:00:00+02:00,2026-10-25T02:00:00+01:00,"
            '"the ""red"" card, Zoë\'s",1020.000,1032.345,12.345,0.3141,3.88,EUR,,'
            "00000000-0000-0000-0000-000000000001,,,,,,,,\r\n"
            "2,2026-10-24T22:00:00+02:00,2026-10-25T02:00:00+01:00,"
            "family,1040.000,,,0.3141,,EUR,energy unknown,"
            "00000000-0000-0000-0000-000000000002,,,,,,,,\r\n"
        ).encode()
    )


def test_a_program_reads_back_what_was_written():
    rows = list(csv.DictReader(io.StringIO(csv_lines(PREVIEW).decode(), newline="")))
    assert [row["energy_kwh"] for row in rows] == ["12.345", "12.345", "", "12.345"]
    assert [row["amount"] for row in rows] == ["3.88", "3.88", "", ""]


def test_a_spreadsheet_gets_semicolons_and_the_decimal_sign_of_the_language():
    text = csv_for_spreadsheets(DUTCH).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=";"))
    assert rows[0][:7] == [
        *("Nr.", "Begin (Europe/Amsterdam)", "Einde (Europe/Amsterdam)", "Laadpas"),
        *("Beginstand, kWh", "Eindstand, kWh"),
        "Energie, kWh",
    ]
    assert rows[1][:9] == [
        *("1", "2026-10-24 22:00", "2026-10-25 02:00", "family"),
        *("1020,000", "1032,345", "12,345", "0,3141", "3,88"),
    ]
    assert csv_for_spreadsheets(PREVIEW).startswith(b"\xef\xbb\xbfNo.;Start (Europe/Amsterdam);")
    assert ";12.345;" in csv_for_spreadsheets(PREVIEW).decode()


@pytest.mark.parametrize("write", [csv_lines, csv_for_spreadsheets])
@pytest.mark.parametrize(
    "label", ["=1+1", "+31 6 1234", "-1", "@SUM(A1)", '=HYPERLINK("http://x","y")']
)
def test_a_name_that_is_like_a_formula_does_nothing(write, label):
    text = write(document(session(1, label=label))).decode("utf-8-sig")
    sign = "," if write is csv_lines else ";"
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=sign))
    assert rows[1][3] == f"'{label}"
