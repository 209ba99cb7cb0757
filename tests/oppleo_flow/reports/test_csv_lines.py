import csv
import io

from oppleo_flow.reports.csv_lines import csv_lines
from tests.oppleo_flow.reports.statements import WHOLE, session, statement


def test_the_lines_in_the_form_of_rfc_4180():
    assert (
        csv_lines(statement(session(1, label='the "red" card, Zoë\'s'), session(2, energy_wh=None)))
        == (
            "number,started_at,ended_at,card,register_start_kwh,register_end_kwh,energy_kwh,"
            "price_per_kwh,amount,currency,remarks,session_id,driver,vehicle,plate,cost_centre,"
            "peak_kwh,off_peak_kwh\r\n"
            "1,2026-10-24T22:00:00+02:00,2026-10-25T02:00:00+01:00,"
            '"the ""red"" card, Zoë\'s",1020.000,1032.345,12.345,0.3141,3.88,EUR,,'
            "00000000-0000-0000-0000-000000000001,,,,,,\r\n"
            "2,2026-10-24T22:00:00+02:00,2026-10-25T02:00:00+01:00,"
            "family,1040.000,,,0.3141,,EUR,energy unknown,"
            "00000000-0000-0000-0000-000000000002,,,,,,\r\n"
        ).encode()
    )


def test_a_program_reads_back_what_was_written():
    rows = list(csv.DictReader(io.StringIO(csv_lines(WHOLE).decode(), newline="")))
    assert [row["energy_kwh"] for row in rows] == ["12.345", "12.345", "", "12.345"]
    assert [row["amount"] for row in rows] == ["3.88", "3.88", "", ""]
