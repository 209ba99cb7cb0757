from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from oppleo_flow.charging.tariff import PriceVersion
from oppleo_flow.payloads import Attribution, SessionEnded, SessionStarted
from oppleo_flow.store.import_rows import PastSession

NOW = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
BEGAN = datetime(2023, 5, 1, 20, 0, tzinfo=UTC)


@pytest.fixture
def price(ledger):
    version = PriceVersion(UUID(int=1), BEGAN, Decimal("0.35"), "EUR")
    ledger.prices.add(version)
    ledger.prices.add(PriceVersion(UUID(int=2), BEGAN + timedelta(hours=1), Decimal("9.99"), "EUR"))
    return version


def past(price, number: int = 7) -> PastSession:
    session_id, ended_at = UUID(int=100 + number), BEGAN + timedelta(hours=3)
    started = SessionStarted.sample(
        session_id=session_id, started_at=BEGAN, attribution=Attribution(vehicle="van")
    )
    ended = SessionEnded.sample(session_id=session_id, started_at=BEGAN, ended_at=ended_at)
    return PastSession(started, ended, price, 12_345, str(number), {"id": str(number), "km": None})


def test_a_past_session_is_in_the_ledger_with_its_own_price_whatever_held_meanwhile(ledger, price):
    ledger.imports.add_sessions("charge_session", [past(price)], NOW)
    (session,) = ledger.sessions.latest(5)
    assert (session.energy_wh, session.amount, session.price_per_kwh) == (
        *(10_000, Decimal("3.50")),
        Decimal("0.35"),
    )
    assert (session.odometer_km, session.attribution.vehicle) == (12_345, "van")
    assert session.flags == ()
    assert ledger.sessions.open() is None


def test_the_row_that_a_session_was_is_kept_with_it(ledger, price):
    ledger.imports.add_sessions("charge_session", [past(price)], NOW)
    assert ledger.imports.rows("charge_session") == {"7": {"id": "7", "km": None}}
    assert ledger.imports.rows("rfid") == {}


def test_writing_it_again_changes_nothing(ledger, price):
    ledger.imports.add_sessions("charge_session", [past(price)], NOW)
    before = ledger.sessions.latest(5)
    ledger.imports.add_sessions("charge_session", [past(price), past(price, 8)], NOW)
    assert ledger.sessions.latest(5)[1:] == before or ledger.sessions.latest(5)[:1] == before
    assert sorted(ledger.imports.rows("charge_session")) == ["7", "8"]


def test_a_row_that_is_kept_anew_takes_the_place_of_the_one_before(ledger):
    ledger.imports.keep("rfid", {"1": {"name": "van"}, "2": {"name": None}}, NOW)
    ledger.imports.keep("rfid", {"1": {"name": "bus"}}, NOW)
    assert ledger.imports.rows("rfid") == {"1": {"name": "bus"}, "2": {"name": None}}
