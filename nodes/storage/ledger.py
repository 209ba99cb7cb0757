"""Keep sessions and meter readings in the site's ledger.

```yaml
ledger:
  type: ledger
  store: store            # a connection of type site-store
  from:
    session:
      - {ref: session.started, durable: true}
      - {ref: session.latched, durable: true}
      - {ref: session.ended, durable: true}
      - {ref: session.settled, durable: true}
    reading: meter.reading
```

An event of a session is on the disk before it counts as handled; the same one twice is kept once.
With `durable: true` none is lost, however long the disk is full or the runtime away. At most one
session is open at any time: one that starts closes one whose end was lost.

With the end of a session goes what each part of its energy costs, cut by the readings that are
there by then; `billed` tells it. `prices` are those of a market, from a `price-source`, which
dynamic prices go by.

A session that was by a clock that nobody had told the time, as that of a Raspberry Pi before the
network does, bears the boot of the machine and the seconds since. When the clock is told the time
within that boot, such sessions are dated by it.

Of readings that are equal in energy, power and currents the first and the last are kept, and one an
hour; voltages and the frequency alone are nothing new. With `keep_readings: all` every one is. What
is left out changes nothing on a statement. What is kept is rolled up to minutes and quarter-hours.
With `keep_months` readings that are older make room, a day at a time, but for the last of each
quarter-hour and for what sessions need; what is rolled up stays for ever. None goes that has yet to
arrive in a PostgreSQL.

A reading that follows another within `batch` waits, to be written together with those that come
meanwhile; any other is written at once. A loss of power, or a runtime that is killed, takes at most
those of the last `batch` along, and after the last that was written the meter counts as unknown
until it is read again; what a session needs of them it has itself. While they cannot be
written they wait in memory, at most 10,000 of them, and the fault `not-written` says why. A meter
that says nothing leaves a gap with its reason, never a number.
"""

import math
from collections import deque
from datetime import timedelta
from uuid import UUID

from pydantic import Field

from oppleo_flow import Example, Node, NodeConfig, Out, Ref, Seconds
from oppleo_flow.charging.billing import billed
from oppleo_flow.charging.kept_readings import Keep
from oppleo_flow.errors import StoreError
from oppleo_flow.node import StopReason
from oppleo_flow.payloads import (
    MarketPrices,
    MeterReading,
    MeterUnknown,
    SessionBilled,
    SessionEnded,
    SessionLatched,
    SessionOdometer,
    SessionSettled,
    SessionStarted,
)
from oppleo_flow.store import LedgerConnection

_MOST_WAITING = 10_000
_LOOK_AT_CLOCK_S = 10.0
_MONTH = timedelta(days=31)
_MAKE_ROOM_EVERY_S, _NEXT_DAY_OF_ROOM_S = 86_400.0, 1.0
_UNWRITTEN = "not-written"
_FIRST_WAIT_S, _LONGEST_WAIT_S = 1.0, 60.0


class LedgerConfig(NodeConfig):
    """Settings of a `ledger` node."""

    store: Ref[LedgerConnection] = Field(description="The site's store.")
    batch: Seconds = Field(
        "2s",
        validate_default=True,
        ge=0.1,
        le=60,
        description="How long readings are gathered that come one upon the other.",
    )
    keep_readings: Keep = Field(
        "changed", description="Which readings to keep: those that changed, or all."
    )
    keep_months: int | None = Field(
        None,
        ge=1,
        le=1200,
        description="How many months readings stay; later what they are rolled up to, the last of "
        "each quarter-hour, and what sessions need. Empty: for ever.",
    )


class LedgerNode(Node[LedgerConfig]):
    """Keep sessions and meter readings in the site's ledger.

    Input:
        `session`: what happens to sessions, best by durable wires.
        `reading`: a `MeterReading`, or a `MeterUnknown`, which is kept as a gap.
        `prices`: `MarketPrices`; one that is there already for a time stays.

    Output:
        `billed`: a `SessionBilled` at the end of a session, and again when its end register comes
        late.

    Raises:
        StoreError: The ledger cannot be written, or holds another event of the same kind for that
            session.  For readings once; they are kept and tried again until they are written.

    Source:
        None.
    """

    type_name = "ledger"
    icon = "book"
    blocking = True
    billed: Out[SessionBilled]
    optional_inputs = frozenset({"session", "reading", "prices"})
    examples = [
        Example(
            config={"store": "store"},
            send={
                "session": [SessionStarted.sample(), SessionEnded.sample()],
                "reading": [MeterReading.sample(), MeterUnknown.sample()],
                "prices": MarketPrices.sample(),
            },
            advance=2.0,
        )
    ]

    def start(self) -> None:
        """Begin to gather readings."""
        self._ledger = self.use(self.config.store).ledger
        self._waiting: deque[MeterReading | MeterUnknown] = deque(maxlen=_MOST_WAITING)
        self._lost = 0
        self._due = False
        self._again_s: float | None = None
        self._written_s = -math.inf
        # Not now: it needs the database, and a start has better things to do.
        self._looks = True
        self.after(_LOOK_AT_CLOCK_S, self._look_at_clock)
        if self.config.keep_months is not None:
            self.after(_MAKE_ROOM_EVERY_S / 24, self._make_room)

    def stop(self, reason: StopReason) -> None:
        """Write what is still waiting."""
        if reason == "stop":
            self._write()

    def on_session(
        self,
        event: SessionStarted | SessionLatched | SessionEnded | SessionSettled | SessionOdometer,
    ) -> None:
        """Write an event at once; the readings before it first, for they cut its energy."""
        self._written()
        self._ledger.sessions.record(event)
        if isinstance(event, SessionStarted | SessionEnded) and event.stamp and not self._looks:
            self._look_at_clock()
        if isinstance(event, SessionEnded | SessionSettled):
            self._bill(event.session_id)

    def _bill(self, session_id: UUID) -> None:
        """Tell what a session costs that has ended."""
        session = self._ledger.sessions.get(session_id)
        bill = None if session is None else billed(session)
        if bill is not None:
            self.billed.send(bill)

    def _look_at_clock(self) -> None:
        """Date what was by a clock that was not known, or look again later."""
        now = self.clock.instant()
        self._looks = now.trusted is False
        if self._looks:
            self.after(_LOOK_AT_CLOCK_S, self._look_at_clock)
        elif dated := self._ledger.clock.date(now):
            self.log.info("the time is known: %d sessions were dated by it", dated)

    def _make_room(self) -> None:
        """Let go of a day of readings that are old enough, and of more soon if there are more."""
        months = self.config.keep_months
        now, left = self.clock.instant(), False
        # By a clock that is not known to be right they could be older than they are.
        if months is not None and now.trusted is not False:
            try:
                left = self._ledger.old_readings.let_go(now.wall - months * _MONTH)
            except StoreError as error:
                self.log.warning("old readings: %s", error)
        again_s = _NEXT_DAY_OF_ROOM_S if left else _MAKE_ROOM_EVERY_S
        self.after(again_s, self._make_room)

    def on_prices(self, prices: MarketPrices) -> None:
        """Write market prices at once."""
        self._ledger.market.record(prices)

    def on_reading(self, reading: MeterReading | MeterUnknown) -> None:
        """Write a reading, or let it wait for the next batch."""
        if len(self._waiting) == _MOST_WAITING:
            self._lost += 1
        self._waiting.append(reading)
        if self._due:
            return
        left_s = self._written_s + self.config.batch - self.clock.monotonic()
        if left_s > 0 or not self._written():
            self._due = True
            self.after(max(left_s, 0), self._write_later)

    def _write_later(self) -> None:
        """Write what waits, or again later: the failure is told once, the fault as long as it is.

        Of a call that fails the engine makes another one.
        """
        again_s = self._again_s
        try:
            self._write()
        except StoreError as error:
            self.fault(_UNWRITTEN, str(error))
            if again_s is None:
                self._again_s = _FIRST_WAIT_S
                raise
            self._again_s = min(2 * again_s, _LONGEST_WAIT_S)
            self.after(again_s, self._write_later)

    def _written(self) -> bool:
        """Write what waits if that can be done; if not, the fault says why."""
        try:
            self._write()
        except StoreError as error:
            self.fault(_UNWRITTEN, str(error))
            return False
        return True

    def _write(self) -> None:
        """Write what waits."""
        if self._waiting:
            self._ledger.readings.observe(tuple(self._waiting), keep=self.config.keep_readings)
            self._waiting.clear()
            self._written_s = self.clock.monotonic()
        self._due, self._again_s = False, None
        self.clear(_UNWRITTEN)
        if self._lost:
            self.log.warning("readings lost while none could be written: %d", self._lost)
            self._lost = 0
