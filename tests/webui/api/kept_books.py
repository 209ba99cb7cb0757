"""A ledger with two months of sessions of two drivers, and who asks about them."""

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from oppleo_flow.charging.statement_settings import StatementFacts
from oppleo_flow.charging.tariff import PriceVersion
from oppleo_flow.payloads import Attribution, MeterReading, SessionEnded, SessionStarted
from oppleo_flow.reports import SiteStatements
from oppleo_flow.store import Ledger, StoreLocation, open_ledger
from webui.ports import SiteFacts

NOON = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
PRICE = PriceVersion(UUID(int=99), NOON - timedelta(days=40), Decimal("0.30"), "EUR")
ANNA = Attribution(driver="Anna", vehicle="van", plate="AB-123-C", cost_centre="Sales")
BEN = Attribution(driver="Ben", vehicle="<b>bus</b>")
SESSIONS = {
    1: (NOON, ANNA, "blue"),
    2: (NOON + timedelta(days=1), BEN, "<script>alert(1)</script>"),
    3: (NOON + timedelta(days=31), ANNA, "blue"),
    4: (NOW - timedelta(hours=2), ANNA, "=1+1"),
}
"""When each began, whose it was, and its card; the last one is open."""


def keep_sessions(ledger):
    """Fill a ledger: each session takes an hour, and as many kWh as its number."""
    ledger.prices.add(PRICE)
    for number, (since, of, label) in SESSIONS.items():
        start_wh = 1_000_000 + 20_000 * number
        facts = {"session_id": UUID(int=number), "label": label, "started_at": since}
        facts |= {"meter_start_wh": start_wh, "meter_serial": "19001234"}
        ledger.sessions.record(SessionStarted.sample(**facts, attribution=of))
        if since + timedelta(hours=3) > NOW:
            continue
        del facts["meter_serial"]
        until = {"ended_at": since + timedelta(hours=1), "meter_end_wh": start_wh + 1000 * number}
        ledger.sessions.record(SessionEnded.sample(**facts, **until, energy_wh=1000 * number))
        ledger.readings.record([
            MeterReading.sample(
                time=since + timedelta(minutes=minute),
                energy_import_wh=start_wh + 1000 * number * minute // 60,
                power_w=1000.0 * number,
                serial="19001234",
            )
            for minute in range(0, 61, 5)
        ])  # fmt: skip


class Books(NamedTuple):
    """A ledger that is open, and where it is."""

    ledger: Ledger
    location: StoreLocation


@contextmanager
def books_in(folder):
    """Open a ledger in a folder, with those sessions."""
    location = StoreLocation(folder / "ledger.sqlite")
    with open_ledger(location, "cp") as ledger:
        keep_sessions(ledger)
        yield Books(ledger, location)


def site_of(ledger, location, folder, clock):
    """Return what the web interface is told of the site."""
    zone = ZoneInfo("Europe/Amsterdam")
    statements = SiteStatements(
        folder, location.path, "cp", zone, "EUR", "en", StatementFacts(), simulated=False
    )
    return SiteFacts(
        clock=clock,
        charge_point="cp",
        timezone=zone.key,
        books=lambda: ledger,
        statements=lambda: statements,
    )


def end_of_last():
    """Return the end of the session that is open."""
    since, _, label = SESSIONS[4]
    return SessionEnded.sample(
        session_id=UUID(int=4),
        label=label,
        started_at=since,
        ended_at=since + timedelta(hours=1),
        meter_start_wh=1_080_000,
        meter_end_wh=1_084_000,
        energy_wh=4_000,
    )
