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
        "start             end               card       kWh  amount  note",
        "2026-01-15 13:00  2026-01-15 15:00  family  10.000    3.50",
        "2026-01-16 09:30  open              guest        ?       ?",
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


def test_a_session_is_in_the_month_of_the_sites_zone(january, capsys):
    assert main(["sessions", "--month", "2025-12", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == []


def test_what_is_no_month_is_refused(january, capsys):
    assert main(["sessions", "--month", "January"]) == 2
    assert capsys.readouterr().err == (
        "oppleo-flow: --month: a month such as 2026-01 is needed, got 'January'; "
        "see `oppleo-flow sessions --help`\n"
    )
