"""Worlds and hardware for the tests of the devices."""

import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from oppleo_flow.clock import VirtualClock
from oppleo_flow.devices.world import World
from oppleo_flow.simulator.smart_evse import EvseTimes
from oppleo_flow.simulator.world import SimulatedWorld

NOON = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
DEADLINE_S = 20.0
_BUSY = -78
AT_ONCE = EvseTimes(
    debounce_s=0.0, before_pilot_s=0.0, charge_delay_s=0.0, car_asks_s=0.0, car_stops_s=0.0
)


def still_world(**options: Any) -> SimulatedWorld:
    """Return a world on a clock that stands still."""
    return SimulatedWorld(VirtualClock(NOON), **options)


class Waiter:
    """Keeps what a thread tells, and waits for something of it."""

    def __init__(self) -> None:
        self.told: list[Any] = []
        self._changed = threading.Condition()

    def __call__(self, *what: Any) -> None:
        with self._changed:
            self.told.append(what[0] if len(what) == 1 else what)
            self._changed.notify_all()

    def wait_for(self, found: Callable[[list[Any]], bool]) -> None:
        """Wait until `found` says yes to what was told."""
        with self._changed:
            assert self._changed.wait_for(lambda: found(self.told), DEADLINE_S), self.told


class LoudWorld(SimulatedWorld):
    """A world that tells a `Waiter` every duty that a pin is given."""

    duties: Waiter

    def drive_duty(self, pin: int, percent: float) -> None:
        super().drive_duty(pin, percent)
        self.duties((pin, percent))


def fake_lgpio(world: World, busy: Sequence[int] = ()) -> Any:
    """Return what stands where the `lgpio` module would: the chip's lines are a world's pins.

    Those that are `busy` another program has.
    """
    outputs, inputs = 0x200, 0x100
    modes: dict[int, int] = {}

    def claim_output(chip: int, line: int, level: int = 0, flags: int = 0) -> int:
        if line in busy:
            return _BUSY
        world.drive_pin(line, bool(level))
        modes[line] = outputs
        return 0

    def claim_input(chip: int, line: int, flags: int = 0) -> int:
        if line in busy:
            return _BUSY
        world.float_pin(line, bool(flags & 32))
        modes[line] = inputs
        return 0

    def write(chip: int, line: int, level: int) -> int:
        world.drive_pin(line, bool(level))
        return 0

    def modulate(chip: int, line: int, hertz: float, percent: float) -> int:
        world.drive_duty(line, percent)
        return 0

    def free(chip: int, line: int) -> int:
        modes.pop(line, None)
        return 0

    return SimpleNamespace(
        error=OSError,
        RISING_EDGE=1,
        FALLING_EDGE=2,
        BOTH_EDGES=3,
        SET_PULL_UP=32,
        SET_PULL_DOWN=64,
        SET_PULL_NONE=128,
        GPIO_BUSY=_BUSY,
        error_text=lambda code: "GPIO busy" if code == _BUSY else f"error {code}",
        gpiochip_open=lambda number: 0,
        gpio_get_mode=lambda chip, line: modes.get(line, 0),
        gpio_claim_output=claim_output,
        gpio_claim_input=claim_input,
        gpio_read=lambda chip, line: int(world.read_pin(line)),
        gpio_write=write,
        gpio_free=free,
        tx_pwm=modulate,
    )
