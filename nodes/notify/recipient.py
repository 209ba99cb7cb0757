"""Decide what one person is told, and when: a person, or whoever reads the same messages.

```yaml
owner:
  type: recipient
  from:
    - ledger.billed
    - authorise.rejected
    - report
    - alarm
    - flow.status         # faults of any node, and their end
    - flow.start
    - flow.stop
  events: [session-ended, fault, meter-silent, statement-ready, process]
  quiet: [{days: daily, from: 22:00, to: 07:00}]
  limit: 6/h
  keep: durable

push:
  type: prowl
  from: {ref: owner, durable: true}
  http: web
  key: !secret prowl_key
  on_error: {retry: 60, backoff: 5s..1h, then: dead-letter}
```

**Nothing twice.** A fault is told when it is raised and when it is over, with how long it lasted.
While it lasts it is told `again` once a day only. What merely happens, such as a card that is
refused, is told once in the time of `same`; how often more is counted, and told with the next.

**Not at night.** In the `quiet` hours, by the local clock, only what has the priority `urgent`
goes through: faults have 1, most else has 0. The rest is held, and told as one message when the
quiet hours end.

**Not too much.** With `limit` no more than so many are told in a time; what is more is told as one
message as soon as there is room. Only an emergency, priority 2, is told beyond that.

**Never lost.** With `keep: durable`, and `durable: true` on the wire of whoever sends, all of this
survives a crash: what could not be sent yet is sent later, in order. `retry` and `backoff` say for
how long; the example tries for more than two days. Then it is a dead letter, and `flow.errors`
tells of it: wire that to a recipient with another way to be reached.

| event | is told of |
|---|---|
| `session-started` | `session.started` |
| `session-ended` | `ledger.billed`, with what it costs; or `session.ended`, without |
| `card-rejected` | `authorise.rejected`, `session.refused` |
| `not-plugged-in` | a `plug-reminder` |
| `fault` | `flow.status`: faults of nodes; `alarm`; `flow.errors`: each handler that failed |
| `meter-silent` | the same, of a meter that does not answer |
| `statement-ready` | `charge-report`, with its files |
| `backup` | a backup that was made, or failed |
| `process` | `flow.start` and `flow.stop`; with both it also says after a crash that it is back |
| `message` | any other `Notification` |

What was raised before a restart and is not seen again within half an hour counts as over.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator

from oppleo_flow import Example, Node, NodeConfig, Out, Seconds, Timer, TimeZone
from oppleo_flow.charging.calendar import Calendar
from oppleo_flow.charging.calendar_rules import OpenWindow
from oppleo_flow.charging.notices import Notices, Told
from oppleo_flow.charging.telling import Desk, Manners, Now, Teller
from oppleo_flow.flow_events import FlowStarted, FlowStopping
from oppleo_flow.options import Rate
from oppleo_flow.payloads import NoticeEvent, Notification, Rejected
from oppleo_flow.wording import Language, wording

_LONGEST_WAIT_S = 600.0
"""The wall clock may be set while it waits; so it looks again after this time."""
_SEEN_WITHIN_S = 1800.0


class RecipientConfig(NodeConfig):
    """Settings of a `recipient` node."""

    events: tuple[NoticeEvent, ...] | None = Field(
        None, description="What he is told of; default: everything that is wired."
    )
    quiet: tuple[OpenWindow, ...] = Field(
        (), description="When he is not to be disturbed, week by week, by the local clock."
    )
    urgent: int = Field(
        1, ge=-2, le=2, description="The priority from which he is told in quiet hours, too."
    )
    limit: Rate | None = Field(None, description="How many he is told in a time, such as `6/h`.")
    again: Seconds | None = Field(
        "24h",
        validate_default=True,
        ge=60,
        description="After what time he is told that a fault still lasts; null: never.",
    )
    same: Seconds = Field(
        "10m",
        validate_default=True,
        description="For how long the same once more is counted only.",
    )
    language: Language | None = Field(
        None, description="His language, `en` or `nl`; default: the site's."
    )
    timezone: TimeZone | None = Field(
        None, description="Zone of his local clock; default: the site's."
    )

    @field_validator("events")
    @classmethod
    def _is_told_of_something(
        cls, events: tuple[NoticeEvent, ...] | None
    ) -> tuple[NoticeEvent, ...] | None:
        if events == ():
            raise ValueError("at least one event is needed; without `events` all are told")
        return events

    @field_validator("quiet")
    @classmethod
    def _ends(cls, quiet: tuple[OpenWindow, ...]) -> tuple[OpenWindow, ...]:
        windows = [one.window() for one in quiet]
        minutes = ((day, minute) for day in range(7) for minute in range(24 * 60))
        if all(any(one.covers(*at) for one in windows) for at in minutes):
            raise ValueError("the quiet hours never end, so that nothing would be told")
        return quiet


class Recipient(Node[RecipientConfig]):
    """Decide what one person is told, and when.

    Input:
        What people can be told of: a `Notification`, a session's start, end or bill, a refused
        card, a statement, a failure, and what the flow tells of itself.

    Output:
        `out`: a `Notification`, when it may be told: one, or several in one.

    Raises:
        Nothing.

    Source:
        None.
    """

    type_name = "recipient"
    icon = "user"
    # The port hides the method of this name, for which this node has no use.
    out: Out[Notification]  # type: ignore[assignment]
    desk: Desk = Desk()
    runs: bool = False
    """The flow has started, and not been stopped in order since."""
    examples = [
        Example(
            send=Rejected(uid="DEADBEEF", reason="unknown"),
            expect={
                "out": Notification(
                    "Card refused",
                    "DEADBEEF: nobody knows this card.",
                    event="card-rejected",
                    key="card:DEADBEEF",
                )
            },
        ),
        Example(
            config={
                "quiet": [{"days": "daily", "from": "12:00", "to": "14:00"}],
            },
            send=[Notification("One", "of two"), Notification("Two", "of two")],
            advance=3600.0,
            expect={
                "out": Notification("2 messages", "13:00 One: of two\n13:00 Two: of two"),
            },
            doc="One in the afternoon: both are held until two.",
        ),
    ]

    def start(self) -> None:
        """Take up what was held when the flow stopped."""
        config = self.config
        zone = config.timezone or self.site.timezone
        windows = tuple(window.window() for window in config.quiet)
        self._quiet = Calendar(ZoneInfo(zone), windows)
        say = wording(config.language or self.site.language)
        self._notices = Notices(say, ZoneInfo(zone), self.site.charge_point)
        self._timer: Timer | None = None
        self.desk = self.desk.started(self.clock.instant())
        self.after(_SEEN_WITHIN_S, lambda: self._with(Teller.unseen_are_over))
        self._with(Teller.look)

    def clock_set(self, seconds: float) -> None:
        """Go by the new time."""
        self._with(Teller.look)

    def on_message(self, payload: Told) -> None:
        """Tell something now, later, or not."""
        note = self._of_flow(payload) or self._notices.of(payload)
        if note is None or not self._wants(note):
            return
        told = note
        self._with(lambda teller, now: teller.take(told, now))

    def _of_flow(self, payload: object) -> Notification | None:
        """Keep whether the flow runs; return what to say of a start that no stop came before."""
        if isinstance(payload, FlowStopping):
            self.runs = False
        if not isinstance(payload, FlowStarted):
            return None
        crashed, self.runs = self.runs, True
        return self._notices.process("back", payload.due) if crashed else None

    def _wants(self, note: Notification) -> bool:
        return self.config.events is None or note.event in self.config.events

    def _with(self, call: Callable[[Teller, Now], object]) -> None:
        """Let the rules decide, keep what they remember, and look again in time."""
        now = self._now()
        teller = Teller(self._manners, self._notices, self.desk, self.out.send)
        call(teller, now)
        self.desk = teller.desk
        wait_s = teller.next_look_s(now)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if wait_s is not None:
            again_s = min(wait_s, _LONGEST_WAIT_S)
            self._timer = self.after(again_s, lambda: self._with(Teller.look))
        self._show(now)

    @property
    def _manners(self) -> Manners:
        config = self.config
        return Manners(config.urgent, config.again, config.same, config.limit)

    def _now(self) -> Now:
        instant = self.clock.instant()
        return Now(
            instant, self._quiet_until(instant.wall) if instant.trusted is not False else None
        )

    def _quiet_until(self, at: datetime) -> datetime | None:
        """Return until when it is quiet; None: it is not."""
        if not self._quiet.windows or not self._quiet.is_open(at):
            return None
        return self._quiet.next_edge(at) or at + timedelta(days=1)

    def _show(self, now: Now) -> None:
        held = len(self.desk.held) + self.desk.left_out
        texts = [
            f"{held} held" if held else "",
            f"{len(self.desk.standing)} last" if self.desk.standing else "",
        ]
        if now.quiet_until is not None:
            texts.insert(0, f"quiet until {now.quiet_until.astimezone(self._quiet.zone):%a %H:%M}")
        self.status("ok", ", ".join(text for text in texts if text) or "nothing held")
