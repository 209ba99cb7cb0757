"""What a session of the ledger costs, as people and machines are told it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from oppleo_flow.charging.billing import billed
from oppleo_flow.charging.record import SessionRecord
from oppleo_flow.charging.slices import EnergySlice
from tests.oppleo_flow.charging.prices import FLAT

NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
OPEN = SessionRecord(
    session_id=UUID(int=1),
    token_id=UUID(int=2),
    uid="04A1B2C3",
    label="family",
    started_at=NOON,
    meter_start_wh=1000,
    meter_start_quality="measured",
    meter_serial="19001234",
)


def test_a_session_that_is_open_has_no_bill() -> None:
    assert billed(OPEN) is None


def test_a_session_that_began_before_the_first_price_is_billed_in_the_currency_of_that() -> None:
    first = EnergySlice(NOON + HOUR, NOON + 2 * HOUR, 1000, 3000, "flat", FLAT, Decimal("0.35"))
    end = NOON + 2 * HOUR
    ended = replace(OPEN, ended_at=end, meter_end_wh=3000, energy_wh=2000, slices=(first,))
    bill = billed(ended)

    assert bill is not None
    assert (bill.amount, bill.currency) == (Decimal("0.70"), "EUR")
