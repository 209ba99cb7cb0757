"""What the ledger knows when a test of a flow begins: `given:`.

```yaml
given:
  cards:
    family: {valid_until: 2026-01-15, driver: Anna, energy_wh: 10000}
    office: {enabled: off}
    visitor: {}              # a card of the pocket that is unknown else
  enrol: guest               # the next unknown or disabled card is enrolled under this label
  prices:                    # in place of 0.35 at all hours
    - {from: 2026-01-01, per_kwh: 0.40, off_peak: 0.30, calendar: dal}
    - {from: 2026-02-01, components: {energy: 0.15/0.08, tax: 0.10}, vat: 21, calendar: dal}
```

A `calendar` is one of the site's by its name, or its rules themselves.
"""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Self
from uuid import NAMESPACE_OID, UUID, uuid5
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, model_validator

from oppleo_flow.charging.calendar_rules import CalendarRules, SiteCalendars
from oppleo_flow.charging.tariff import Component, PriceVersion, Tariff
from oppleo_flow.charging.tokens import AccountKind, Enrolment, Token, legacy_id
from oppleo_flow.flowfile.suggest import hint
from oppleo_flow.options import NodeConfig, ScalarText, Seconds
from oppleo_flow.payloads import Limits
from oppleo_flow.simulator.readers import POCKET
from oppleo_flow.store import Ledger

_ENROLMENT = timedelta(hours=1)
_WHOLE = "price"


def price_id(valid_from: datetime) -> UUID:
    """Return the id of the price of a simulation that holds from a moment on, always the same."""
    return uuid5(NAMESPACE_OID, f"price from {valid_from.isoformat()}")


def _in_the_pocket(name: str) -> str:
    known = [card.name for card in POCKET]
    if name not in known:
        raise ValueError(f"no such card is in the pocket{hint(name, known, what='there are')}")
    return name


def _component_price(text: str) -> str:
    parts = text.split("/")
    try:
        numbers = [Decimal(part) for part in parts]
    except ArithmeticError:
        numbers = []
    if not (1 <= len(numbers) <= 2 and all(number.is_finite() for number in numbers)):
        raise ValueError("a price such as 0.15 or, with an off-peak one, 0.15/0.08 is needed")
    return text


class GivenCard(NodeConfig):
    """A card of the pocket, as the ledger knows it."""

    enabled: bool = Field(True, description="Whether it may charge.")
    valid_from: date | None = Field(None, description="Its first valid day.")
    valid_until: date | None = Field(None, description="Its last valid day.")
    driver: str | None = Field(None, description="Who its sessions are for.")
    vehicle: str | None = Field(None, description="Which vehicle they are for.")
    plate: str | None = Field(None, description="The plate of that vehicle.")
    cost_centre: str | None = Field(None, description="Which cost centre they are for.")
    energy_wh: int | None = Field(None, gt=0, description="What one of its sessions may take.")
    duration: Seconds | None = Field(
        None, gt=0, description="How long one of its sessions may last."
    )

    @model_validator(mode="after")
    def _is_a_card(self) -> Self:
        self.token(POCKET[0].name)
        if self.plate is not None and self.vehicle is None:
            raise ValueError("a plate is that of a vehicle; add `vehicle`")
        return self

    def token(self, name: str) -> Token:
        """Return the token of the card of this name in the pocket."""
        (uid,) = (card.uid for card in POCKET if card.name == name)
        seconds = None if self.duration is None else int(self.duration)
        return Token(
            uuid5(NAMESPACE_OID, uid),
            uid,
            legacy_id(bytes.fromhex(uid)),
            name,
            self.enabled,
            *(self.valid_from, self.valid_until, self.driver, self.vehicle, self.cost_centre),
            limits=Limits(self.energy_wh, seconds),
        )


class GivenPrice(NodeConfig):
    """What a kWh costs from a moment on, VAT included, or from its components."""

    since: datetime = Field(
        validation_alias="from",
        description="From when: a day, or a time by the local clock, or one with its offset.",
    )
    per_kwh: Decimal | None = Field(None, ge=0, description="The price, VAT included.")
    off_peak: Decimal | None = Field(None, description="The price in the hours of `calendar`.")
    components: dict[str, Annotated[ScalarText, AfterValidator(_component_price)]] = Field(
        default_factory=dict,
        description="In place of the price: its parts without VAT, such as {energy: 0.15/0.08}.",
    )
    vat: Decimal = Field(Decimal(0), description="VAT on the components, in percent.")
    market: str | None = Field(None, description="The source of market prices that are added.")
    calendar: CalendarRules | str | None = Field(
        None, description="The off-peak hours: the name of a calendar of the site, or its rules."
    )

    @model_validator(mode="after")
    def _is_a_price(self) -> Self:
        parts = bool(self.components or self.market)
        if (self.per_kwh is not None) == parts:
            raise ValueError("per_kwh is needed, or its components or a market, and not both")
        if parts and self.off_peak is not None:
            raise ValueError("off_peak goes with per_kwh; a component is written 0.15/0.08")
        self._tariff(None if self.calendar is None else CalendarRules.model_validate({}))
        return self

    def version(self, zone: str, currency: str, calendars: SiteCalendars) -> PriceVersion:
        """Return the version of the ledger; `zone` is the site's.

        Raises:
            ConfigError: The site has no calendar of this name.
        """
        since = self.since
        since = since if since.tzinfo is not None else since.replace(tzinfo=ZoneInfo(zone))
        made = price_id(since)
        rules = self.calendar
        rules = calendars.named(rules) if isinstance(rules, str) else rules
        if rules is not None:
            rules = CalendarRules.model_validate(rules.written(zone))
        tariff = self._tariff(rules)
        if self.per_kwh is not None and rules is None:
            return PriceVersion(made, since.astimezone(UTC), self.per_kwh, currency)
        return PriceVersion.of(made, since.astimezone(UTC), tariff, currency)

    def _tariff(self, calendar: CalendarRules | None) -> Tariff:
        parts = [
            Component(name, *(Decimal(part) for part in text.split("/")))
            for name, text in self.components.items()
        ]
        if self.per_kwh is not None:
            parts = [Component(_WHOLE, self.per_kwh, self.off_peak)]
        return Tariff(tuple(parts), self.vat, calendar, self.market)


class Premise(NodeConfig):
    """What the ledger knows when a test begins."""

    cards: dict[Annotated[str, AfterValidator(_in_the_pocket)], GivenCard] = Field(
        default_factory=dict, description="Cards of the pocket, by name, as they are known."
    )
    enrol: str | None = Field(
        None, min_length=1, description="The label under which the next unknown card is enrolled."
    )
    prices: tuple[GivenPrice, ...] | None = Field(
        None, description="What a kWh costs; none: 0.35 at all hours; []: nobody knows."
    )

    def tell(self, ledger: Ledger, now: datetime) -> None:
        """Let a ledger know the cards, before it knows any other, and what is armed."""
        for name, card in self.cards.items():
            self._know_accounts(ledger, card)
            ledger.tokens.add(card.token(name), now)
        if self.enrol is not None:
            ledger.enrolments.arm(Enrolment(self.enrol, now, now + _ENROLMENT))

    def _know_accounts(self, ledger: Ledger, card: GivenCard) -> None:
        wanted: dict[AccountKind, str | None] = {
            "driver": card.driver,
            "vehicle": card.vehicle,
            "cost-centre": card.cost_centre,
        }
        for kind, name in wanted.items():
            if name is not None and name not in ledger.accounts.names(kind):
                plate = card.plate if kind == "vehicle" else None
                ledger.accounts.add(kind, name, plate=plate)
