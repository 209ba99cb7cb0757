"""The pins of a Raspberry Pi.

```yaml
connections:
  pins: {type: gpio}
```

Pins have BCM numbers: `pin: 5` is GPIO 5, pin 29 of the header. It needs the library rpi-lgpio,
or RPi.GPIO before the Pi 5. Simulated, the pins are those of the simulated world.
"""

from oppleo_flow import Connection, DeviceMissing, NodeConfig, VirtualClock
from oppleo_flow.devices.evse_led import EvseLine, LineChanged
from oppleo_flow.devices.frames import frames_of
from oppleo_flow.devices.gpio import GpioChip, Pull, RpiGpio
from oppleo_flow.devices.rpi_gpio_twin import SimulatedRpiGpio, WorldPins
from oppleo_flow.devices.world import eventful, world_of


class GpioConfig(NodeConfig):
    """Settings of a `gpio` connection: none."""


class GpioConnection(Connection[GpioConfig], GpioChip):
    """The pins of a Raspberry Pi, which several nodes share."""

    type_name = "gpio"
    icon = "chip"
    _open_chip: GpioChip | None = None

    def open(self) -> None:
        """Find the pins; none is touched yet."""
        if not self.simulated:
            self._open_chip = RpiGpio.installed(frames_of(self.site))
            return
        world = world_of(self.site)
        if isinstance(self.clock, VirtualClock):
            self._open_chip = WorldPins(eventful(world))
        else:
            self._open_chip = RpiGpio(SimulatedRpiGpio(world), frames_of(self.site))

    def close(self) -> None:
        """Release every pin; outputs keep their levels."""
        if self._open_chip is not None:
            self._open_chip.close()

    @property
    def _chip(self) -> GpioChip:
        if self._open_chip is None:
            raise DeviceMissing(f"connection {self.name!r}: is not open")
        return self._open_chip

    def claim_output(self, pin: int, *, high: bool) -> None:
        """Make a pin an output that starts at a level."""
        self._chip.claim_output(pin, high=high)

    def claim_input(self, pin: int, *, pull: Pull) -> None:
        """Make a pin an input with a pull resistor."""
        self._chip.claim_input(pin, pull=pull)

    def write(self, pin: int, high: bool) -> None:
        """Hold an output at a level."""
        self._chip.write(pin, high)

    def read(self, pin: int) -> bool:
        """Return whether a pin is high."""
        return self._chip.read(pin)

    def set_duty(self, pin: int, percent: float) -> None:
        """Put a pulse width modulation on an output."""
        self._chip.set_duty(pin, percent)

    def breathe(
        self, pin: int, *, low_percent: float, high_percent: float, period_s: float
    ) -> None:
        """Let the duty of an output rise and fall."""
        self._chip.breathe(
            pin, low_percent=low_percent, high_percent=high_percent, period_s=period_s
        )

    def release(self, pin: int) -> None:
        """Let go of a pin; an output keeps its level."""
        self._chip.release(pin)

    def evse_line(self, pin: int, *, inverted: bool, changed: LineChanged) -> EvseLine:
        """Return a watcher of a SmartEVSE's LED line."""
        return self._chip.evse_line(pin, inverted=inverted, changed=changed)
