"""The twins of the header: RPi.GPIO's interface on a simulated world, and our own on its pins."""

from oppleo_flow.devices.evse_envelope import LineSays, settled
from oppleo_flow.devices.evse_led import EvseLine, LineChanged
from oppleo_flow.devices.evse_waveform import LedTap
from oppleo_flow.devices.gpio import GpioChip, Pull, Pwm, dark_pull
from oppleo_flow.devices.world import EventfulWorld, World
from oppleo_flow.errors import DeviceError
from oppleo_flow.payloads import EvseSignal

HEADER_PINS = range(28)
"""The BCM numbers that the 40-pin header of a Raspberry Pi has."""


class SimulatedRpiGpio:
    """The RPi.GPIO interface on the pins of a world; it stands where the module would.

    It refuses what the library refuses, with the same kinds of exception, so that whoever uses
    it wrongly is told here and not on the bench.  Only the BCM numbering is simulated.
    """

    BOARD, BCM = 10, 11
    OUT, IN = 0, 1
    LOW, HIGH = 0, 1
    PUD_OFF, PUD_DOWN, PUD_UP = 20, 21, 22
    VERSION = "simulated"

    def __init__(self, world: World) -> None:
        self._world = world
        self._mode: int | None = None
        self._directions: dict[int, int] = {}
        self._modulated: set[int] = set()

    def getmode(self) -> int | None:
        """Return the numbering; None before it was chosen."""
        return self._mode

    def setmode(self, mode: int) -> None:
        """Choose the numbering.

        Raises:
            ValueError: It is not BCM.
        """
        if mode != self.BCM:
            raise ValueError("the simulated header has BCM numbers only")
        self._mode = mode

    def setwarnings(self, state: bool) -> None:
        """Do nothing: the simulated header does not warn."""

    def setup(
        self, channel: int, direction: int, pull_up_down: int = PUD_OFF, initial: int = -1
    ) -> None:
        """Set up one pin; `initial` is the level at which an output starts.

        Raises:
            RuntimeError: The numbering was not chosen.
            ValueError: It is not on the header, or an output with a pull.
        """
        self._check(channel)
        if direction == self.OUT:
            if pull_up_down != self.PUD_OFF:
                raise ValueError("pull_up_down has no meaning for an output")
            level = self._world.read_pin(channel) if initial == -1 else bool(initial)
            self._world.drive_pin(channel, level)
        else:
            self._world.float_pin(channel, pull_up_down == self.PUD_UP)
        self._directions[channel] = direction

    def output(self, channel: int, state: bool | int) -> None:
        """Set an output."""
        self._check_output(channel)
        self._world.drive_pin(channel, bool(state))

    def input(self, channel: int) -> int:
        """Read a pin that was set up, output or input.

        Raises:
            RuntimeError: It was not set up.
            ValueError: It is not on the header.
        """
        self._check(channel)
        if channel not in self._directions:
            raise RuntimeError(f"channel {channel} was not set up")
        return int(self._world.read_pin(channel))

    def cleanup(self, channel: int) -> None:
        """Make one pin an input again; freeing all at once is not simulated, nobody may do it."""
        self._check(channel)
        if self._directions.pop(channel, None) is not None:
            self._world.float_pin(channel, pulled_up=False)

    def PWM(self, channel: int, frequency: float) -> Pwm:  # noqa: N802  (the library's name)
        """Prepare a pulse width modulation; a pin has one at most.

        Raises:
            RuntimeError: It has one, or is no output.
            ValueError: It is not on the header, or the frequency is not above 0.
        """
        self._check_output(channel)
        if channel in self._modulated:
            raise RuntimeError(f"channel {channel} has a PWM already")
        if frequency <= 0:
            raise ValueError(f"a frequency above 0 is needed, got {frequency}")
        self._modulated.add(channel)
        return _SimulatedPwm(self._world, channel)

    def _check(self, channel: int) -> None:
        if self._mode is None:
            raise RuntimeError("setmode() must be called first")
        if channel not in HEADER_PINS:
            raise ValueError(f"channel {channel} is not on the header")

    def _check_output(self, channel: int) -> None:
        self._check(channel)
        if self._directions.get(channel) != self.OUT:
            raise RuntimeError(f"channel {channel} was not set up as an output")


class _SimulatedPwm:
    """A pulse width modulation on a pin of the world."""

    def __init__(self, world: World, pin: int) -> None:
        self._world = world
        self._pin = pin

    def start(self, dutycycle: float) -> None:
        """Begin, or go on with another duty."""
        if not 0 <= dutycycle <= 100:
            raise ValueError(f"a duty of 0 to 100 is needed, got {dutycycle}")
        self._world.drive_duty(self._pin, dutycycle)

    def ChangeDutyCycle(self, dutycycle: float) -> None:  # noqa: N802
        """Go on with another duty."""
        self.start(dutycycle)

    def stop(self) -> None:
        """End; the pin is low."""
        self._world.drive_pin(self._pin, high=False)


class WorldPins(GpioChip):
    """The pins of a world in this process: instant, without a thread, driven by its events."""

    def __init__(self, world: EventfulWorld) -> None:
        self._world = world
        self._outputs: set[int] = set()
        self._inputs: set[int] = set()

    def claim_output(self, pin: int, *, high: bool) -> None:
        """Make a pin an output that starts at a level."""
        _check_on_header(pin)
        self._world.drive_pin(pin, high)
        self._inputs.discard(pin)
        self._outputs.add(pin)

    def claim_input(self, pin: int, *, pull: Pull) -> None:
        """Make a pin an input with a pull resistor."""
        _check_on_header(pin)
        self._world.float_pin(pin, pulled_up=pull == "up")
        self._outputs.discard(pin)
        self._inputs.add(pin)

    def write(self, pin: int, high: bool) -> None:
        """Hold an output at a level."""
        self._need_output(pin)
        self._world.drive_pin(pin, high)

    def read(self, pin: int) -> bool:
        """Return whether a pin is high.

        Raises:
            DeviceError: The pin was not claimed.
        """
        if pin not in self._inputs and pin not in self._outputs:
            raise DeviceError(f"GPIO {pin}: not claimed")
        return self._world.read_pin(pin)

    def set_duty(self, pin: int, percent: float) -> None:
        """Put a pulse width modulation on an output.

        Raises:
            DeviceError: The pin is no output, or it is not 0 to 100 %.
        """
        self._need_output(pin)
        if not 0 <= percent <= 100:
            raise DeviceError(f"GPIO {pin}: a duty of 0 to 100 is needed, got {percent}")
        self._world.drive_duty(pin, percent)

    def breathe(
        self, pin: int, *, low_percent: float, high_percent: float, period_s: float
    ) -> None:
        """Let the duty of an output rise and fall; the world computes it when it is looked at."""
        self._need_output(pin)
        self._world.drive_breath(pin, low_percent, high_percent, period_s)

    def release(self, pin: int) -> None:
        """Let go of a pin; an output keeps its level."""
        self._outputs.discard(pin)
        if pin in self._inputs:
            self._inputs.discard(pin)
            self._world.float_pin(pin, pulled_up=False)

    def close(self) -> None:
        """Release every pin."""
        for pin in [*self._outputs, *self._inputs]:
            self.release(pin)

    def evse_line(self, pin: int, *, inverted: bool, changed: LineChanged) -> EvseLine:
        """Return a watcher of the LED line that is told by the world's own events."""
        self.claim_input(pin, pull=dark_pull(inverted))
        return WorldEvseLine(self._world, pin, inverted=inverted, changed=changed)

    def _need_output(self, pin: int) -> None:
        if pin not in self._outputs:
            raise DeviceError(f"GPIO {pin}: not claimed as an output")


class WorldEvseLine(EvseLine):
    """Watches the LED line of a world in this process.

    It says at once what a sampler would say in the end: the decoder is shown the waveform as it
    goes on from now, with a flash in it if there was one.
    """

    def __init__(
        self, world: EventfulWorld, pin: int, *, inverted: bool, changed: LineChanged
    ) -> None:
        self._world = world
        self._pin = pin
        self._inverted = inverted
        self._changed = changed
        self._told: LineSays | None = None
        self._settled: dict[tuple[EvseSignal, LedTap, bool, bool], LineSays] = {}
        self._stop_watching = world.watch(self._look)
        self._look()

    def silent_s(self) -> float:
        """Return 0: the world never fails to call."""
        return 0.0

    def close(self) -> None:
        """Stop watching."""
        self._stop_watching()

    def _look(self) -> None:
        says = self._says()
        if says != self._told:
            self._told = says
            self._changed(says)

    def _says(self) -> LineSays:
        line = self._world.led_line(self._pin)
        if line is None:
            return LineSays(EvseSignal.ACCESS_OFF, confidence=1.0)  # the pull makes it look dark
        waveform, upside_down = line.waveform, line.inverted != self._inverted
        key = (waveform.signal, waveform.tap, waveform.flash_s is not None, upside_down)
        if key not in self._settled:
            self._settled[key] = settled(waveform, upside_down=upside_down)
        return self._settled[key]


def _check_on_header(pin: int) -> None:
    if pin not in HEADER_PINS:
        raise DeviceError(f"GPIO {pin}: not on the header")
