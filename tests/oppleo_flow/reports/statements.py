"""Statements for the tests of their formats."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from oppleo_flow.charging.month import Month
from oppleo_flow.charging.period import Period
from oppleo_flow.charging.reconciliation import Part, Register
from oppleo_flow.charging.record import SessionRecord
from oppleo_flow.charging.statement import Heading, Statement, make_statement
from oppleo_flow.charging.tariff import PriceVersion
from oppleo_flow.reports.document import Document
from oppleo_flow.wording import wording

ZONE = ZoneInfo("Europe/Amsterdam")
OCTOBER = Period.of_month(Month(2026, 10))
PRICE = PriceVersion(UUID(int=9), datetime(2026, 1, 1, tzinfo=UTC), Decimal("0.3141"), "EUR")
HEADING = Heading("my-charger", OCTOBER, ZONE, "EUR", datetime(2026, 11, 1, 5, 0, 8, tzinfo=UTC))


def session(
    number: int,
    *,
    label: str = "family",
    energy_wh: int | None = 12_345,
    price: PriceVersion | None = PRICE,
    started_at: datetime = datetime(2026, 10, 24, 20, 0, tzinfo=UTC),
    late: bool = False,
) -> SessionRecord:
    start_wh = 1_000_000 + number * 20_000
    return SessionRecord(
        session_id=UUID(int=number),
        token_id=UUID(int=1),
        uid="04A1B2C3",
        label=label,
        started_at=started_at,
        meter_start_wh=start_wh,
        meter_start_quality="late" if late else "measured",
        meter_serial="19001234",
        ended_at=started_at + timedelta(hours=5),
        meter_end_wh=None if energy_wh is None else start_wh + energy_wh,
        energy_wh=energy_wh,
        reason="card",
        price=price,
    )


def statement(*sessions: SessionRecord, heading: Heading = HEADING) -> Statement:
    start, stop = heading.period.bounds(heading.zone)
    opening = Register(start, 1_000_000, "19001234")
    closing = Register(stop, 1_100_000, "19001234")
    return make_statement(heading, sessions, [Part(opening, closing)])


def document(
    *sessions: SessionRecord, heading: Heading = HEADING, language: str = "en"
) -> Document:
    return Document(statement(*sessions, heading=heading), wording(language))


WHOLE = statement(
    session(1),
    session(2, label="work", started_at=datetime(2026, 10, 26, 10, 0, tzinfo=UTC)),
    session(3, energy_wh=None, started_at=datetime(2026, 10, 27, 10, 0, tzinfo=UTC)),
    session(4, price=None, late=True, started_at=datetime(2026, 10, 28, 10, 0, tzinfo=UTC)),
)
"""The night in which the clock goes back, two cards, and all that can be unknown."""

PREVIEW = Document(WHOLE, wording("en"))
DUTCH = Document(WHOLE, wording("nl"))
