from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest

from oppleo_flow.charging.record import SessionRecord
from oppleo_flow.charging.tariff import PriceVersion
from oppleo_flow.errors import StoreError
from oppleo_flow.payloads import SessionEnded, SessionStarted
from oppleo_flow.store import StoreLocation, open_ledger

START = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
ID = UUID("00000000-0000-4000-8000-000000000001")


class KeptSessions:
    """Implements `webui.ports.Sessions` over a list."""

    def __init__(self, *records):
        self.records = records
        self.failure = None

    def latest(self, count):
        if self.failure is not None:
            raise self.failure
        return self.records[:count]


def session(**fields):
    known = {
        "session_id": ID, "token_id": ID, "uid": "04A1B2C3", "label": "family",
        "started_at": START, "meter_start_wh": 1000, "meter_start_quality": "measured",
        "meter_serial": "19001234",
    }  # fmt: skip
    return SessionRecord(**(known | fields))


PRICE = PriceVersion(ID, START, Decimal("0.23457"), "EUR")


@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        pytest.param(
            {"ended_at": START.replace(hour=14), "energy_wh": 10_000, "price": PRICE},
            {
                "ended_at": "2026-01-15T14:00:00+00:00",
                "energy_wh": 10_000,
                "price_per_kwh": "0.23457",
                "currency": "EUR",
                "amount": "2.35",
                "flags": [],
            },
            id="a session that ended, with its price",
        ),
        pytest.param(
            {"price": PRICE},
            {
                "ended_at": None,
                "energy_wh": None,
                "price_per_kwh": "0.23457",
                "currency": "EUR",
                "amount": None,
                "flags": ["energy-unknown"],
            },
            id="an open session has a price and no amount yet",
        ),
        pytest.param(
            {"ended_at": START, "energy_wh": 0, "meter_start_quality": "late"},
            {
                "ended_at": "2026-01-15T12:00:00+00:00",
                "energy_wh": 0,
                "price_per_kwh": None,
                "currency": None,
                "amount": None,
                "flags": ["price-unknown", "late-start"],
            },
            id="without a price it is not free but unknown",
        ),
    ],
)
def test_a_session_has_its_figures(make_client, fields, shown):
    client = make_client(sessions=KeptSessions(session(**fields)))
    assert client.get("/api/v1/sessions/latest").json == {
        "sessions": [
            {
                "session_id": str(ID),
                "label": "family",
                "started_at": "2026-01-15T12:00:00+00:00",
                "point": "",
                "void": False,
                **dict.fromkeys(("driver", "vehicle", "plate", "cost_centre")),
                **shown,
            }
        ]
    }


@pytest.mark.parametrize(("query", "count"), [("", 20), ("?limit=3", 3), ("?limit=200", 200)])
def test_as_many_are_shown_as_asked_for(make_client, query, count):
    client = make_client(sessions=KeptSessions(*[session()] * 300))
    assert len(client.get(f"/api/v1/sessions/latest{query}").json["sessions"]) == count


@pytest.mark.parametrize(
    "limit",
    ["0", "201", "-1", "x", "", "1e2", "٣", "9" * 5000, "000000001" + "9" * 5000, "0000000019"],
)
def test_any_other_number_is_refused(make_client, limit):
    answer = make_client(sessions=KeptSessions()).get(f"/api/v1/sessions/latest?limit={limit}")
    assert (answer.status, answer.json["code"]) == (422, "wrong-limit")
    assert answer.json["detail"].startswith("limit: a number from 1 to 200, got '")


def test_a_site_without_a_ledger_says_so(client):
    answer = client.get("/api/v1/sessions/latest")
    assert (answer.status, answer.json["code"]) == (404, "no-ledger")
    assert answer.json["detail"] == "this site keeps no ledger, so no session is known"


def test_a_ledger_that_cannot_be_read_is_a_problem(make_client):
    sessions = KeptSessions()
    sessions.failure = StoreError("ledger.sqlite: is locked")
    answer = make_client(sessions=sessions).get("/api/v1/sessions/latest")
    assert (answer.status, answer.json["detail"]) == (503, "ledger.sqlite: is locked")


def test_the_sessions_of_the_real_ledger_are_shown(make_client, tmp_path):
    with open_ledger(StoreLocation(tmp_path / "ledger.sqlite"), "here") as ledger:
        ledger.sessions.record(SessionStarted.sample())
        ledger.sessions.record(SessionEnded.sample())
        (shown,) = (
            make_client(sessions=ledger.sessions).get("/api/v1/sessions/latest").json["sessions"]
        )
    assert (shown["label"], shown["energy_wh"]) == ("family", 10_000)
