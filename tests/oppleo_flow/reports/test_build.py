from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from openpyxl import load_workbook

from oppleo_flow.charging.meters import MeterFacts, MeterSegment
from oppleo_flow.charging.period import Period
from oppleo_flow.charging.reconciliation import Part, Reconciliation, Register
from oppleo_flow.charging.selection import Selection
from oppleo_flow.charging.statement_settings import StatementFacts
from oppleo_flow.charging.tariff import PriceVersion
from oppleo_flow.errors import ConfigError, StoreError
from oppleo_flow.payloads import MeterReading, ReportWritten, SessionEnded, SessionStarted
from oppleo_flow.reports import ReportRequest, report_in_child
from oppleo_flow.reports.build import report, statement_of
from oppleo_flow.reports.document import Document
from oppleo_flow.reports.drawing import write_files
from oppleo_flow.reports.foot import foot
from oppleo_flow.store import Ledger, StoreLocation, open_ledger
from oppleo_flow.wording import wording
from tests.oppleo_flow.reports.statements import PREVIEW

NOON = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
ZONE = ZoneInfo("Europe/Amsterdam")
JANUARY = Period.parse("2026-01")
START, STOP = JANUARY.bounds(ZONE)


@pytest.fixture
def request_(tmp_path: Path) -> ReportRequest:
    return ReportRequest(
        ledger=tmp_path / "ledger.sqlite",
        charge_point="cp",
        period=JANUARY,
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
    files = [folder / f"preview-2026-01.{kind}" for kind in ("xlsx", "pdf", "csv")]
    assert written == ReportWritten(
        period="2026-01",
        files=tuple(str(file) for file in files),
        sessions=1,
        energy_wh=10_000,
        total=Decimal("3.50"),
        currency="EUR",
    )
    assert sorted(folder.iterdir()) == sorted(files)
    rows = list(load_workbook(files[0]).worksheets[0].iter_rows(values_only=True))
    line = next(row for row in rows if row[0] == 1)
    assert line[5:11] == ("family", 1234.567, 1244.567, 10, 0.35, 3.5)
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
                (
                    Part(
                        Register(START - timedelta(seconds=10), 1_200_000, "19001234"),
                        Register(STOP - timedelta(seconds=10), 1_260_000, "19001234"),
                    ),
                ),
                sessions_wh=10_000,
                before_wh=0,
                unfinished_wh=0,
            ),
            id="the last before each bound",
        ),
        pytest.param(
            [reading(NOON, 1_234_567), reading(NOON + timedelta(hours=3), 1_244_567)],
            Reconciliation(
                (
                    Part(
                        Register(NOON, 1_234_567, "19001234"),
                        Register(NOON + timedelta(hours=3), 1_244_567, "19001234"),
                    ),
                ),
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
    """Oppleo D17: the first month counts from 0."""
    ledger.readings.record(readings)
    assert statement_of(ledger, request_).reconciliation == expected


def test_a_meter_that_was_exchanged_is_reconciled_in_two_parts(ledger, request_):
    old, new = ("19001234", "B")
    at = NOON + timedelta(days=3)
    ledger.readings.record(
        [
            reading(START, 1_230_000),
            reading(at, 1_250_000),
            MeterReading.sample(time=at + timedelta(hours=1), energy_import_wh=7, serial=new),
            MeterReading.sample(time=at + timedelta(days=2), energy_import_wh=907, serial=new),
        ]
    )
    found = statement_of(ledger, request_).reconciliation
    assert found is not None
    assert [(part.counted_wh, part.opening.serial) for part in found.parts] == [
        (20_000, old),
        (900, new),
    ]
    assert found.unattributed_wh == 10_900


@pytest.mark.parametrize(
    ("selection", "message"),
    [
        pytest.param(
            Selection(card="famly"),
            "statement: card 'famly': is not known; did you mean 'family'?",
            id="a slip",
        ),
        pytest.param(
            Selection(vehicle="van"),
            "statement: vehicle 'van': is not known; see `oppleo-flow accounts`",
            id="a vehicle that nobody has entered",
        ),
        pytest.param(
            Selection(point="left"),
            "statement: point 'left': is not known; "
            "see the flow: a charge point is called as its part of it is",
            id="a charge point that there is not",
        ),
    ],
)
def test_nobody_gets_an_empty_statement_by_a_slip(ledger, request_, selection, message):
    with pytest.raises(StoreError) as error:
        report(replace(request_, selection=selection))
    assert str(error.value) == message


def test_a_vehicle_that_did_not_charge_has_an_empty_statement(ledger, request_):
    ledger.accounts.add("vehicle", "van")
    assert report(replace(request_, selection=Selection(vehicle="van"))).sessions == 0


def test_a_charge_point_at_which_nobody_charged_has_an_empty_statement(ledger, request_):
    """Be it that somebody did so another month, or that nothing but its meter is known."""
    before = START - timedelta(days=9)
    ledger.sessions.record(
        SessionStarted.sample(session_id=UUID(int=3), point="left", started_at=before)
    )
    ledger.readings.record([reading(before, 1_000, meter="right.meter")])
    for point in ("left", "right"):
        assert report(replace(request_, selection=Selection(point=point))).sessions == 0


def test_the_meter_of_a_charge_point_is_the_one_beside_its_session(ledger, request_):
    """Neither meter tells its number, so that no session says whose register it has."""
    for number, point, wh in ((4, "left", 2_000), (5, "right", 3_000)):
        at = {"session_id": UUID(int=number), "meter_start_wh": 1_000}
        ledger.sessions.record(SessionStarted.sample(**at, point=point, meter_serial=None))
        ledger.sessions.record(SessionEnded.sample(**at, energy_wh=wh, meter_end_wh=1_000 + wh))
        shown = {START: 1_000, STOP - timedelta(hours=1): 9_000}
        ledger.readings.record(
            [reading(at, wh, f"{point}.meter").with_(serial=None) for at, wh in shown.items()]
        )
    left = statement_of(ledger, replace(request_, selection=Selection(point="left")))
    assert left.reconciliation is not None
    found = left.reconciliation
    assert (found.counted_wh, found.sessions_wh, found.others_wh) == (8_000, 2_000, 0)
    whole = dict(statement_of(ledger, request_).by_meter)
    assert list(whole) == ["left.meter", "right.meter"]
    assert whole["left.meter"] == found
    right = whole["right.meter"]
    assert right is not None
    assert (right.counted_wh, right.sessions_wh, right.unattributed_wh) == (8_000, 3_000, 5_000)


def test_the_foot_has_the_registers_of_each_meter_of_a_site(ledger, request_):
    for number, point in ((4, "left"), (5, "right")):
        at = {"session_id": UUID(int=number), "meter_start_wh": 1_000}
        ledger.sessions.record(SessionStarted.sample(**at, point=point))
        ledger.sessions.record(SessionEnded.sample(**at, energy_wh=2_000, meter_end_wh=3_000))
    for at, wh in {START: 1_000, STOP - timedelta(hours=1): 4_000}.items():
        ledger.readings.record([reading(at, wh, "left.meter")])
    ledger.readings.record([reading(START - timedelta(days=400), 1, "right.meter")])
    statement = statement_of(ledger, request_)
    said = [(one.what, one.value) for one in foot(Document(statement, wording("en")))]
    assert said[-6:] == [
        ("left.meter: Opening register, 2026-01-01 00:00 +01:00, meter 19001234", Decimal(1)),
        ("left.meter: Closing register, 2026-01-31 23:00 +01:00, meter 19001234", Decimal(4)),
        ("left.meter: Closing less opening: counted by the meter", Decimal(3)),
        ("left.meter: Of which the sessions above", Decimal(2)),
        ("left.meter: Of which not part of any session", Decimal(1)),
        ("right.meter: Registers at the period's bounds", "unknown"),
    ]


def test_two_meters_at_one_charge_point_are_told_apart_by_nobody(ledger, request_):
    for meter in ("meter", "house"):
        ledger.readings.record([reading(START, 1_000, meter)])
    statement = statement_of(ledger, request_)
    assert (statement.reconciliation, statement.by_meter) == (None, ())


def test_the_files_replace_those_of_an_earlier_report(tmp_path):
    (old,) = write_files(PREVIEW, tmp_path, {"csv": b"an earlier one"})
    assert write_files(PREVIEW, tmp_path, {"csv": b"a new one"}) == [old]
    assert old.read_bytes() == b"a new one"
    assert list(tmp_path.iterdir()) == [old]


def test_a_file_that_cannot_be_put_in_its_place_leaves_nothing_behind(tmp_path):
    taken = tmp_path / "preview-2026-10.csv"
    taken.mkdir()
    with pytest.raises(StoreError) as error:
        write_files(PREVIEW, tmp_path, {"csv": b""})
    assert str(error.value) == f"{taken}: cannot be written: Is a directory"
    assert list(tmp_path.iterdir()) == [taken]


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError) as error:
        write_files(PREVIEW, tmp_path / "file", {"csv": b""})
    assert str(error.value) == (
        f"{tmp_path}/file/preview-2026-10.csv: cannot be written: File exists"
    )


def test_files_of_different_selections_have_different_names(tmp_path):
    names = {
        write_files(of, tmp_path, {"csv": b""})[0].name
        for of in (
            PREVIEW,
            *(
                replace(PREVIEW, statement=replace(PREVIEW.statement, heading=heading))
                for name in ("a b", "a-b", "../../a")
                for heading in [replace(PREVIEW.statement.heading, selection=Selection(card=name))]
            ),
        )
    }
    assert len(names) == 4
    assert {path.name for path in tmp_path.iterdir()} == names


def test_an_exchange_that_somebody_entered_counts_by_the_registers_he_read_off(ledger, request_):
    """Of a meter that does not tell its serial number."""
    at = NOON + timedelta(days=3)
    silent = {"serial": None}
    ledger.readings.record(
        [
            MeterReading.sample(time=START, energy_import_wh=1_230_000, **silent),
            MeterReading.sample(time=at - timedelta(hours=1), energy_import_wh=1_249_000, **silent),
            MeterReading.sample(time=at + timedelta(hours=1), energy_import_wh=105, **silent),
            MeterReading.sample(time=at + timedelta(days=2), energy_import_wh=907, **silent),
        ]
    )
    old = MeterSegment("meter", START - timedelta(days=9), MeterFacts("Eastron", "SDM120"))
    new = MeterSegment("meter", at, MeterFacts("Eastron", "SDM630", "B", mid=True), first_wh=100)
    ledger.meters.add(old)
    ledger.meters.exchange(1_250_000, new)
    statement = statement_of(ledger, request_)
    found = statement.reconciliation
    assert found is not None
    assert [part.counted_wh for part in found.parts] == [20_000, 807]
    assert [one.model for one in statement.meters][:2] == ["SDM120", "SDM630"]


def test_prices_in_one_money_reimburse_nothing_that_is_billed_in_another(request_):
    agreed = StatementFacts(profile="nl", agreed_per_kwh=Decimal("0.32"))
    with open_ledger(StoreLocation(request_.ledger), "cp") as ledger:
        ledger.prices.add(PriceVersion(UUID(int=1), NOON, Decimal("0.35"), "CHF"))
        with pytest.raises(ConfigError) as error:
            statement_of(ledger, replace(request_, facts=agreed))
        assert str(error.value) == (
            "profile 'nl': reimburses by prices in EUR, and sessions cost CHF here; "
            "take another profile, or another basis"
        )
        by_cost = replace(request_, facts=StatementFacts(profile="nl"))
        assert statement_of(ledger, by_cost).heading.currency == "CHF"
