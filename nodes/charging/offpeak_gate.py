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

`holidays: nl-off-peak` adds the days on which Dutch suppliers charge the off-peak price all day:
New Year's Day, Easter Monday, King's Day, Ascension Day, Whit Monday and both days of Christmas.

`enabled: false` leaves it open at all hours.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Final, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, model_validator

from oppleo_flow import Example, Level, Node, NodeConfig, Timer, TimeZone
from oppleo_flow.charging.calendar import Calendar, Window, parse_days, parse_time_of_day
from oppleo_flow.charging.holidays import dutch_off_peak_days, no_holidays
from oppleo_flow.payloads import SwitchRequest

_LONGEST_WAIT_S = 60.0
"""The wall clock may be set while the gate waits; so it looks again after this time."""

_HOLIDAYS: Final[Mapping[str, Callable[[int], frozenset[date]]]] = {
    "none": no_holidays,
    "nl-off-peak": dutch_off_peak_days,
}


def _days(value: object) -> object:
    return parse_days(value) if isinstance(value, str) else value


def _minute(value: object) -> object:
    return parse_time_of_day(str(value))


MinuteOfDay = Annotated[int, BeforeValidator(_minute, json_schema_input_type=str)]
"""A minute of the local day; a flow writes `07:00`, or `24:00` for its end."""


@dataclass(frozen=True, slots=True)
class Span:
    """A time in which the gate neither opens nor shuts, [since, until)."""

    is_open: bool
    since: datetime
    until: datetime
    text: str

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


class OpenWindow(NodeConfig):
    """One weekly window in which the gate is open."""

    days: Annotated[frozenset[int], BeforeValidator(_days, json_schema_input_type=str)] = Field(
        description="Weekdays, such as mon-fri, sat,sun or daily."
    )
    start: MinuteOfDay = Field(
        validation_alias="from", description="Local time at which it opens, such as 23:00."
    )
    stop: MinuteOfDay = Field(
        validation_alias="to", description="Local time at which it shuts, such as 07:00; 24:00."
    )

    @model_validator(mode="after")
    def _is_a_window(self) -> Self:
        self.window()
        return self

    def window(self) -> Window:
        """Return the window of the calendar."""
        return Window(self.days, self.start, self.stop)


class OffpeakGateConfig(NodeConfig):
    """Settings of an `offpeak-gate` node."""

    enabled: bool = Field(True, description="Whether it ever shuts.")
    timezone: TimeZone | None = Field(
        None, description="Zone of the local clock; default: the site's."
    )
    open: tuple[OpenWindow, ...] = Field(description="When it is open.")
    holidays: Literal["none", "nl-off-peak"] = Field(
        "none", description="Days on which it is open all day."
    )


class OffpeakGate(Node[OffpeakGateConfig]):
    """Let a switch be on only at the hours when it may.

    Input:
        A `SwitchRequest`.

    Output:
        `out`: the same `SwitchRequest`, or one to be off, with the reason, while the gate is shut.

    Raises:
        Nothing.

    Source:
        The list of holidays: what Dutch suppliers publish with their off-peak hours.
    """

    type_name = "offpeak-gate"
    icon = "moon"
    # The port hides the method of this name, for which this node has no use.
    out: Level[SwitchRequest]  # type: ignore[assignment]
    held: SwitchRequest | None = None
    """The request that came last."""
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
        config = self.config
        windows = tuple(item.window() for item in config.open)
        zone = ZoneInfo(config.timezone or self.site.timezone)
        self._calendar = Calendar(zone, windows, _HOLIDAYS[config.holidays])
        self._span: Span | None = None
        self._timer: Timer | None = None
        self._sent: SwitchRequest | None = None
        self._look()

    def clock_set(self, seconds: float) -> None:
        """Go by the new time."""
        self._look()

    def on_message(self, request: SwitchRequest) -> None:
        """Pass a request on, or hold it."""
        self.held = request
        self._sent = None
        self._look()

    def _look(self) -> None:
        """Send what holds now, and look again when that may have changed."""
        if not self.config.enabled:
            self._send(self.held)
            self.status("ok", "open")
            return
        now = self.clock.now()
        if self._span is None or not self._span.holds(now):
            self._span = span_at(self._calendar, now)
            self.status("ok", self._span.text)
        if self._span.is_open or self.held is None or not self.held.on:
            self._send(self.held)
        else:
            self._send(SwitchRequest(on=False, reason=f"off-peak gate {self._span.text}"))
        if self._timer is not None:
            self._timer.cancel()
        wait_s = min((self._span.until - now).total_seconds(), _LONGEST_WAIT_S)
        self._timer = self.after(wait_s, self._look)

    def _send(self, request: SwitchRequest | None) -> None:
        if request is not None and request != self._sent:
            self._sent = request
            self.out.set(request)
