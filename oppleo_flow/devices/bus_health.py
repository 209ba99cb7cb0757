"""What a bus remembers of a device: how it answered, what it owes, and when to ask it again.

Pure: times are monotonic seconds and come in from outside.
"""

from dataclasses import dataclass, field, replace
from typing import Final

from oppleo_flow.devices.serial_bus import Tally
from oppleo_flow.errors import DeviceError

LATEST_S: Final = 5.0
"""No device answers later than this."""
_REST_TIMES: Final = 9
_LONGEST_REST_S: Final = 60.0
_PROBES: Final = (2, 4, 6, 8, 10)


@dataclass(slots=True)
class Device:
    """One device on a bus.

    `failing` counts the reads in a row that brought nothing.  A device that fails again and again
    rests nine times as long as it took to find that out: so it has a tenth of the bus at most, and
    its neighbours the rest.
    """

    tally: Tally = field(default_factory=Tally)
    failing: int = 0
    error: DeviceError | None = None
    _rests_until_s: float = 0.0
    _owed: dict[int, float] = field(default_factory=dict)

    def count(self, **more: int) -> None:
        """Count what happened."""
        values = {name: getattr(self.tally, name) + number for name, number in more.items()}
        self.tally = replace(self.tally, **values)

    # -- answers that may still come -----------------------------------------------------------

    def owe(self, registers: int, now_s: float) -> None:
        """Note that an answer of so many registers did not come, and may yet."""
        self._owed[registers] = now_s + LATEST_S

    def owes(self, registers: int, now_s: float) -> bool:
        """Return whether an answer of this length may be one to an earlier question.

        It does not say which question it answers; only its length tells.
        """
        self._forget(now_s)
        return registers in self._owed

    def owes_anything(self, now_s: float) -> bool:
        """Return whether some answer may still come."""
        self._forget(now_s)
        return bool(self._owed)

    def another_length(self, now_s: float) -> int | None:
        """Return a length that no late answer has; None when every one is owed."""
        self._forget(now_s)
        return next((count for count in _PROBES if count not in self._owed), None)

    def settle(self) -> None:
        """Note that an answer came that can only be to its own question: none is owed any more.

        A device answers one question after another.
        """
        self._owed.clear()

    def _forget(self, now_s: float) -> None:
        if self._owed:
            self._owed = {n: until_s for n, until_s in self._owed.items() if until_s > now_s}

    # -- when to ask it ------------------------------------------------------------------------

    def rests(self, now_s: float) -> bool:
        """Return whether it is better left alone now."""
        return now_s < self._rests_until_s

    def failed(self, error: DeviceError, took_s: float, now_s: float) -> None:
        """Note that a read brought nothing, and how long that took."""
        self.failing += 1
        self.error = error
        if self.failing > 1:
            self._rests_until_s = now_s + min(_REST_TIMES * took_s, _LONGEST_REST_S)

    def worked(self) -> None:
        """Note that a read brought registers, or a plain refusal."""
        self.failing, self.error, self._rests_until_s = 0, None, 0.0
