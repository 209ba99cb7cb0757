"""Tell an MQTT broker the readings of the past once more, as Oppleo did.

```yaml
history:
  type: oppleo-history
  broker: broker          # a connection of type mqtt-broker
  store: store            # a connection of type site-store
  keep: durable
```

`oppleo-flow inject history '{do: start}'` begins; `pause`, `resume` and `cancel` are the other
words, and `since` and `until` choose a part of the past. With `keep: durable` it goes on after a
restart where it was.

A meter follows the other, and each in its order, in lists of at most `batch` readings on
`oppleo/<charger_id>/usage/status_update`, where numbers are numbers and null is what is not known.
Each 5 s, and at its turns, `/mqtt/mqtt_send_history_started`, `…_update`, `…_paused`, `…_cancelled`
or `…_completed` tell how far it is. While the broker is away it waits; what the broker could not
confirm is sent again.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

from pydantic import Field

from oppleo_flow import Example, Level, Node, NodeConfig, PayloadError, Ref, ServiceError
from oppleo_flow.devices.mqtt import MqttBroker
from oppleo_flow.immutable import immutable
from oppleo_flow.node import StopReason
from oppleo_flow.payloads import HistoryProgress, HistoryWish, MeterReading
from oppleo_flow.payloads.history import HistoryState
from oppleo_flow.store import LedgerConnection
from oppleo_flow.systems.mqtt_post import AWAY
from oppleo_flow.systems.oppleo_mqtt import HISTORY, USAGE, OppleoVoice

_PAUSE_S: Final = 0.05
_AGAIN_S: Final = 10.0
_PROGRESS_EVERY_S: Final = 5.0
_WINDOW: Final = timedelta(hours=1)
_BEGINNING: Final = datetime(2000, 1, 1, tzinfo=UTC)
_AFTER: Final = timedelta(microseconds=1)


@immutable
class Past:
    """Readings to be told: of these meters in [since, until), of the first one from `at` on."""

    since: datetime
    until: datetime
    meters: tuple[str, ...]
    at: datetime
    told: int
    total: int
    paused: bool = False


class OppleoHistoryConfig(NodeConfig):
    """Settings of an `oppleo-history` node."""

    broker: Ref[MqttBroker] = Field(description="The broker.")
    store: Ref[LedgerConnection] = Field(description="The site's store, which has the readings.")
    charger_id: str | None = Field(
        None,
        pattern=r"^[^/+#]+$",
        max_length=100,
        description="As Oppleo called the charger; default: the site's charge point.",
    )
    qos: Literal[0, 1, 2] = Field(1, description="How sure a message is to arrive; 0: as Oppleo.")
    batch: int = Field(
        1000, ge=1, le=10_000, description="How many readings one message has at most."
    )


class OppleoHistory(Node[OppleoHistoryConfig]):
    """Tell an MQTT broker the readings of the past once more.

    Input:
        A `HistoryWish`.

    Output:
        `progress`: a `HistoryProgress`, in readings.

    Raises:
        PayloadError: There is nothing to pause, to resume or to cancel, or the time is none.
        StoreError: The ledger cannot be read; it is tried again.

    Source:
        Oppleo's topics and payloads, as its MQTT clients see them.
    """

    type_name = "oppleo-history"
    icon = "history"
    blocking = True
    optional_inputs = frozenset({"in"})
    progress: Level[HistoryProgress]
    past: Past | None = None
    """What is being told."""
    examples = [
        Example(
            config={"broker": "broker", "store": "store"},
            send=HistoryWish("start"),
            advance=1.0,
            expect={
                "progress": [HistoryProgress("started", 0, 0), HistoryProgress("completed", 0, 0)]
            },
            doc="A ledger without readings.",
        )
    ]

    def start(self) -> None:
        """Go on where a restart interrupted it."""
        self._readings = self.use(self.config.store).ledger.readings
        self._broker = self.use(self.config.broker)
        self._voice = OppleoVoice(
            self.config.charger_id or self.site.charge_point, ZoneInfo(self.site.timezone)
        )
        self._progress_s = self.clock.monotonic()
        self._waits = False
        self._end_watch = self._broker.watch(lambda away: away or self.after(0, self._next_soon))
        self._next_soon()

    def stop(self, reason: StopReason) -> None:
        """Watch the broker no more."""
        if reason != "fault":
            self._end_watch()

    def on_message(self, wish: HistoryWish) -> None:
        """Begin, pause, go on, or end it."""
        if wish.do == "start":
            self.past = self._whole(wish)
            self._tell("started")
        elif self.past is None:
            raise PayloadError(f"there is no history to {wish.do}; start it first")
        elif wish.do == "cancel":
            self._tell("cancelled")
            self.past = None
        else:
            paused = wish.do == "pause"
            self.past = replace(self.past, paused=paused)
            self._tell("paused" if paused else "started")
        self._next_soon()

    def _whole(self, wish: HistoryWish) -> Past:
        since, until = wish.since or _BEGINNING, wish.until or self.clock.now()
        if since >= until:
            raise PayloadError(f"since: is not before until, got {since.isoformat()}")
        meters = tuple(self._readings.meters())
        total = sum(self._readings.count(meter, since, until) for meter in meters)
        return Past(since, until, meters, since, told=0, total=total)

    def _next_soon(self, after_s: float = _PAUSE_S) -> None:
        goes_on = self.past is not None and not self.past.paused
        if goes_on and not self._waits:
            self._waits = True
            self.after(after_s, self._next)

    def _next(self) -> None:
        """Tell the next readings, and again soon, until there are none."""
        self._waits = False
        past = self.past
        if past is None or past.paused:
            return
        if not past.meters:
            self._tell("completed")
            self.past = None
            return
        try:
            self.past = self._told(past)
        except ServiceError as error:
            self.fault(AWAY, str(error))
            self._next_soon(_AGAIN_S)
            return
        self.clear(AWAY)
        self._tell_now_and_then()
        self._next_soon()

    def _told(self, past: Past) -> Past:
        """Tell the next readings of the first meter; return what is left then."""
        first = self._readings.first(past.meters[0], past.at)
        if first is None or first.time >= past.until:
            return replace(past, meters=past.meters[1:], at=past.since)
        until = min(first.time + _WINDOW, past.until)
        found = self._readings.between(past.meters[0], first.time, until)[: self.config.batch]
        self._publish(USAGE, [self._voice.row(reading) for reading in found])
        return replace(past, at=_last(found) + _AFTER, told=past.told + len(found))

    def _tell_now_and_then(self) -> None:
        if self.clock.monotonic() - self._progress_s >= _PROGRESS_EVERY_S:
            self._tell("started", "update")

    def _tell(self, state: HistoryState, event: str = "") -> None:
        past = self.past
        if past is None:
            return
        self._progress_s = self.clock.monotonic()
        self.progress.set(HistoryProgress(state, past.told, past.total))
        self.status("ok", f"{event or state}: {past.told} of {past.total} readings told")
        left = max(past.total - past.told, 0)
        data = {"total": past.total, "processed": past.told, "remaining": left}
        try:
            self._publish(f"{HISTORY}{event or state}", data)
        except ServiceError as error:
            self.log.info("%s", error)  # the readings themselves say so with a fault

    def _publish(self, tail: str, data: object) -> None:
        text = self._voice.text(data)
        self._broker.publish(self._voice.topic(tail), text.encode(), qos=self.config.qos)


def _last(found: list[MeterReading]) -> datetime:
    return found[-1].time
