"""Pins: what nodes may do with them, and the driver for the header of a Raspberry Pi.

`RpiGpio` is written to the RPi.GPIO interface, which the package RPi.GPIO provides up to the Pi 4
and rpi-lgpio from there on.  Pins have BCM numbers.  Nothing here ever calls `cleanup()` without
a channel: that frees the SPI pins and the EVSE switch of everybody else too.
"""

import importlib
import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Lock, Thread
from time import monotonic
from typing import Any, Literal, Protocol, Self

from oppleo_flow.devices.evse_led import EvseLine, LineChanged, SampledEvseLine
from oppleo_flow.devices.frames import Frames
from oppleo_flow.devices.libraries import installing
from oppleo_flow.errors import DeviceError, DeviceMissing

Pull = Literal["up", "down"]
PWM_HZ = 100
_BREATH_STEP_S = 0.02


class GpioChip(ABC):
    """The pins of one machine.

    A pin is claimed before use; claiming it again, in another role too, is legal.  Every method
    raises `DeviceError` when the pin is not there or not claimed for what is asked of it.
    """

    @abstractmethod
    def claim_output(self, pin: int, *, high: bool) -> None:
        """Make a pin an output that starts at a level, without a glitch in between."""

    @abstractmethod
    def claim_input(self, pin: int, *, pull: Pull) -> None:
        """Make a pin an input with a pull resistor."""

    @abstractmethod
    def write(self, pin: int, high: bool) -> None:
        """Hold an output at a level; ends a pulse width modulation."""

    @abstractmethod
    def read(self, pin: int) -> bool:
        """Return whether a pin is high; of an output, what it really drives."""

    @abstractmethod
    def set_duty(self, pin: int, percent: float) -> None:
        """Put a pulse width modulation of 100 Hz on an output."""

    @abstractmethod
    def breathe(
        self, pin: int, *, low_percent: float, high_percent: float, period_s: float
    ) -> None:
        """Let the duty of an output rise and fall in straight lines until told otherwise."""

    @abstractmethod
    def release(self, pin: int) -> None:
        """Let go of a pin; an output keeps its level.  A pin not claimed is left alone."""

    @abstractmethod
    def close(self) -> None:
        """Release every pin."""

    def evse_line(self, pin: int, *, inverted: bool, changed: LineChanged) -> EvseLine:
        """Return a watcher of a SmartEVSE's LED line; `changed` is called from its own thread.

        A wire that is cut reads as an LED that is dark, whose plug is not known.
        """
        self.claim_input(pin, pull=dark_pull(inverted))
        return SampledEvseLine(lambda: self.read(pin), inverted=inverted, changed=changed)


class Pwm(Protocol):
    """A pulse width modulation as the RPi.GPIO interface has it."""

    def start(self, dutycycle: float) -> None:
        """Begin."""

    def ChangeDutyCycle(self, dutycycle: float) -> None:  # noqa: N802  (the library's name)
        """Go on with another duty."""

    def stop(self) -> None:
        """End; the pin is low."""


class RpiGpioLibrary(Protocol):
    """What `RpiGpio` needs of the RPi.GPIO interface."""

    BCM: int
    IN: int
    OUT: int
    PUD_UP: int
    PUD_DOWN: int

    def setwarnings(self, state: bool) -> None:
        """Switch the library's warnings."""

    def setmode(self, mode: int) -> None:
        """Choose the numbering."""

    def setup(
        self, channel: int, direction: int, pull_up_down: int = ..., initial: int = ...
    ) -> None:
        """Set up one pin."""

    def output(self, channel: int, state: bool) -> None:
        """Set an output."""

    def input(self, channel: int) -> int:
        """Read a pin."""

    def cleanup(self, channel: int) -> None:
        """Make one pin an input again."""

    def PWM(self, channel: int, frequency: float) -> Pwm:  # noqa: N802
        """Prepare a pulse width modulation."""
        ...


class RpiGpio(GpioChip):
    """The pins of a Raspberry Pi, or of a simulated one that has the same interface."""

    def __init__(self, library: RpiGpioLibrary, frames: Frames | None = None) -> None:
        self._library = library
        self._frames = frames or Frames()
        self._last_told: dict[int, object] = {}
        self._outputs: set[int] = set()
        self._inputs: set[int] = set()
        self._pwms: dict[int, Pwm] = {}
        self._breather = _Breather(self._change_duty)
        with _refusals("header"):
            library.setwarnings(False)
            library.setmode(library.BCM)

    @classmethod
    def installed(cls, frames: Frames | None = None) -> Self:
        """Return the pins of this machine.

        Raises:
            DeviceMissing: The library is not installed, or this is not a Raspberry Pi.
        """
        return cls(load_rpi_gpio(), frames)

    def claim_output(self, pin: int, *, high: bool) -> None:
        """Make a pin an output that starts at a level."""
        self._end_duty(pin)
        with _refusals(f"GPIO {pin}"):
            self._library.setup(pin, self._library.OUT, initial=int(high))
        self._tell(pin, "high", high)
        self._inputs.discard(pin)
        self._outputs.add(pin)

    def claim_input(self, pin: int, *, pull: Pull) -> None:
        """Make a pin an input with a pull resistor."""
        library = self._library
        self._end_duty(pin)
        with _refusals(f"GPIO {pin}"):
            resistor = library.PUD_UP if pull == "up" else library.PUD_DOWN
            library.setup(pin, library.IN, pull_up_down=resistor)
        self._outputs.discard(pin)
        self._inputs.add(pin)

    def write(self, pin: int, high: bool) -> None:
        """Hold an output at a level."""
        self._need_output(pin)
        self._end_duty(pin)
        with _refusals(f"GPIO {pin}"):
            self._library.output(pin, high)
        self._tell(pin, "high", high)

    def read(self, pin: int) -> bool:
        """Return whether a pin is high.

        Raises:
            DeviceError: The pin was not claimed, or the chip refuses.
        """
        if pin not in self._inputs and pin not in self._outputs:
            raise DeviceError(f"GPIO {pin}: not claimed")
        with _refusals(f"GPIO {pin}"):
            return bool(self._library.input(pin))

    def set_duty(self, pin: int, percent: float) -> None:
        """Put a pulse width modulation of 100 Hz on an output."""
        self._need_output(pin)
        self._breather.stop(pin)
        self._change_duty(pin, percent)
        self._tell(pin, "duty_percent", percent)

    def breathe(
        self, pin: int, *, low_percent: float, high_percent: float, period_s: float
    ) -> None:
        """Let the duty of an output rise and fall; one thread serves all pins that do."""
        self.set_duty(pin, low_percent)
        self._breather.start(pin, low_percent, high_percent, period_s)
        self._tell(pin, "breathes_percent", (low_percent, high_percent))

    def evse_line(self, pin: int, *, inverted: bool, changed: LineChanged) -> EvseLine:
        """Return a watcher of a SmartEVSE's LED line."""
        self.claim_input(pin, pull="up")
        return SampledEvseLine(
            lambda: self.read(pin),
            inverted=inverted,
            changed=changed,
            sampled=lambda high_share: self._tell(pin, "high_share", high_share),
        )

    def release(self, pin: int) -> None:
        """Let go of a pin; an output keeps its level."""
        self._end_duty(pin)
        self._outputs.discard(pin)
        if pin in self._inputs:
            self._inputs.discard(pin)
            with _refusals(f"GPIO {pin}"):
                self._library.cleanup(pin)

    def close(self) -> None:
        """Release every pin."""
        for pin in [*self._outputs, *self._inputs]:
            self.release(pin)

    def _tell(self, pin: int, what: str, value: object) -> None:
        """Tell of what a pin does now, if it did something else before."""
        if self._last_told.get(pin) != (what, value):
            self._last_told[pin] = (what, value)
            self._frames.tell(f"GPIO {pin}", **{what: value})

    def _need_output(self, pin: int) -> None:
        if pin not in self._outputs:
            raise DeviceError(f"GPIO {pin}: not claimed as an output")

    def _change_duty(self, pin: int, percent: float) -> None:
        with _refusals(f"GPIO {pin}"):
            pwm = self._pwms.get(pin)
            if pwm is None:
                # Kept for good: RPi.GPIO refuses a second one for a pin while the first lives.
                pwm = self._pwms[pin] = self._library.PWM(pin, PWM_HZ)
            pwm.start(percent)

    def _end_duty(self, pin: int) -> None:
        self._breather.stop(pin)
        pwm = self._pwms.get(pin)
        if pwm is not None:
            with _refusals(f"GPIO {pin}"):
                pwm.stop()


class _Breather:
    """One thread that moves the duty of every breathing pin; it lives while there is one."""

    def __init__(self, change_duty: Callable[[int, float], None]) -> None:
        self._change_duty = change_duty
        self._lock = Lock()
        self._breaths: dict[int, tuple[float, float, float, float]] = {}
        self._wake = Event()
        self._thread: Thread | None = None

    def start(self, pin: int, low: float, high: float, period_s: float) -> None:
        with self._lock:
            self._breaths[pin] = (low, high, period_s, monotonic())
            if self._thread is None:
                self._wake.clear()
                self._thread = Thread(target=self._run, name="breathing-led", daemon=True)
                self._thread.start()

    def stop(self, pin: int) -> None:
        """Leave a pin alone from here on: no change is under way when this returns."""
        with self._lock:
            self._breaths.pop(pin, None)
            if not self._breaths:
                self._wake.set()

    def _run(self) -> None:
        while True:
            with self._lock:
                if not self._breaths:
                    self._thread = None
                    return
                self._step(monotonic())
            self._wake.wait(_BREATH_STEP_S)

    def _step(self, at_s: float) -> None:
        for pin, (low, high, period_s, since_s) in list(self._breaths.items()):
            try:
                self._change_duty(pin, breath_percent(low, high, period_s, at_s - since_s))
            except DeviceError:
                del self._breaths[pin]  # whoever writes the pin next is told


def dark_pull(inverted: bool) -> Pull:
    """Return the pull that makes a line to which nothing is wired look dark."""
    return "up" if inverted else "down"


def breath_percent(low: float, high: float, period_s: float, elapsed_s: float) -> float:
    """Return the duty of a breath that began at `low`, in percent."""
    share = math.fmod(elapsed_s, period_s) / period_s
    return low + (high - low) * (1 - abs(2 * share - 1))


def load_rpi_gpio() -> Any:
    """Return the installed RPi.GPIO module, imported now.

    Raises:
        DeviceMissing: It is not installed, or this is not a Raspberry Pi.
    """
    try:
        return importlib.import_module("RPi.GPIO")
    except ModuleNotFoundError as error:
        missing = "RPi.GPIO" if error.name == "RPi" else error.name
        raise DeviceMissing(
            f"GPIO: the {missing} library is missing; {installing([str(missing)])}, "
            "or ask for simulated hardware"
        ) from None
    except (ImportError, RuntimeError, OSError) as error:
        raise DeviceMissing(f"GPIO: {error}; is this a Raspberry Pi?") from error


@contextmanager
def _refusals(place: str) -> Iterator[None]:
    """Turn what the library raises into a `DeviceError` that names the pin."""
    try:
        yield
    except DeviceError:
        raise
    except (RuntimeError, ValueError, OSError) as error:
        taken = "; another program has it: `gpioinfo` tells which" if _is_busy(error) else ""
        raise DeviceError(f"{place}: {error}{taken}") from error


def _is_busy(error: Exception) -> bool:
    return "busy" in str(error).lower()
