"""Let a switch be on only at the hours when it may.

```yaml
offpeak:
  type: offpeak-gate
  from: session.request
  open:
    - {days: mon-fri, from: 23:00, to: 07:00}
    - {days: "sat,sun", from: 00:00, to: 24:00}
  holidays: nl-off-peak
```

While it is shut, a request to be on is held, and passed on when it opens. A request to be off
always passes at once.

Windows are of the local clock, `from` included and `to` not; one may cross midnight. The weekday
is that of the moment, not of the window's start: the window of `mon-fri` above is open on Monday
before 7:00, and on Friday until midnight. The nights in which the clock changes are an hour
shorter or longer.

`holidays` are days on which it is open all day, one rule or a list: `nl-off-peak`, the days that
Dutch suppliers count (New Year's Day, Easter Monday, King's Day, Ascension Day, Whit Monday and
both days of Christmas); `12-31`, every year; `2026-05-15`, once; `easter+1`, a day after Easter.
`public_holidays` takes those of any country, by name, from the package `holidays`:

```yaml
offpeak:
  type: offpeak-gate
  from: session.request
  open: [{days: daily, from: 22:00, to: 06:00}]
  holidays: [easter-2, 12-31]
  public_holidays: [{country: DE, subdivision: NW, names: [Fronleichnam]}]
```

`calendar: dal` takes all of this from the site's `calendars:` in `oppleo.yaml`, which prices use as
well. `oppleo-flow calendar` prints when a calendar is open, for two years.

A `PeakOnce` on the input `once` lets it be on now, at the peak price: until the gate opens by
itself, the session ends, or `once_for` is over, whichever comes first. With `keep: durable` a
restart does not forget it. By hand: `oppleo-flow inject offpeak.once '{allowed: true, by: owner}'`.

While the time is not known (a Raspberry Pi without a clock, before the network has told it) nobody
can say whether it is off-peak, so the gate is shut; `clock_unknown: go-by-it` goes by the clock all
the same.

`enabled: false` leaves it open at all hours.

`hours` says whether it is off-peak now, session or not, and whether there is leave to charge at
peak this once: an `rgb-led` shows it.
"""

from datetime import datetime, timedelta
from typing import Literal, Self

from pydantic import Field, model_validator

from oppleo_flow import Example, Instant, Level, Node, NodeConfig, Seconds, Timer, TimeZone
from oppleo_flow.charging.calendar import Calendar
from oppleo_flow.charging.calendar_rules import (
    CalendarName,
    CalendarRules,
    HolidayRules,
    OpenWindow,
    SiteCalendars,
)
from oppleo_flow.charging.public_holidays import PublicHolidays
from oppleo_flow.immutable import immutable
from oppleo_flow.payloads import OffPeak, PeakOnce, SwitchRequest

_LONGEST_WAIT_S = 60.0
"""The wall clock may be set while the gate waits; so it looks again after this time."""
_LOOK_AT_CLOCK = timedelta(seconds=10)


@immutable
class Span:
    """A time in which the gate neither opens nor shuts, [since, until)."""

    is_open: bool
    since: datetime
    until: datetime
    text: str
    time_known: bool = True

    def holds(self, at: datetime) -> bool:
        """Return whether a moment lies in it."""
        return self.since <= at < self.until


def span_at(calendar: Calendar, now: datetime) -> Span:
    """Return what a calendar says from now on; without an edge, for the next day."""
    is_open = calendar.is_open(now)
    edge = calendar.next_edge(now)
    word = "open" if is_open else "shut"
    if edge is None:
        return Span(is_open, now, now + timedelta(days=1), word)
    text = f"{word} until {edge.astimezone(calendar.zone):%a %H:%M}"
    return Span(is_open, now, edge, text)


class OffpeakGateConfig(NodeConfig):
    """Settings of an `offpeak-gate` node."""

    enabled: bool = Field(True, description="Whether it ever shuts.")
    calendar: CalendarName | None = Field(
        None, description="A calendar of the site, by its name in oppleo.yaml; else `open`."
    )
    timezone: TimeZone | None = Field(
        None, description="Zone of the local clock; default: the site's."
    )
    open: tuple[OpenWindow, ...] | None = Field(None, description="When it is open, week by week.")
    holidays: HolidayRules = Field(
        (),
        description="Days on which it is open all day: nl-off-peak, 12-31, 2026-05-15, easter+1, "
        "one or a list; none.",
    )
    public_holidays: tuple[PublicHolidays, ...] = Field(
        (), description="More such days: holidays of a country, by name."
    )
    once_for: Seconds = Field(
        "24h",
        validate_default=True,
        gt=0,
        description="How long leave to charge at peak once lasts, at most.",
    )

    clock_unknown: Literal["shut", "go-by-it"] = Field(
        "shut", description="What it does while the time is not known to be right."
    )

    @model_validator(mode="after")
    def _has_one_calendar(self) -> Self:
        own = self.open is not None or self.holidays or self.public_holidays or self.timezone
        if self.calendar is not None and own:
            raise ValueError(
                "calendar stands for open, holidays, public_holidays and timezone; "
                "write either it or them"
            )
        if self.calendar is None and self.open is None:
            raise ValueError("open, or the name of a calendar, is needed")
        return self

    def rules(self) -> CalendarRules:
        """Return the calendar that stands in the flow itself."""
        return CalendarRules.model_construct(
            timezone=self.timezone,
            open=self.open or (),
            holidays=self.holidays,
            public_holidays=self.public_holidays,
        )


class OffpeakGate(Node[OffpeakGateConfig]):
    """Let a switch be on only at the hours when it may.

    Input:
        A `SwitchRequest`.
        `once`: a `PeakOnce`, leave to be on before the gate opens, or its withdrawal.

    Output:
        `out`: the same `SwitchRequest`, or one to be off, with the reason, while the gate is shut.
        `hours`: an `OffPeak`, whether it is open by its calendar, and whether once at peak;
            nothing unless it is enabled.

    Raises:
        Nothing.

    Source:
        The list of holidays: what Dutch suppliers publish with their off-peak hours.
    """

    type_name = "offpeak-gate"
    icon = "moon"
    # The port hides the method of this name, for which this node has no use.
    out: Level[SwitchRequest]  # type: ignore[assignment]
    hours: Level[OffPeak]
    held: SwitchRequest | None = None
    """The request that came last."""
    once: Instant | None = None
    """When leave to charge at peak was given, while it lasts."""
    optional_inputs = frozenset({"once"})
    examples = [
        Example(
            config={
                "open": [{"days": "daily", "from": "23:00", "to": "07:00"}],
            },
            send=SwitchRequest(on=True, reason="session of 'family'"),
            expect={
                "out": [
                    SwitchRequest(on=False, reason="off-peak gate shut until Thu 23:00"),
                    SwitchRequest(on=True, reason="session of 'family'"),
                ]
            },
            advance=10 * 3600.0,
            doc="One in the afternoon: the request waits until eleven in the evening.",
        ),
        Example(
            config={
                "enabled": False,
                "open": [{"days": "daily", "from": "23:00", "to": "07:00"}],
            },
            send=SwitchRequest(on=True, reason="session of 'family'"),
            expect={"out": SwitchRequest(on=True, reason="session of 'family'")},
        ),
    ]

    def start(self) -> None:
        """Take up the request that a restart interrupted."""
        named = self.config.calendar
        rules = (
            self.config.rules() if named is None else self.site.service(SiteCalendars).named(named)
        )
        self._calendar = rules.calendar(self.site.timezone)
        self._span: Span | None = None
        self._told: OffPeak | None = None
        self._timer: Timer | None = None
        self._sent: SwitchRequest | None = None
        self._look()

    def clock_set(self, seconds: float) -> None:
        """Go by the new time."""
        self._look()

    def on_message(self, request: SwitchRequest) -> None:
        """Pass a request on, or hold it."""
        if self.held is not None and self.held.on and not request.on:
            self.once = None  # it was for the session that ends here
        self.held = request
        self._sent = None
        self._look()

    def on_once(self, wish: PeakOnce) -> None:
        """Give leave to be on before the gate opens, or take it back."""
        self.once = self.clock.instant() if wish.allowed else None
        self._look()

    def _look(self) -> None:
        """Send what holds now, and look again when that may have changed."""
        if not self.config.enabled:
            self._send(self.held)
            self.status("ok", "open")
            return
        now = self.clock.now()
        span = self._span_of(now)
        once_s = self._once_s(span)
        self._let(span, at_peak=once_s > 0)
        self._tell_hours(
            OffPeak(span.is_open, span.until, once=once_s > 0, time_known=span.time_known)
        )
        if self._timer is not None:
            self._timer.cancel()
        wait_s = min((span.until - now).total_seconds(), once_s or _LONGEST_WAIT_S)
        self._timer = self.after(min(wait_s, _LONGEST_WAIT_S), self._look)

    def _span_of(self, now: datetime) -> Span:
        """Return what holds now; while nobody knows the time that is that it is shut."""
        if self.config.clock_unknown == "shut" and self.clock.instant().trusted is False:
            text = "shut: the time is not known"
            return Span(False, now, now + _LOOK_AT_CLOCK, text, time_known=False)
        if self._span is None or not self._span.holds(now):
            self._span = span_at(self._calendar, now)
        return self._span

    def _once_s(self, span: Span) -> float:
        """Return how long leave to charge at peak still lasts; one that is over is forgotten."""
        if self.once is None:
            return 0.0
        left_s = self.config.once_for - self.clock.since(self.once)
        if span.is_open or left_s <= 0:
            self.once = None
            return 0.0
        return left_s

    def _let(self, span: Span, *, at_peak: bool) -> None:
        """Pass the request on, or ask for off in its place."""
        self.status("ok", f"{span.text}, open once at peak" if at_peak else span.text)
        if span.is_open or at_peak or self.held is None or not self.held.on:
            self._send(self.held)
        else:
            self._send(SwitchRequest(on=False, reason=f"off-peak gate {span.text}"))

    def _tell_hours(self, hours: OffPeak) -> None:
        if hours != self._told:
            self._told = hours
            self.hours.set(hours)

    def _send(self, request: SwitchRequest | None) -> None:
        if request is not None and request != self._sent:
            self._sent = request
            self.out.set(request)
