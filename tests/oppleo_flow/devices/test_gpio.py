"""The contract of a chip of pins, run on every implementation that can run here."""

import importlib.util
import itertools
from pathlib import Path

import pytest

from oppleo_flow.clock import SystemClock, VirtualClock
from oppleo_flow.devices.evse_envelope import LineSays
from oppleo_flow.devices.evse_led import SampledEvseLine
from oppleo_flow.devices.gpio import RpiGpio, breath_percent, load_rpi_gpio
from oppleo_flow.devices.library_copy import load_copy
from oppleo_flow.devices.rpi_gpio_twin import SimulatedRpiGpio, WorldPins
from oppleo_flow.errors import DeviceError, DeviceMissing
from oppleo_flow.payloads import EvseSignal
from tests.oppleo_flow.devices.worlds import (
    AT_ONCE,
    DEADLINE_S,
    NOON,
    LoudWorld,
    Waiter,
    fake_lgpio,
    still_world,
)


@pytest.fixture
def world():
    return still_world(times=AT_ONCE)


def shown(told):
    """Return the signals that a line told, each change once."""
    return [signal for signal, _ in itertools.groupby(says.signal for says in told)]


def rpi_lgpio(world, monkeypatch, busy=()):
    """Return the real rpi-lgpio library on a simulated kernel interface.

    Oppleo R21: it is the library for a Raspberry Pi 5, which RPi.GPIO and pigpio do not know.
    """
    package = importlib.util.find_spec("RPi")
    if package is None:
        pytest.skip("rpi-lgpio is not installed")
    monkeypatch.setenv("RPI_LGPIO_REVISION", "c03114")
    monkeypatch.setenv("RPI_LGPIO_CHIP", "0")
    file = Path(package.submodule_search_locations[0]) / "GPIO" / "__init__.py"
    return load_copy(file, {"lgpio": fake_lgpio(world, busy)})


@pytest.fixture(params=["simulated RPi.GPIO", "rpi-lgpio on a simulated kernel", "port twin"])
def chip(request, world, monkeypatch):
    if request.param == "port twin":
        made = WorldPins(world)
    elif request.param == "simulated RPi.GPIO":
        made = RpiGpio(SimulatedRpiGpio(world))
    else:
        made = RpiGpio(rpi_lgpio(world, monkeypatch))
    yield made
    made.close()


@pytest.mark.parametrize("high", [True, False])
def test_an_output_starts_at_its_level(chip, world, high):
    chip.claim_output(5, high=high)

    assert world.read_pin(5) is high


@pytest.mark.parametrize("high", [True, False])
def test_an_output_reads_back_what_was_written(chip, high):
    chip.claim_output(5, high=not high)
    chip.write(5, high)

    assert chip.read(5) is high


@pytest.mark.parametrize(("pull", "high"), [("up", True), ("down", False)])
def test_an_input_that_nobody_drives_follows_its_pull(chip, pull, high):
    chip.claim_input(20, pull=pull)

    assert chip.read(20) is high


def test_an_input_follows_what_drives_it(chip, world):
    chip.claim_input(6, pull="up")
    chip.claim_output(5, high=True)
    assert chip.read(6) is False  # no access: the EVSE keeps its LED off

    chip.write(5, high=False)
    world.plug_in(charge_percent=100)

    assert chip.read(6) is True  # a car that wants nothing: fully lit


@pytest.mark.parametrize(
    ("use", "message"),
    [
        pytest.param(lambda c: c.write(7, True), "not claimed as an output", id="written"),
        pytest.param(lambda c: c.set_duty(7, 50), "not claimed as an output", id="modulated"),
        pytest.param(lambda c: c.read(7), "not claimed", id="read"),
    ],
)
def test_a_pin_that_was_not_claimed_is_refused(chip, use, message):
    with pytest.raises(DeviceError) as refusal:
        use(chip)

    assert str(refusal.value) == f"GPIO 7: {message}"


def test_an_input_cannot_be_written(chip):
    chip.claim_input(7, pull="up")

    with pytest.raises(DeviceError, match=r"^GPIO 7: not claimed as an output$"):
        chip.write(7, high=True)


def test_a_pin_that_another_program_has_is_named_with_what_to_check(world, monkeypatch):
    chip = RpiGpio(rpi_lgpio(world, monkeypatch, busy=[6]))
    for claim in (
        lambda: chip.claim_input(6, pull="up"),
        lambda: chip.claim_output(6, high=True),
        lambda: chip.evse_line(6, inverted=False, changed=Waiter()),
    ):
        with pytest.raises(DeviceError) as refusal:
            claim()
        assert str(refusal.value) == (
            "GPIO 6: GPIO busy; another program has it: `gpioinfo` tells which"
        )
    chip.claim_output(5, high=True)


@pytest.mark.parametrize("pin", [-1, 99])
def test_a_pin_that_is_not_there_is_refused_by_its_number(chip, pin):
    with pytest.raises(DeviceError, match=f"^GPIO {pin}: "):
        chip.claim_output(pin, high=False)


def test_a_pin_can_be_claimed_again_in_another_role(chip):
    chip.claim_output(7, high=False)
    chip.claim_input(7, pull="up")

    assert chip.read(7) is True


@pytest.mark.parametrize("high", [True, False])
def test_a_released_output_keeps_its_level(chip, world, high):
    chip.claim_output(5, high=high)
    chip.release(5)

    assert world.read_pin(5) is high
    with pytest.raises(DeviceError):
        chip.write(5, high=not high)


def test_closing_keeps_the_levels_too(chip, world):
    chip.claim_output(5, high=True)
    chip.claim_output(23, high=False)
    chip.close()

    assert (world.read_pin(5), world.read_pin(23)) == (True, False)


def test_releasing_what_was_not_claimed_does_nothing(chip):
    chip.release(7)


def test_a_duty_is_put_on_a_pin_and_ends_when_it_is_written(chip, world):
    chip.claim_output(12, high=False)
    chip.set_duty(12, 40)
    assert world.snapshot()["pins"]["12"] == {"output": True, "percent": 40, "edges": 2}

    chip.set_duty(12, 60)
    assert world.snapshot()["pins"]["12"]["percent"] == 60

    chip.write(12, high=True)
    assert world.snapshot()["pins"]["12"]["percent"] == 100


@pytest.mark.parametrize("percent", [-1, 101])
def test_a_duty_that_cannot_be_is_refused(chip, percent):
    chip.claim_output(12, high=False)

    with pytest.raises(DeviceError, match=r"^GPIO 12: "):
        chip.set_duty(12, percent)


@pytest.mark.parametrize(
    ("elapsed_s", "percent"),
    [(0.0, 3), (0.5, 50.5), (1.0, 98), (1.5, 50.5), (2.0, 3), (7.0, 98)],
)
def test_a_breath_rises_and_falls_in_straight_lines(elapsed_s, percent):
    assert breath_percent(3, 98, 2.0, elapsed_s) == pytest.approx(percent)


def test_breathing_is_computed_when_it_is_looked_at():
    clock = VirtualClock(NOON)
    world = LoudWorld(clock)
    chip = WorldPins(world)
    chip.claim_output(16, high=False)

    chip.breathe(16, low_percent=0, high_percent=100, period_s=2.0)
    seen = []
    for _ in range(5):
        seen.append(world.snapshot()["lamp"]["blue"])
        clock.advance(0.5)

    assert seen == [0, 50, 100, 50, 0]


def test_a_real_chip_breathes_by_a_thread_that_ends_with_the_breath():
    world = LoudWorld(SystemClock())
    world.duties = Waiter()
    chip = RpiGpio(SimulatedRpiGpio(world))
    chip.claim_output(16, high=False)
    chip.breathe(16, low_percent=0, high_percent=100, period_s=0.2)

    world.duties.wait_for(lambda told: {p // 50 for _, p in told} >= {0.0, 1.0})
    chip.write(16, high=False)
    so_far = len(world.duties.told)
    chip.breathe(16, low_percent=0, high_percent=1, period_s=0.1)
    world.duties.wait_for(lambda told: len(told) > so_far + 3)
    chip.close()

    assert max(percent for _, percent in world.duties.told[so_far:]) <= 1


@pytest.mark.parametrize(("module", "named"), [("RPi", "RPi.GPIO"), ("lgpio", "lgpio")])
def test_without_the_library_the_message_says_what_to_install(monkeypatch, module, named):
    def gone(name):
        raise ModuleNotFoundError(name=module)

    monkeypatch.setattr("importlib.import_module", gone)

    with pytest.raises(DeviceMissing) as missing:
        load_rpi_gpio()

    assert str(missing.value) == (
        f"GPIO: the {named} library is missing; `pip install rpi-lgpio`, "
        "or ask for simulated hardware"
    )


# -- the LED line -----------------------------------------------------------------------------


@pytest.fixture(params=["sampled", "port twin"])
def line_on(request):
    """Return a function that watches the LED line of a new world."""
    lines = []

    def watch(*, inverted=False):
        clock = SystemClock() if request.param == "sampled" else VirtualClock(NOON)
        world = LoudWorld(clock, times=AT_ONCE)
        chip = RpiGpio(SimulatedRpiGpio(world)) if request.param == "sampled" else WorldPins(world)
        told = Waiter()
        chip.claim_output(5, high=True)
        lines.append(chip.evse_line(6, inverted=inverted, changed=told))
        return world, chip, told

    yield watch
    for line in lines:
        line.close()


def test_a_line_tells_the_signals_one_after_the_other(line_on):
    world, chip, told = line_on()
    told.wait_for(lambda seen: shown(seen)[-1:] == [EvseSignal.ACCESS_OFF])

    world.plug_in()
    chip.write(5, high=False)
    world.fire()
    told.wait_for(lambda seen: shown(seen)[-1:] == [EvseSignal.CHARGING])

    assert shown(told.told) == [EvseSignal.ACCESS_OFF, EvseSignal.CHARGING]


def test_a_closed_line_tells_nothing_more(line_on):
    world, chip, told = line_on()
    told.wait_for(lambda seen: len(seen) == 1)
    line = chip.evse_line(6, inverted=False, changed=(late := Waiter()))
    line.close()
    seen = list(late.told)

    world.break_evse(True)
    told.wait_for(lambda known: shown(known)[-1] is EvseSignal.ERROR)

    assert late.told == seen


def test_a_pin_that_cannot_be_read_makes_the_line_unknown_and_is_tried_again():
    reads = iter([DeviceError("GPIO 6: the chip is gone")])
    told = Waiter()

    def read():
        for error in reads:
            raise error
        return True

    line = SampledEvseLine(read, inverted=False, changed=told)
    told.wait_for(lambda seen: shown(seen)[-1:] == [EvseSignal.CONNECTED])
    silent_s = line.silent_s()
    line.close()

    assert told.told[0] == LineSays(None, code="unreadable", reason="GPIO 6: the chip is gone")
    assert silent_s < DEADLINE_S
