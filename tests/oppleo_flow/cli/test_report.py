from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import openpyxl
import pytest

from oppleo_flow.charging.tariff import PriceVersion
from oppleo_flow.cli import main
from oppleo_flow.payloads import SessionEnded, SessionStarted
from oppleo_flow.store import StoreLocation, open_ledger

PRICE = PriceVersion(UUID(int=7), datetime(2026, 1, 1, tzinfo=UTC), Decimal("0.35"), "EUR")


@pytest.fixture
def january(site):
    with open_ledger(StoreLocation(site / ".oppleo" / "ledger.sqlite"), "garage") as ledger:
        ledger.prices.add(PRICE)
        ledger.sessions.record(SessionStarted.sample())
        ledger.sessions.record(SessionEnded.sample())
    return site


def test_a_statement_is_written_in_every_format_that_is_asked_for(january, capsys):
    words = ["--month", "2026-01", "--format", "xlsx", "--format", "pdf", "--format", "csv"]
    assert main(["report", *words]) == 0
    folder = january / "reports"
    assert capsys.readouterr().out.splitlines() == [
        f"{folder}/statement-2026-01.xlsx",
        f"{folder}/statement-2026-01.pdf",
        f"{folder}/statement-2026-01.csv",
        "2026-01: 1 session, 10.000 kWh, 3.50 EUR",
    ]
    sheet = openpyxl.load_workbook(folder / "statement-2026-01.xlsx").worksheets[0]
    assert "garage" in {str(cell.value) for row in sheet.iter_rows() for cell in row}


def test_sessions_of_unknown_energy_are_said_not_to_be_in_the_sums(january, capsys):
    with open_ledger(StoreLocation(january / ".oppleo" / "ledger.sqlite"), "garage") as ledger:
        ledger.sessions.record(SessionStarted.sample(session_id=UUID(int=9)))
        ledger.sessions.record(
            SessionEnded.sample(
                session_id=UUID(int=9),
                meter_end_wh=None,
                meter_end_quality="unknown",
                energy_wh=None,
            )
        )
    assert main(["report", "--month", "2026-01", "--format", "csv"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == (
        "2026-01: 2 sessions, 10.000 kWh, 3.50 EUR; 1 of unknown energy, not in the sums"
    )


def test_a_statement_is_written_where_one_wants_it(january, tmp_path, capsys):
    assert main(["report", "--month", "2026-01", "-o", str(tmp_path / "out")]) == 0
    assert [file.name for file in (tmp_path / "out").iterdir()] == ["statement-2026-01.xlsx"]


def test_without_a_ledger_there_is_no_statement(site, capsys):
    assert main(["report", "--month", "2026-01"]) == 1
    assert capsys.readouterr().err == (
        f"oppleo-flow: {site}/.oppleo/ledger.sqlite: there is no ledger yet; "
        "start `oppleo-flow run` once\n"
    )


def test_what_is_no_month_is_refused(site, capsys):
    assert main(["report", "--month", "2026-13"]) == 2
    assert capsys.readouterr().err == (
        "oppleo-flow: --month: a month such as 2026-01 is needed, got '2026-13'; "
        "see `oppleo-flow report --help`\n"
    )
