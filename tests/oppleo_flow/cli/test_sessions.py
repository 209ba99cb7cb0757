import csv
import io
import json
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest

from oppleo_flow.charging.tariff import PriceVersion
from oppleo_flow.cli import main
from oppleo_flow.payloads import SessionEnded, SessionStarted
from oppleo_flow.store import StoreLocation, open_ledger

PRICE = PriceVersion(UUID(int=7), datetime(2026, 1, 1, tzinfo=UTC), Decimal("0.35"), "EUR")
OPEN = UUID(int=8)


@pytest.fixture
def january(site):
    """Record a session of 10 kWh, and one that has not ended and whose start is unknown."""
    with open_ledger(StoreLocation(site / ".oppleo" / "ledger.sqlite"), "garage") as ledger:
        ledger.prices.add(PRICE)
        ledger.sessions.record(SessionStarted.sample())
        ledger.sessions.record(SessionEnded.sample())
        unknown = {"meter_start_wh": None, "meter_start_quality": "unknown"}
        later = datetime(2026, 1, 16, 8, 30, tzinfo=UTC)
        begun = SessionStarted.sample(session_id=OPEN, started_at=later, label="guest", **unknown)
        ledger.sessions.record(begun)
    return site


def test_sessions_are_listed_in_the_sites_time(january, capsys):
    assert main(["sessions", "--month", "2026-01"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "id        start             end               card       kWh  amount  note",
        "00000000  2026-01-15 13:00  2026-01-15 15:00  family  10.000    3.50",
        "00000000  2026-01-16 09:30  open              guest        ?       ?",
    ]


def test_sessions_as_json_have_whole_numbers_of_wh_and_money_as_text(january, capsys):
    assert main(["sessions", "--month", "2026-01", "--format", "json"]) == 0
    ended, begun = json.loads(capsys.readouterr().out)
    assert ended == {
        "session_id": "00000000-0000-4000-8000-000000000001",
        "label": "family",
        "uid": "04A1B2C3",
        "started_at": "2026-01-15T13:00:00+01:00",
        "ended_at": "2026-01-15T15:00:00+01:00",
        "meter_start_wh": 1_234_567,
        "meter_end_wh": 1_244_567,
        "energy_wh": 10_000,
        "price_per_kwh": "0.35",
        "amount": "3.50",
        "currency": "EUR",
        "reason": "card",
        "flags": [],
        "trigger": "card",
        "driver": None,
        "vehicle": None,
        "plate": None,
        "cost_centre": None,
        "odometer_km": None,
        "corrections": [],
        "slices": [
            {
                "since": "2026-01-15T13:00:00+01:00",
                "until": "2026-01-15T15:00:00+01:00",
                "meter_start_wh": 1_234_567,
                "meter_end_wh": 1_244_567,
                "energy_wh": 10_000,
                "tariff": "flat",
                "price_per_kwh": "0.35",
                "estimated": False,
            }
        ],
    }
    assert (begun["ended_at"], begun["energy_wh"], begun["amount"]) == (None, None, None)
    assert begun["flags"] == ["energy-unknown"]


def test_sessions_as_csv_have_the_same_columns(january, capsys):
    assert main(["sessions", "--month", "2026-01", "--format", "csv"]) == 0
    ended, begun = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert (ended["label"], ended["energy_wh"], ended["amount"]) == ("family", "10000", "3.50")
    assert (begun["label"], begun["energy_wh"], begun["flags"]) == ("guest", "", "energy-unknown")


def test_a_card_that_is_called_like_a_formula_is_none_in_a_spreadsheet(january, capsys):
    with open_ledger(StoreLocation(january / ".oppleo" / "ledger.sqlite"), "garage") as ledger:
        ledger.sessions.record(
            SessionStarted.sample(
                session_id=UUID(int=9),
                started_at=datetime(2026, 1, 17, 8, 30, tzinfo=UTC),
                label="=1+1",
            )
        )
    assert main(["sessions", "--month", "2026-01", "--format", "csv"]) == 0
    *_, last = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert last["label"] == "'=1+1"


def test_a_session_is_in_the_month_of_the_sites_zone(january, capsys):
    assert main(["sessions", "--month", "2025-12", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == []


def test_what_is_no_month_is_refused(january, capsys):
    assert main(["sessions", "--month", "January"]) == 2
    assert capsys.readouterr().err == (
        "oppleo-flow: --month: a month such as 2026-01 is needed, got 'January'; "
        "see `oppleo-flow sessions --help`\n"
    )


FIRST = "00000000-0000-4000-8000-000000000001"


def test_a_session_is_corrected_and_its_original_stays(january, capsys):
    """Oppleo D16: editing and deleting sessions leaves no trail."""
    words = ["--end-kwh", "1240", "--why", "read by eye", "--who", "Anna", "--vehicle", "ioniq"]
    assert main(["sessions", "correct", FIRST, *words]) == 0
    assert capsys.readouterr().out == f"{FIRST}: family, 5.433 kWh, 1.90\n"
    assert main(["sessions", "--month", "2026-01", "--format", "json"]) == 0
    corrected, _ = json.loads(capsys.readouterr().out)
    assert (corrected["energy_wh"], corrected["vehicle"]) == (5433, "ioniq")
    assert corrected["flags"] == ["corrected"]
    (told,) = corrected["corrections"]
    assert (told["who"], told["why"]) == ("Anna", "read by eye")
    with open_ledger(StoreLocation(january / ".oppleo" / "ledger.sqlite"), "garage") as ledger:
        assert ledger.sessions.get(UUID(FIRST)).original.energy_wh == 10_000


def test_a_session_is_taken_off_the_bill_and_not_deleted(january, capsys):
    assert main(["sessions", "correct", FIRST, "--void", "--why", "a test"]) == 0
    assert capsys.readouterr().out == f"{FIRST}: family, 0.000 kWh, 0.00, void\n"
    assert main(["sessions", "correct", FIRST, "--not-void", "--why", "it was none"]) == 0
    assert capsys.readouterr().out == f"{FIRST}: family, 10.000 kWh, 3.50\n"


@pytest.mark.parametrize(
    ("words", "code", "line"),
    [
        pytest.param(
            [FIRST, "--why", "x"],
            3,
            f"session {FIRST}: the correction changes nothing; say what is different",
            id="nothing is said",
        ),
        pytest.param(
            [FIRST, "--end-kwh", "1", "--why", "x"],
            3,
            f"session {FIRST}: its energy would be -1233567 Wh; no meter counts backwards",
            id="a negative energy",
        ),
        pytest.param(
            ["00000000", "--void", "--why", "x"],
            3,
            "'00000000' means 2 sessions; give more of the id",
            id="an id that says too little",
        ),
        pytest.param(
            ["12345678", "--void", "--why", "x"],
            3,
            "no session '12345678' is known; see `oppleo-flow sessions`",
            id="a session that nobody knows",
        ),
        pytest.param(
            [FIRST, "--end-kwh", "much", "--why", "x"],
            2,
            "--end-kwh: kWh to at most three decimals are needed, got 'much'; "
            "see `oppleo-flow sessions --help`",
            id="what is no register",
        ),
        pytest.param(
            [FIRST, "--end", "noon", "--why", "x"],
            2,
            "--end: a time such as 2026-01-15T13:00 is needed, got 'noon'; "
            "see `oppleo-flow sessions --help`",
            id="what is no time",
        ),
        pytest.param(
            [FIRST, "--void"],
            2,
            "the following arguments are required: --why; "
            "see `oppleo-flow sessions correct --help`",
            id="no reason",
        ),
    ],
)
def test_what_is_no_correction_is_refused(january, capsys, words, code, line):
    assert main(["sessions", "correct", *words]) == code
    assert capsys.readouterr().err == f"oppleo-flow: {line}\n"


@pytest.mark.parametrize("words", [["start", "page"], ["stop"]])
def test_a_site_that_does_not_run_starts_and_ends_nothing(january, capsys, words):
    assert main(["sessions", *words]) == 3
    assert capsys.readouterr().err.endswith("does not run; start it with `oppleo-flow run` first\n")


def test_two_sessions_are_joined_by_what_is_said_of_both(january, capsys):
    """§3.5 of the original: to condense sessions deletes one of them."""
    second = UUID(int=7)
    begun = {"session_id": second, "meter_start_wh": 1_244_567}
    begun["started_at"] = datetime(2026, 1, 15, 16, 0, tzinfo=UTC)
    until = {"ended_at": datetime(2026, 1, 15, 17, 0, tzinfo=UTC), "meter_end_wh": 1_246_567}
    with open_ledger(StoreLocation(january / ".oppleo" / "ledger.sqlite"), "garage") as ledger:
        ledger.sessions.record(SessionStarted.sample(**begun))
        ledger.sessions.record(SessionEnded.sample(**begun, **until, energy_wh=2_000))
    why = ["--why", "one visit", "--who", "Anna"]
    assert main(["sessions", "join", FIRST, str(second), *why]) == 0
    assert capsys.readouterr().out == f"{FIRST}: family, 12.000 kWh, 4.20\n"
    assert main(["sessions", "join", FIRST, str(second), *why]) == 3
    assert capsys.readouterr().err == f"oppleo-flow: session {second}: is void already\n"
