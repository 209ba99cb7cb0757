"""A session as the ledger has it."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal
from uuid import UUID

from oppleo_flow.charging.slices import EnergySlice
from oppleo_flow.charging.tariff import PriceVersion, amount, total
from oppleo_flow.immutable import immutable
from oppleo_flow.payloads import NOBODY, Attribution, RegisterQuality, Trigger

SessionFlag = Literal[
    "energy-unknown",
    "price-unknown",
    "estimated",
    "late-start",
    "late-end",
    "interrupted",
    "clock-uncertain",
    "corrected",
    "void",
]


@immutable
class Remark:
    """Who corrected a session, when, and why."""

    at: datetime
    who: str
    why: str


@immutable
class WrongClock:
    """A clock that was found out to have been behind by `behind` until `known_at`."""

    behind: timedelta
    known_at: datetime

    def shown(self, at: datetime) -> datetime:
        """Return what it showed at a moment."""
        return at - self.behind if at < self.known_at else at

    def meant(self, shown: datetime) -> datetime:
        """Return the moment at which it showed a time."""
        return shown + self.behind if shown < self.known_at - self.behind else shown


@immutable
class SessionRecord:
    """One session with its registers and its price; what ended it is None while it is open.

    `price` is the version that held when the session started, `slices` what each part of the energy
    costs; without any, all of it costs `price`.  `one_price`: it was billed elsewhere, and costs
    `price` whatever other ones held meanwhile.  `settled_at` is when the end
    register was read, where that was after the end; `late_end`: none was known until then.
    `clock` is the one that its readings went by, where that was wrong.  `odometer_km` is what its
    vehicle's showed when it began; None: nobody knows.
    `original` is the session as it was recorded, if `corrections` have changed it since; one of
    them may have made it `void`.
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
    slices: tuple[EnergySlice, ...] = ()
    one_price: bool = False
    trigger: Trigger = "card"
    attribution: Attribution = NOBODY
    settled_at: datetime | None = None
    late_end: bool = False
    interrupted: bool = False
    clock_uncertain: bool = False
    clock: WrongClock | None = None
    point: str = ""
    odometer_km: int | None = None
    void: bool = False
    corrections: tuple[Remark, ...] = ()
    original: "SessionRecord | None" = None

    @property
    def is_open(self) -> bool:
        """Return whether it has not ended."""
        return self.ended_at is None

    @property
    def amount(self) -> Decimal | None:
        """Return what it costs; None when its energy or its price is unknown."""
        if self.energy_wh is not None and self.slices:
            return total((part.energy_wh, part.per_kwh) for part in self.slices)
        return amount(self.energy_wh, self.price)

    @property
    def price_per_kwh(self) -> Decimal | None:
        """Return what each kWh of it costs; None if that is unknown, or not the same for all."""
        if self.slices:
            prices = {part.per_kwh for part in self.slices}
            return prices.pop() if len(prices) == 1 else None
        flat = self.price is not None and self.price.tariff is None
        return self.price.price_per_kwh if self.price is not None and flat else None

    @property
    def currency(self) -> str | None:
        """Return what its amount is in; None when no price holds for any part of it."""
        versions = (self.price, *(part.version for part in self.slices))
        return next((version.currency for version in versions if version is not None), None)

    @property
    def price_unknown(self) -> bool:
        """Return whether the price of any part of it is not known."""
        if self.slices:
            return any(part.energy_wh and part.per_kwh is None for part in self.slices)
        return self.price is None

    @property
    def flags(self) -> tuple[SessionFlag, ...]:
        """Return what a reader of its figures has to know, the most important first."""
        holds: dict[SessionFlag, bool] = {
            "energy-unknown": self.energy_wh is None,
            "price-unknown": self.price_unknown,
            "estimated": any(part.estimated for part in self.slices),
            "late-start": self.meter_start_quality == "late",
            "late-end": self.late_end,
            "interrupted": self.interrupted,
            "clock-uncertain": self.clock_uncertain,
            "corrected": bool(self.corrections),
            "void": self.void,
        }
        return tuple(flag for flag, does in holds.items() if does)
