"""The LED line of a SmartEVSE: somebody who watches it and says what it means.

The level is sampled, not its edges: an EVSE that keeps its LED off or fully on makes no edges, and
a reader of edges would go on saying what it saw last.
"""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from threading import Event, Thread

from oppleo_flow.devices.evse_envelope import NOT_YET, EvseDecoder, LineSays
from oppleo_flow.errors import DeviceError

LineChanged = Callable[[LineSays], None]
"""Told what the line says, each time that it says something else."""

SAMPLES_PER_WINDOW = 16
SAMPLE_EVERY_S = 0.00106
"""A little more than a period of the 1 kHz carrier, so that the samples of a window walk through
its phases once and more, whatever a sleep takes besides; the 5 kHz carrier they meet at random."""
WINDOW_EVERY_S = 0.03938
"""Half of the fast blink's period still holds a whole window; more would only cost.  No multiple of
a carrier's period: windows that all began at the same phase of it would all be wrong alike."""
_STARVED_S = 3 * SAMPLES_PER_WINDOW * SAMPLE_EVERY_S
_RETRY_S = 1.0
_STOP_WITHIN_S = 0.5


class EvseLine(ABC):
    """Somebody who watches the LED line and calls back on every change of what it means."""

    @abstractmethod
    def silent_s(self) -> float:
        """Return for how many seconds the line has not been looked at."""

    @abstractmethod
    def close(self) -> None:
        """Stop watching; no call-back begins after this returns."""


class SampledEvseLine(EvseLine):
    """Samples the level of a pin in a thread of its own and decodes it.

    `read` returns whether the pin is high; `inverted` when a lit LED means low.  `sampled` is told
    the share of each window in which it was.
    """

    def __init__(
        self,
        read: Callable[[], bool],
        *,
        inverted: bool,
        changed: LineChanged,
        sampled: Callable[[float], object] = lambda _: None,
    ) -> None:
        self._read = read
        self._sampled = sampled
        self._inverted = inverted
        self._changed = changed
        self._decoder = EvseDecoder()
        self._told = NOT_YET
        self._looked_at_s = time.monotonic()
        self._stop = Event()
        self._thread = Thread(target=self._run, name="evse-line", daemon=True)
        self._thread.start()

    def silent_s(self) -> float:
        """Return for how many seconds no window of samples was complete."""
        return time.monotonic() - self._looked_at_s

    def close(self) -> None:
        """Stop the thread and wait for it, unless a read hangs."""
        self._stop.set()
        self._thread.join(_STOP_WITHIN_S)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._window()
            except DeviceError as error:
                self._tell(LineSays(None, code="unreadable", reason=str(error)))
                self._stop.wait(_RETRY_S)

    def _window(self) -> None:
        """Take one window of samples; one that took too long says nothing and is left out."""
        began_s = time.monotonic()
        highs = 0
        for _ in range(SAMPLES_PER_WINDOW):
            highs += self._read()
            time.sleep(SAMPLE_EVERY_S)
        ended_s = time.monotonic()
        time.sleep(max(0.0, began_s + WINDOW_EVERY_S - ended_s))
        if ended_s - began_s > _STARVED_S:
            return
        self._looked_at_s = ended_s
        share = highs / SAMPLES_PER_WINDOW
        self._sampled(share)
        self._tell(self._decoder.add(ended_s, 1 - share if self._inverted else share))

    def _tell(self, says: LineSays) -> None:
        if says.differs_from(self._told) and not self._stop.is_set():
            self._told = says
            self._changed(says)
