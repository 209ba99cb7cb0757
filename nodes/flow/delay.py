"""Hold each message for a while, then let it go, in order.

```yaml
later:
  type: delay
  from: session.ended
  wait: 5m
```

At most `max_waiting` messages wait. One that comes when it is full is dropped and counted; those
that wait leave in their time. The status shows how many wait and how many were dropped.

The messages wait in memory and are gone when the runtime stops, except with `keep: durable`: then
they survive a restart, and those whose time has passed meanwhile leave at once.

It delays everything, a request to switch off too.
"""

from typing import Generic, TypeVar

from pydantic import Field

from oppleo_flow import Example, Instant, Message, Node, NodeConfig, Out, Seconds
from oppleo_flow.immutable import immutable
from oppleo_flow.payloads import Beep
from oppleo_flow.state import AnyPayload

T = TypeVar("T")

_TOLERANCE_S = 1e-6
"""The sum of two floating point times may miss a timer's own time by this much."""


@immutable
class Waiting:
    """A message that waits, since when, and the envelope that it came in."""

    payload: AnyPayload
    since: Instant
    envelope: Message | None = None


class DelayConfig(NodeConfig):
    """Settings of a `delay` node."""

    wait: Seconds = Field(description="How long each message is held.")
    max_waiting: int = Field(1000, ge=1, description="How many may wait; one more is dropped.")


class Delay(Node[DelayConfig], Generic[T]):
    """Hold each message for a while, then let it go, in order.

    Input:
        Any payload.

    Output:
        `delayed`: the same payload, `wait` later.

    Raises:
        Nothing.  A message too many is counted in the status.

    Source:
        None.
    """

    type_name = "delay"
    holds = True
    icon = "hourglass"
    delayed: Out[T]
    waiting: tuple[Waiting, ...] = ()
    dropped: int = 0
    examples = [
        Example(
            config={"wait": "10s"},
            send=[Beep(pattern="ok"), Beep(pattern="error")],
            expect={"delayed": [Beep(pattern="ok"), Beep(pattern="error")]},
            advance=10.0,
        ),
        Example(config={"wait": "10s"}, send=Beep.sample(), expect={"delayed": []}, advance=9.0),
    ]

    def start(self) -> None:
        """Wait on for what was waiting when the runtime stopped."""
        if self.waiting:
            self._wake_for_first()
            self._show()

    def on_message(self, payload: T) -> None:
        """Put the payload at the end of the queue."""
        if len(self.waiting) >= self.config.max_waiting:
            # Dropping the oldest instead would, under a steady load, let nothing out any more.
            self.dropped += 1
        else:
            item = Waiting(payload, self.clock.instant(), self.message.bare())
            self.waiting = (*self.waiting, item)
            if len(self.waiting) == 1:
                self._wake_for_first()
        self._show()

    def _wake_for_first(self) -> None:
        first = self.waiting[0]
        self.after(max(0.0, self._remaining_s(first)), self._release, cause=first.envelope)

    def _remaining_s(self, item: Waiting) -> float:
        return self.config.wait - self.clock.since(item.since)

    def _release(self) -> None:
        """Let go of the first, if its time has come, and wait for the next.

        One at a time, so that each goes on with the message that it is.
        """
        if self._remaining_s(self.waiting[0]) <= _TOLERANCE_S:
            self.delayed.send(self.waiting[0].payload)
            self.waiting = self.waiting[1:]
        if self.waiting:
            self._wake_for_first()
        self._show()

    def _show(self) -> None:
        text = f"{len(self.waiting)} waiting"
        if self.dropped:
            self.status("warn", f"{text}, {self.dropped} dropped")
        else:
            self.status("ok", text)
