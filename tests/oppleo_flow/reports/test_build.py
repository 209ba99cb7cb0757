from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from openpyxl import load_workbook

from oppleo_flow.charging.month import Month
from oppleo_flow.charging.statement import Reconciliation, Register
from oppleo_flow.charging.tariff import PriceVersion
from oppleo_flow.errors import StoreError
from oppleo_flow.payloads import MeterReading, ReportWritten, SessionEnded, SessionStarted
from oppleo_flow.reports import ReportRequest, report_in_child
from oppleo_flow.reports.build import report, statement_of, write_statement
from oppleo_flow.store import Ledger, StoreLocation, open_ledger
from tests.oppleo_flow.reports.statements import WHOLE

NOON = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
ZONE = ZoneInfo("Europe/Amsterdam")
START, STOP = Month(2026, 1).bounds(ZONE)


@pytest.fixture
def request_(tmp_path: Path) -> ReportRequest:
    return ReportRequest(
        ledger=tmp_path / "ledger.sqlite",
        charge_point="cp",
        month=Month(2026, 1),
        zone=ZONE,
        formats=("xlsx", "pdf", "csv"),
        folder=tmp_path / "reports",
        created_at=STOP + timedelta(hours=6),
    )


@pytest.fixture
def ledger(request_: ReportRequest):
    with open_ledger(StoreLocation(request_.ledger), "cp") as opened:
        price = PriceVersion(UUID(int=1), NOON - timedelta(days=1), Decimal("0.35"), "EUR")
        opened.prices.add(price)
        opened.sessions.record(SessionStarted.sample())
        opened.sessions.record(SessionEnded.sample())
        yield opened


def reading(at: datetime, energy_wh: int, meter: str = "meter") -> MeterReading:
    return MeterReading.sample(time=at, energy_import_wh=energy_wh, meter=meter)


def test_a_report_is_written_in_a_process_of_its_own(ledger: Ledger, request_: ReportRequest):
    written = report_in_child(request_, timeout_s=120.0)
    folder = request_.folder
    files = [folder / f"statement-2026-01.{kind}" for kind in ("xlsx", "pdf", "csv")]
    assert written == ReportWritten(
        month="2026-01",
        files=tuple(str(file) for file in files),
        sessions=1,
        energy_wh=10_000,
        total=Decimal("3.50"),
        currency="EUR",
    )
    assert sorted(folder.iterdir()) == sorted(files)
    rows = list(load_workbook(files[0]).active.iter_rows(values_only=True))
    line = next(row for row in rows if row[0] == 1)
    assert line[3:9] == ("family", 1234.567, 1244.567, 10, 0.35, 3.5)
    assert files[1].read_bytes().startswith(b"%PDF-")


def test_the_child_says_in_one_line_what_is_wrong(request_: ReportRequest):
    with pytest.raises(StoreError) as error:
        report_in_child(request_, timeout_s=120.0)
    assert str(error.value) == (
        f"{request_.ledger}: there is no ledger yet; start `oppleo-flow run` once"
    )


def test_a_statement_may_be_written_while_the_ledger_is_written(ledger, request_):
    assert report(request_).sessions == 1
    ledger.sessions.record(SessionStarted.sample(session_id=UUID(int=7)))


@pytest.mark.parametrize(
    ("readings", "expected"),
    [
        pytest.param(
            [
                reading(START - timedelta(days=40), 1),
                reading(START - timedelta(seconds=10), 1_200_000),
                reading(START, 1_200_010),
                reading(NOON, 1_234_567),
                reading(STOP - timedelta(seconds=10), 1_260_000),
                reading(STOP, 1_260_010),
            ],
            Reconciliation(
                Register(START - timedelta(seconds=10), 1_200_000, "19001234"),
                Register(STOP - timedelta(seconds=10), 1_260_000, "19001234"),
                sessions_wh=10_000,
                before_wh=0,
                unfinished_wh=0,
            ),
            id="the last before each bound",
        ),
        pytest.param(
            [reading(NOON, 1_234_567), reading(NOON + timedelta(hours=3), 1_244_567)],
            Reconciliation(
                Register(NOON, 1_234_567, "19001234"),
                Register(NOON + timedelta(hours=3), 1_244_567, "19001234"),
                sessions_wh=10_000,
                before_wh=0,
                unfinished_wh=0,
            ),
            id="the first in the month where there is none before",
        ),
        pytest.param([], None, id="no reading"),
        pytest.param([reading(STOP, 1)], None, id="none before the month's end"),
        pytest.param(
            [reading(START, 1), reading(NOON, 2), reading(START, 1, "house")],
            None,
            id="two meters",
        ),
    ],
)
def test_the_registers_of_a_month(ledger, request_, readings, expected):
    ledger.readings.record(readings)
    assert statement_of(ledger, request_).reconciliation == expected


def test_the_files_replace_those_of_an_earlier_report(tmp_path):
    (old,) = write_statement(WHOLE, tmp_path, ("csv",))
    old.write_text("an earlier one")
    assert write_statement(WHOLE, tmp_path, ("csv",)) == (old,)
    assert old.read_text().startswith("number,")
    assert list(tmp_path.iterdir()) == [old]


def test_a_file_that_cannot_be_put_in_its_place_leaves_nothing_behind(tmp_path):
    taken = tmp_path / "statement-2026-10.csv"
    taken.mkdir()
    with pytest.raises(StoreError) as error:
        write_statement(WHOLE, tmp_path, ("csv",))
    assert str(error.value) == f"{taken}: cannot be written: Is a directory"
    assert list(tmp_path.iterdir()) == [taken]


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError) as error:
        write_statement(WHOLE, tmp_path / "file", ("csv",))
    assert str(error.value) == (
        f"{tmp_path}/file/statement-2026-10.csv: cannot be written: File exists"
    )
