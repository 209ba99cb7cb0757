from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

import openpyxl
import pytest

from oppleo_flow.charging.tariff import PriceVersion
from oppleo_flow.cli import main
from oppleo_flow.clock import SystemClock
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
        f"{folder}/preview-2026-01.xlsx",
        f"{folder}/preview-2026-01.pdf",
        f"{folder}/preview-2026-01.csv",
        "preview of 2026-01: 1 session, 10.000 kWh, 3.50 EUR",
    ]
    sheet = openpyxl.load_workbook(folder / "preview-2026-01.xlsx").worksheets[0]
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
        "preview of 2026-01: 2 sessions, 10.000 kWh, 3.50 EUR; 1 of unknown energy, not in the sums"
    )


def test_sessions_of_unknown_price_are_said_not_to_be_in_the_total(january, capsys):
    early = {"started_at": PRICE.valid_from - timedelta(days=1)}
    with open_ledger(StoreLocation(january / ".oppleo" / "ledger.sqlite"), "garage") as ledger:
        about = {"session_id": UUID(int=9), **early}
        ledger.sessions.record(SessionStarted.sample(**about))
        ledger.sessions.record(
            SessionEnded.sample(**about, ended_at=PRICE.valid_from - timedelta(hours=2))
        )
    assert main(["report", "--month", "2025-12", "--format", "csv"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == (
        "preview of 2025-12: 1 session, 10.000 kWh, 0.00 EUR; 1 of unknown price, not in the total"
    )


def test_a_statement_is_written_where_one_wants_it(january, tmp_path, capsys):
    assert main(["report", "--month", "2026-01", "-o", str(tmp_path / "out")]) == 0
    assert [file.name for file in (tmp_path / "out").iterdir()] == ["preview-2026-01.xlsx"]


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


def test_a_statement_is_issued_with_a_number_and_noted(january, capsys):
    words = ["report", "--month", "2026-01", "--format", "csv", "--issue"]
    assert main(words) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"{january}/reports/statement-2026-01.csv",
        "garage-202601 v1: 1 session, 10.000 kWh, 3.50 EUR",
    ]
    assert main(["audit"]) == 0
    assert "issue  statement garage-202601 v1" in " ".join(capsys.readouterr().out.split(" "))


def test_the_running_month_has_a_preview_and_no_statement(january, capsys):
    # That of an hour from now: it is not over either, not even when this takes a while.
    soon = SystemClock().now().astimezone(ZoneInfo("Europe/Amsterdam")) + timedelta(hours=1)
    assert main(["report", "--month", f"{soon:%Y-%m}", "--issue"]) == 3
    assert "until then there are only previews" in capsys.readouterr().err
    assert main(["report", "--month", f"{soon:%Y-%m}"]) == 0
    file = january / "reports" / f"preview-{soon:%Y-%m}.xlsx"
    sheet = openpyxl.load_workbook(file).worksheets[0]
    assert "Preliminary" in [row[0].value for row in sheet.iter_rows()]


def test_a_year_any_days_and_one_card_can_be_asked_for(january, capsys):
    for words, name in (
        (["--year", "2026"], "preview of 2026"),
        (["--from", "2026-01-10", "--until", "2026-02-03"], "preview of 2026-01-10_2026-02-03"),
        (["--month", "2026-01", "--card", "family"], "preview of 2026-01 of family"),
    ):
        assert main(["report", *words, "--format", "csv-excel", "--language", "nl"]) == 0
        assert capsys.readouterr().out.splitlines()[-1] == (
            f"{name}: 1 session, 10.000 kWh, 3.50 EUR"
        )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        pytest.param(
            ["--month", "2026-01", "--year", "2026"],
            "one of --month, --year, and --from with --until is enough",
            id="two periods",
        ),
        pytest.param(
            ["--from", "2026-01-01"], "--from and --until: both are needed", id="half a period"
        ),
        pytest.param(
            ["--from", "2026-02-01", "--until", "2026-02-01"],
            "a period ends after it begins, got 2026-02-01 until 2026-02-01",
            id="a period without a day",
        ),
        pytest.param(
            ["--year", "26"], "--year: a year such as 2026 is needed, got '26'", id="no year"
        ),
    ],
)
def test_what_is_no_period_is_refused(site, capsys, words, message):
    assert main(["report", *words]) == 2
    assert capsys.readouterr().err == (f"oppleo-flow: {message}; see `oppleo-flow report --help`\n")


def test_what_a_site_says_of_itself_stands_on_its_statements(january, capsys):
    settings = january / "oppleo.yaml"
    said = "statement: {employer: Acme BV, number: '00000{period}', profile: de}\n"
    settings.write_text(settings.read_text() + said)
    assert main(["report", "--month", "2026-01", "--issue"]) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("00000202601 v1: ")
    sheet = openpyxl.load_workbook(january / "reports" / "statement-2026-01.xlsx").worksheets[0]
    head = {row[0].value: row[3].value for row in sheet.iter_rows()}
    assert head["Employer"] == "Acme BV"
    assert head["Reimbursed by"] == "Germany: the published price"
