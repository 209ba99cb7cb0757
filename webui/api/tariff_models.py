"""What the API takes and tells of what a kWh costs."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema
from typing_extensions import TypedDict

from webui.answers import Moment, Money
from webui.reading import DateAsked, Nothing


def _number(given: object) -> object:
    """Return a price given as text: a number in JSON may have lost its last digits already."""
    if not isinstance(given, str):
        raise ValueError('a price is given as text, such as "0.35"')
    try:
        return Decimal(given)
    except ArithmeticError:
        raise ValueError(f"a price such as 0.35 is needed, got {given!r}") from None


Price = Annotated[
    Decimal,
    BeforeValidator(_number),
    Field(gt=-1000, lt=1000, allow_inf_nan=False),
    WithJsonSchema({"type": "string", "pattern": r"^-?\d{1,3}(\.\d{1,6})?$"}),
]


class Part(Nothing):
    """A part of a price, without VAT."""

    name: str = Field(min_length=1, max_length=60)
    per_kwh: Price
    off_peak_per_kwh: Price | None = None


class NewPrice(Nothing):
    """A price from a day on: one with VAT in it, or what it is made up of.

    `calendar` says when it is off-peak; it is kept with the price as it is now.
    """

    from_day: DateAsked | None = Field(None, description="The day; null: from now on.")
    per_kwh: Price | None = Field(None, description="The whole price, VAT included.")
    off_peak_per_kwh: Price | None = Field(None, description="The same in the off-peak hours.")
    parts: list[Part] = Field(default_factory=list, max_length=20)
    vat_percent: Price | None = Field(None, description="On the parts and the market price.")
    calendar: str | None = Field(None, max_length=200, description="A calendar by its name.")
    source: str | None = Field(None, max_length=100, description="Market prices that are added.")


class PartAnswer(TypedDict):
    """A part of a price, without VAT."""

    name: str
    per_kwh: Money
    off_peak_per_kwh: Money | None


class PriceAnswer(TypedDict):
    """A price, from when until when it holds, and how many sessions have cost by it.

    `off_peak_per_kwh` is None where it is the same at all hours; `week` is when it is off-peak, in
    minutes.  With a `source`, `per_kwh` is what is added to the market price.
    """

    price_version_id: str
    valid_from: Moment
    valid_until: Moment | None
    state: Literal["past", "now", "coming"]
    per_kwh: Money
    off_peak_per_kwh: Money | None
    currency: str
    parts: list[PartAnswer]
    vat_percent: Money | None
    source: str | None
    week: list[list[tuple[int, int]]] | None
    sessions: int


class MarketPriceAnswer(TypedDict):
    """What a kWh costs at the market for a while, without VAT and what is added."""

    since: Moment
    until: Moment
    per_kwh: Money


class SourceAnswer(TypedDict):
    """A source of market prices: the node that fetches them, how it is, and what is known."""

    source: str
    node: str
    status: str
    text: str
    prices: list[MarketPriceAnswer]


class PricesAnswer(TypedDict):
    """All prices, the newest first; `calendars` and `sources` are what a new one may go by.

    `open_sessions` are under way: a new price cuts them at the moment from which it holds.
    """

    items: list[PriceAnswer]
    total: int
    currency: str
    timezone: str
    calendars: list[str]
    sources: list[SourceAnswer]
    open_sessions: int
