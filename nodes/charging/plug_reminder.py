"""Remind somebody to plug in: a session that waits for a car, or an evening without one.

```yaml
forgotten:
  type: plug-reminder
  from:
    session: session.status
    evse: evse_state
    ask: bedtime          # a schedule, such as each day at 22:00; it may be left out
  after: 15m

owner:
  type: recipient
  from: forgotten
```

A session that is open for `after` without a car is told, once; and when a car comes after all, or
the session ends, that it is over. Whenever `ask` comes and no car is plugged in, that is told too,
session or not.

What is not known is not told: a SmartEVSE whose LED is dark, because it gives no access, does not
say whether a car is there. Over the network it does: take `smart-evse` for `evse` then.
"""

from typing import Final, Literal
from zoneinfo import ZoneInfo

from pydantic import Field

from oppleo_flow import Example, Node, NodeConfig, Out, Seconds, Timer
from oppleo_flow.payloads import (
    EvseSignal,
    EvseState,
    EvseUnknown,
    Notification,
    SessionStatus,
    Tick,
)
from oppleo_flow.wording import wording

_SESSION: Final = "session"
_EVENING: Final = "evening"


class PlugReminderConfig(NodeConfig):
    """Settings of a `plug-reminder` node."""

    after: Seconds = Field(
        "15m",
        validate_default=True,
        ge=10,
        le=86_400,
        description="How long a session may wait for a car.",
    )


class PlugReminder(Node[PlugReminderConfig]):
    """Remind somebody to plug in.

    Input:
        `session`: a `SessionStatus`.
        `evse`: an `EvseState`, or an `EvseUnknown`.
        `ask`: a `Tick`, when to see whether a car is plugged in.

    Output:
        `out`: a `Notification` of the event `not-plugged-in`, raised and cleared.

    Raises:
        Nothing.

    Source:
        None.
    """

    type_name = "plug-reminder"
    icon = "plug"
    optional_inputs = frozenset({"session", "ask"})
    # The port hides the method of this name, for which this node has no use.
    out: Out[Notification]  # type: ignore[assignment]
    examples = [
        Example(
            config={"after": "15m"},
            send={
                "session": SessionStatus("waiting", label="family"),
                "evse": EvseState.sample(signal=EvseSignal.STANDBY),
            },
            advance=900.0,
            expect={
                "out": Notification(
                    "Not plugged in",
                    "The session of family has waited for a car for 15 min. Is the plug in?",
                    event="not-plugged-in",
                    key="node.session",
                    state="raised",
                )
            },
        )
    ]

    def start(self) -> None:
        """Wait for what is told."""
        self._say = wording(self.site.language)
        self._zone = ZoneInfo(self.site.timezone)
        self._session: SessionStatus | None = None
        self._connected: bool | None = None
        self._timer: Timer | None = None
        self._raised: set[str] = set()
        self._show()

    def on_session(self, session: SessionStatus) -> None:
        """Take where the session is; another one begins to wait anew."""
        before = self._session
        self._session = session
        if before is None or before.session_id != session.session_id:
            self._over(_SESSION)
            self._wait_no_more()
        self._look()

    def on_evse(self, evse: EvseState | EvseUnknown) -> None:
        """Take whether a car is there."""
        self._connected = evse.car_connected if isinstance(evse, EvseState) else None
        if self._connected:
            self._over(_SESSION)
            self._over(_EVENING)
        self._look()

    def on_ask(self, tick: Tick) -> None:
        """See whether a car is there now."""
        if self._connected is False:
            at = self._say.time(self.clock.now().astimezone(self._zone))
            self._raise(_EVENING, self._say("notice.not_plugged_in.evening", time=at))

    @property
    def _waits(self) -> bool:
        """Return whether a session waits for a car that is known not to be there."""
        session = self._session
        return session is not None and session.phase != "idle" and self._connected is False

    def _look(self) -> None:
        if self._session is None or self._session.phase == "idle" or self._connected:
            self._over(_SESSION)
        if not self._waits:
            self._wait_no_more()
        elif self._timer is None and _SESSION not in self._raised:
            self._timer = self.after(self.config.after, self._has_waited)
        self._show()

    def _wait_no_more(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _has_waited(self) -> None:
        self._timer = None
        if not self._waits or self._session is None:
            return
        text = self._say(
            "notice.not_plugged_in.session",
            label=self._session.label or "?",
            duration=self._say.seconds(self.config.after),
        )
        self._raise(_SESSION, text)

    def _raise(self, what: str, text: str) -> None:
        self._raised.add(what)
        self._tell(what, self._say("notice.not_plugged_in.title"), text, "raised")
        self._show()

    def _over(self, what: str) -> None:
        if what in self._raised:
            self._raised.discard(what)
            say, plugged = self._say, bool(self._connected)
            name = "over" if plugged else "ended"
            self._tell(
                what,
                say(f"notice.not_plugged_in.{name}.title"),
                say(f"notice.not_plugged_in.{name}.text"),
                "cleared",
            )

    def _tell(self, what: str, title: str, text: str, state: Literal["raised", "cleared"]) -> None:
        key = f"{self.id}.{what}"
        self.out.send(Notification(title, text, 0, "not-plugged-in", key, state))

    def _show(self) -> None:
        if self._connected is None:
            self.status("ok", "whether a car is plugged in is not known")
        elif self._connected:
            self.status("ok", "a car is plugged in")
        else:
            self.status("warn" if self._raised else "ok", "no car is plugged in")
