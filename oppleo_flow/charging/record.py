"""A session as the ledger has it."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

from oppleo_flow.charging.tariff import PriceVersion, amount
from oppleo_flow.payloads import RegisterQuality

SessionFlag = Literal["energy-unknown", "price-unknown", "late-start"]


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """One session with its registers and its price; what ended it is None while it is open.

    `price` is the version that held when the session started.
    """

    session_id: UUID
    token_id: UUID
    uid: str
    label: str
    started_at: datetime
    meter_start_wh: int | None
    meter_start_quality: RegisterQuality
    meter_serial: str | None
    ended_at: datetime | None = None
    meter_end_wh: int | None = None
    energy_wh: int | None = None
    reason: str | None = None
    price: PriceVersion | None = None

    @property
    def amount(self) -> Decimal | None:
        """Return what it costs; None when its energy or its price is unknown."""
        return amount(self.energy_wh, self.price)

    @property
    def flags(self) -> tuple[SessionFlag, ...]:
        """Return what a reader of its figures has to know, the most important first."""
        found: list[SessionFlag] = []
        if self.energy_wh is None:
            found.append("energy-unknown")
        if self.price is None:
            found.append("price-unknown")
        if self.meter_start_quality == "late":
            found.append("late-start")
        return tuple(found)
