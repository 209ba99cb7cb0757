"""Fetch prices of electricity that change by the hour or the quarter, from a file or a server.

```yaml
day_ahead:
  type: price-source
  http: web               # a connection of type http-client
  url: https://prices.example/nl?from={today}&to={day_after_tomorrow}
  rows: data              # {"data": [{"start": "2026-01-15T00:00+01:00", "price": 81.20}, …]}
  start: start
  price: price
  unit: MWh
  every: 1h
  keep: durable

ledger:
  type: ledger
  store: store
  from: {prices: day_ahead.prices}
```

A price that `oppleo-flow prices set --market day-ahead` names goes by what the ledger was told by
the `source` of this name. In the address `{today}`, `{tomorrow}` and `{day_after_tomorrow}` stand
for the site's days, as `2026-01-15`. Where the server wants a key, `headers` sends it:

```yaml
  headers: {Authorization: !secret price_key}      # price_key: Bearer abc…, in secrets.yaml
```

A file is CSV with a heading, or JSON; in JSON `rows` leads to the list. Each row has when its price
begins and what it is; `end` too, if it is told, or else it holds for `length`, or as long as the
shortest of them all. A row without a price, and one that is missing, is a hole: the price is then
unknown, never nothing. What is not a price at all makes the whole of it be refused.

`now` says what a kWh costs now, and which share of today's prices is lower: a `switch` makes "cheap
now" of it. With `keep: durable` the prices survive a restart without a network.
"""

from datetime import datetime, timedelta
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, SecretStr, model_validator

from oppleo_flow import (
    Example,
    Level,
    Node,
    NodeConfig,
    Out,
    PayloadError,
    Ref,
    Seconds,
    ServiceError,
    Timer,
    TimeZone,
)
from oppleo_flow.charging.price_feed import PriceForm, PriceUnit, read_prices
from oppleo_flow.devices.http import HttpClient, HttpRequest
from oppleo_flow.payloads import MarketPrice, MarketPrices, PriceNow, PriceUnknown

_KEPT = timedelta(days=2)
_LONGEST_WAIT_S = 60.0
"""The wall clock may be set while the node waits; so it looks again after this time."""
_MOST_BYTES = 5_000_000
_RETRY_S = 60.0
"""After this time what could not be read is tried again; then after twice as long, and so on."""
_MISSING = "prices-missing"


def _sendable(value: SecretStr | str) -> SecretStr | str:
    text = value if isinstance(value, str) else value.get_secret_value()
    if not (text and text.isascii() and text.isprintable()):
        raise ValueError("a header is one line of ASCII")
    return value


HeaderName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+$")]
HeaderValue = Annotated[SecretStr | str, AfterValidator(_sendable)]


class PriceSourceConfig(NodeConfig):
    """Settings of a `price-source` node."""

    source: str = Field(
        "day-ahead", min_length=1, max_length=100, description="What prices call it."
    )
    url: str | None = Field(None, description="Address to fetch from; or else `file`.")
    http: Ref[HttpClient] | None = Field(None, description="Web client to fetch with.")
    headers: dict[HeaderName, HeaderValue] = Field(
        default_factory=dict,
        description="What the server is told besides, such as a key: {X-Api-Key: !secret name}.",
    )
    file: str | None = Field(
        None, min_length=1, description="File to read; within the site's folder, if relative."
    )
    every: Seconds = Field(
        "1h", validate_default=True, ge=10, description="How often it is read again."
    )
    format: Literal["json", "csv"] = Field("json", description="What the prices are written in.")
    rows: str = Field("", description="In JSON the way to the list, such as data.prices.")
    start: str = Field("start", description="Field, or column, of a price's beginning.")
    end: str | None = Field(None, description="Field of its end, where that is told.")
    price: str = Field("price", description="Field of the price itself.")
    unit: PriceUnit = Field("kWh", description="What it is the price of: kWh, MWh; or ct/kWh.")
    length: Seconds | None = Field(
        None, gt=0, description="How long a price holds whose end is not told."
    )
    currency: str | None = Field(
        None, pattern=r"^[A-Z]{3}$", description="Of the prices; default: the site's."
    )
    timezone: TimeZone | None = Field(
        None, description="Zone of times without an offset; default: the site's."
    )

    @model_validator(mode="after")
    def _is_from_somewhere(self) -> Self:
        if (self.url is None) == (self.file is None):
            raise ValueError("url or file is needed, and not both")
        if self.url is not None and self.http is None:
            raise ValueError("url needs http, the web client to fetch it with")
        if self.headers and self.url is None:
            raise ValueError("headers go with url; a file is read as it is")
        return self


class PriceSource(Node[PriceSourceConfig]):
    """Fetch prices that change by the hour or the quarter.

    Input:
        None.

    Output:
        `prices`: the `MarketPrices` of each fetch, whole.
        `now`: a `PriceNow`, or a `PriceUnknown`.

    Raises:
        Nothing.  While the file or the server cannot be read, or what it says is not prices, what
        was known stays, and the status tells why; when that is over the price is unknown, with the
        fault `prices-missing`.

    Source:
        None.
    """

    type_name = "price-source"
    icon = "trending-up"
    blocking = True
    prices: Out[MarketPrices]
    now: Level[PriceNow | PriceUnknown]
    known: tuple[MarketPrice, ...] = ()
    """The prices of these days, the oldest first."""
    examples = [
        Example(
            config={"file": "prices.csv", "format": "csv"},
            expect={
                "prices": [],
                "now": PriceUnknown(
                    datetime.fromisoformat("2026-01-15T12:00:00+00:00"), "no price is known"
                ),
            },
            doc="A file that is not there: the price is not known, and not nothing.",
        )
    ]

    def start(self) -> None:
        """Tell what is known, and fetch."""
        config = self.config
        self._zone = ZoneInfo(config.timezone or self.site.timezone)
        self._form = PriceForm(
            kind=config.format,
            rows=config.rows,
            start=config.start,
            end=config.end,
            price=config.price,
            unit=config.unit,
            length=None if config.length is None else timedelta(seconds=config.length),
            zone=self._zone,
        )
        self._currency = config.currency or self.site.currency
        self._timer: Timer | None = None
        self._trouble = ""
        self._again_s = _RETRY_S
        self._told: PriceNow | PriceUnknown | None = None
        self._tell()
        self.after(0, self._fetch)

    def clock_set(self, seconds: float) -> None:
        """Go by the new time."""
        self._tell()

    def _fetch(self) -> None:
        """Read the prices, and again later: soon if they cannot be read."""
        try:
            self._read()
        except (ServiceError, PayloadError) as error:
            if str(error) != self._trouble:
                self.log.warning("%s", error)
            self._trouble = str(error)
            self.after(min(self._again_s, self.config.every), self._fetch)
            self._again_s *= 2
        else:
            self._trouble, self._again_s = "", _RETRY_S
            self.after(self.config.every, self._fetch)
        self._tell()

    def _read(self) -> None:
        """Read the prices, tell them, and keep those that are still of use."""
        text = self._file() if self.config.file is not None else self._answer()
        if text is None:
            return
        place = self.config.file or HttpRequest("GET", self.config.url or "").server
        try:
            found = read_prices(text, self._form)
        except ValueError as error:
            raise PayloadError(f"{place}: {error}") from error
        self.known = _together(self.known, found, self.clock.now() - _KEPT)
        self.prices.send(MarketPrices(self.config.source, self._currency, found))

    def _file(self) -> str:
        path = self.site.folder / (self.config.file or "")
        try:
            with path.open(encoding="utf-8") as opened:
                text = opened.read(_MOST_BYTES)
        except OSError as error:
            raise ServiceError(f"{path}: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise PayloadError(f"{path}: is not text in UTF-8") from error
        if len(text) == _MOST_BYTES:
            raise PayloadError(f"{path}: is over {_MOST_BYTES} characters long")
        return text

    def _answer(self) -> str | None:
        """Return what the server says; None when nothing was really asked."""
        assert self.config.http is not None  # the settings see to it
        today = self.clock.now().astimezone(self._zone).date()
        days = {
            "{today}": today,
            "{tomorrow}": today + timedelta(days=1),
            "{day_after_tomorrow}": today + timedelta(days=2),
        }
        url = self.config.url or ""
        for name, day in days.items():
            url = url.replace(name, day.isoformat())
        request = HttpRequest("GET", url, headers=self.config.headers)
        answer = self.use(self.config.http).send(request)
        if answer.simulated:
            return None
        if not answer.ok:
            raise ServiceError(f"{request.server}: answered with status {answer.status}")
        return answer.text

    def _tell(self) -> None:
        """Say what a kWh costs now, and look again when that may have changed."""
        now = self.clock.now()
        price = _price_now(self.known, now, self._zone, self._currency)
        self._show(price)
        if not _same(price, self._told):
            self._told = price
            self.now.set(price)
        edges = [at for slot in self.known for at in (slot.since, slot.until) if at > now]
        wait_s = min((min(edges) - now).total_seconds(), _LONGEST_WAIT_S) if edges else None
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None if wait_s is None else self.after(wait_s, self._tell)

    def _show(self, price: PriceNow | PriceUnknown) -> None:
        """Say how it is; it is a fault that the price is not known because it cannot be read."""
        if isinstance(price, PriceNow):
            self.clear(_MISSING)
            text = f"{price.per_kwh.normalize():f} {price.currency} per kWh"
            if self._trouble:
                self.status("warn", f"{text}; {self._trouble}")
            else:
                self.status("ok", text)
            return
        self.status("warn", price.reason)
        if self._trouble:
            self.fault(_MISSING, self._trouble)
        else:
            self.clear(_MISSING)


def _price_now(
    known: tuple[MarketPrice, ...], now: datetime, zone: ZoneInfo, currency: str
) -> PriceNow | PriceUnknown:
    slot = next((one for one in known if one.since <= now < one.until), None)
    if slot is None:
        day = now.astimezone(zone)
        reason = f"no price for {day:%a %H:%M}" if known else "no price is known"
        return PriceUnknown(now, reason)
    today = now.astimezone(zone).date()
    prices = [one.per_kwh for one in known if one.since.astimezone(zone).date() == today]
    cheaper = sum(price < slot.per_kwh for price in prices) / max(len(prices), 1)
    return PriceNow(slot.per_kwh, currency, slot.since, slot.until, cheaper)


def _same(price: PriceNow | PriceUnknown, told: PriceNow | PriceUnknown | None) -> bool:
    """Return whether a price says nothing new: of what is unknown only that it still is."""
    if isinstance(price, PriceUnknown) and isinstance(told, PriceUnknown):
        return True
    return price == told


def _together(
    known: tuple[MarketPrice, ...], found: tuple[MarketPrice, ...], since: datetime
) -> tuple[MarketPrice, ...]:
    """Return what is known with what was found, which counts where the two overlap."""
    left = [
        one
        for one in known
        if one.until > since
        and not any(new.since < one.until and one.since < new.until for new in found)
    ]
    recent = [one for one in found if one.until > since]
    return tuple(sorted([*left, *recent], key=lambda one: one.since))
