"""Whether the wall clock of this machine is known to be right.

A Raspberry Pi before the 5 has no clock that runs without power: it starts with the time at which
it was last switched off, which looks plausible and is wrong by the length of the outage.  The time
is known when something has told it:

* the kernel says that its clock is being kept in step, by NTP or whatever else does it;
* or a hardware clock set it at the start, and still agrees with it.

A machine that shows neither, although it would, does not know the time.  One that does not let us
look (a container, another system) cannot tell.
"""

from collections.abc import Callable
from pathlib import Path

from oppleo_flow.immutable import immutable

_TIME_ERROR = 5
"""What adjtimex(2) returns while the clock is not synchronised."""
_TIMEX_BYTES = 512  # more than the structure has anywhere; all zero it asks and sets nothing
_AGREES_S = 60.0


def kernel_in_step() -> bool | None:
    """Return whether the kernel's clock is kept in step; None where it cannot be asked."""
    import ctypes  # noqa: PLC0415  (most machines show the marker, and need not ask)

    try:
        adjtimex = ctypes.CDLL(None, use_errno=True).adjtimex
    except (AttributeError, OSError):
        return None
    state = adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES))
    return None if state < 0 else state != _TIME_ERROR


@immutable
class ClockSigns:
    """Where a machine shows whether it knows the time."""

    in_step: Callable[[], bool | None] = kernel_in_step
    marker: Path = Path("/run/systemd/timesync/synchronized")
    hardware_clocks: Path = Path("/sys/class/rtc")

    def trusted(self, epoch_s: float) -> bool | None:
        """Return whether a wall time is known to be right; None: this machine cannot tell."""
        if self.marker.exists():
            return True
        in_step = self.in_step()
        if in_step:
            return True
        if not self.hardware_clocks.is_dir() or in_step is None:
            return None
        return any(_set_it(clock, epoch_s) for clock in self.hardware_clocks.iterdir())


def _set_it(clock: Path, epoch_s: float) -> bool:
    """Return whether a hardware clock set the system's at its start, and agrees with it now."""
    try:
        set_it = (clock / "hctosys").read_text(encoding="ascii").strip() == "1"
        shows_s = float((clock / "since_epoch").read_text(encoding="ascii"))
    except (OSError, ValueError):
        return False
    return set_it and abs(shows_s - epoch_s) < _AGREES_S
