"""A ledger with a price, and the request to issue its statement of January."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

from oppleo_flow.charging.period import Period
from oppleo_flow.charging.tariff import PriceVersion
from oppleo_flow.reports import Issue, ReportRequest
from oppleo_flow.store import Ledger, StoreLocation, open_ledger

NOON = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)


def request_in(folder: Path) -> ReportRequest:
    """Return the request; the ledger and all that is written are in a folder."""
    return ReportRequest(
        ledger=folder / "ledger.sqlite",
        charge_point="cp",
        period=Period.parse("2026-01"),
        zone=ZoneInfo("Europe/Amsterdam"),
        formats=("csv", "pdf", "xlsx"),
        folder=folder / "reports",
        created_at=datetime(2026, 2, 1, 5, 0, tzinfo=UTC),
        issue=Issue("somebody", folder / "reports" / "archive"),
    )


@contextmanager
def ledger_of(wanted: ReportRequest) -> Iterator[Ledger]:
    """Open the ledger, with a price and nothing else."""
    with open_ledger(StoreLocation(wanted.ledger), wanted.charge_point) as opened:
        price = PriceVersion(UUID(int=1), NOON - timedelta(days=1), Decimal("0.35"), "EUR")
        opened.prices.add(price)
        yield opened
