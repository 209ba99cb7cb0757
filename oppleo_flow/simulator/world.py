"""The simulated world in this process: pins, EVSE, car, meter and cards, on any clock.

Nothing runs by itself.  Whoever looks or pulls a lever first brings the world up to the clock's
present time, event by event, so each look is exact however long ago the last one was.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from threading import RLock
from typing import Any

from oppleo_flow.clock import Clock
from oppleo_flow.devices.evse_waveform import SMART_EVSE_2, EvseWaveform, LedHardware, LedLine
from oppleo_flow.devices.meters import meter_model
from oppleo_flow.devices.world import EventfulWorld, MeterFace, Wiring
from oppleo_flow.errors import ConfigError, DeviceError
from oppleo_flow.simulator.car import VOLTAGE_V, Car, EnergyCounter
from oppleo_flow.simulator.installation import EnergyHistory, Installation
from oppleo_flow.simulator.pins import Pins
from oppleo_flow.simulator.smart_evse import EvseTimes, SmartEvse

Display = tuple[str, tuple[float, ...], tuple[float, ...], tuple[float, ...]]
"""Model, V, A and W of a meter: what it shows besides its counter."""

_FREQUENCY_HZ = 50.0
_FIRST_SERIAL = 19_001_234


@dataclass(frozen=True, slots=True)
class Card:
    """A card in the pocket; `known` when the demo's ledger should know it."""

    name: str
    uid: str
    known: bool


POCKET = (
    Card("family", "04A1B2C3", known=True),
    Card("office", "04E1D2C3B4A596", known=True),
    Card("stranger", "DEADBEEF", known=False),
    Card("visitor", "0499AABBCCDD80", known=False),
)

NEW_METER_WH = 1_234_567.0
"""What the register of a meter shows that nobody has used here before."""


class SimulatedWorld(EventfulWorld):
    """The world; safe to use from several threads.

    `history` is told how the meter's register goes, for who wants to know afterwards.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        wiring: Wiring | None = None,
        times: EvseTimes | None = None,
        hardware: LedHardware = SMART_EVSE_2,
        cards: Sequence[Card] = POCKET,
        energy_wh: float = NEW_METER_WH,
        history: EnergyHistory | None = None,
    ) -> None:
        self._clock = clock
        self._wiring = wiring or Wiring()
        self._hardware = hardware
        self._cards = tuple(cards)
        self._lock = RLock()
        self._watchers: list[Callable[[], None]] = []
        now_s = clock.monotonic()
        self._pins = Pins()
        evse = SmartEvse(times or EvseTimes())
        car = Car(phases=_phases(self._wiring), at_s=now_s)
        self._house = Installation(evse, car, EnergyCounter(energy_wh, at_s=now_s), history)
        self._displays = _displays(self._wiring, car)
        self._shown_w = car.drawn_w
        self._faces: dict[int, MeterFace] = {}
        self._meter_silent = False
        self._reader_dead = False
        self._card: tuple[Card, float] | None = None
        self._waveform = EvseWaveform(evse.signal, now_s, hardware)
        self._tell = False
        self._due_s: float | None = None

    # -- what the twins look at ----------------------------------------------------------------

    def drive_pin(self, pin: int, high: bool) -> None:
        """Hold a pin at a level."""
        with self._change():
            self._pins.hold(pin, high, output=True)

    def drive_duty(self, pin: int, percent: float) -> None:
        """Put a pulse width modulation of 100 Hz on a pin."""
        with self._change() as now_s:
            self._pins.modulate(pin, percent, percent, 0.0, now_s)

    def drive_breath(
        self, pin: int, low_percent: float, high_percent: float, period_s: float
    ) -> None:
        """Let the duty of a pin rise and fall in straight lines."""
        with self._change() as now_s:
            self._pins.modulate(pin, low_percent, high_percent, period_s, now_s)

    def float_pin(self, pin: int, pulled_up: bool) -> None:
        """Let go of a pin: it is an input, with a pull-up or with a pull-down."""
        with self._change():
            self._pins.hold(pin, pulled_up, output=False)

    def read_pin(self, pin: int) -> bool:
        """Return whether a pin is high now."""
        with self._present() as now_s:
            if pin == self._wiring.evse_led and not self._pins[pin].output:
                return self._line().high_at(now_s)
            return self._pins[pin].high_at(now_s)

    def led_line(self) -> LedLine:
        """Return what the SmartEVSE puts on its LED line now."""
        with self._present():
            return self._line()

    def card_in_field(self) -> bytes | None:
        """Return the UID of the card that lies on the reader."""
        with self._present():
            if self._reader_dead:
                raise DeviceError("RC522: no answer")
            return bytes.fromhex(self._card[0].uid) if self._card else None

    def meter(self, unit_id: int) -> MeterFace | None:
        """Return what the meter of that unit id shows; None when none answers there.

        While that does not change it is the very same face.
        """
        with self._present() as now_s:
            shown = self._displays.get(unit_id)
            if shown is None or self._meter_silent or not self._house.powered:
                return None
            energy_wh = self._house.counter.energy_at(now_s)
            face = self._faces.get(unit_id)
            if face is None or face.energy_import_wh != energy_wh:
                serial = _FIRST_SERIAL + unit_id - 1
                face = self._faces[unit_id] = MeterFace(*shown, _FREQUENCY_HZ, energy_wh, serial)
            return face

    # -- levers --------------------------------------------------------------------------------

    def plug_in(self, charge_percent: float | None = None) -> None:
        """Plug the car in; `charge_percent` is how full its battery is when it comes."""
        with self._change() as now_s:
            self._house.plug_in(now_s, charge_percent)

    def plug_out(self) -> None:
        """Pull the plug."""
        with self._change() as now_s:
            self._house.plug_out(now_s)

    def park(self, car: Car) -> None:
        """Have another car stand at the cable; none may be plugged in."""
        with self._change() as now_s:
            car.phases = min(car.phases, _phases(self._wiring))
            self._house.park(car, now_s)

    def swipe(self, card: str, hold_s: float = 0.5) -> None:
        """Hold a card of the pocket, by name or UID, to the reader."""
        found = next((c for c in self._cards if card in (c.name, c.uid)), None)
        if found is None:
            names = ", ".join(c.name for c in self._cards)
            raise ConfigError(f"no card {card!r} in the pocket; there are: {names}")
        with self._change() as now_s:
            self._card = (found, now_s + hold_s)
            self._tell = True

    def silence_meter(self, silent: bool) -> None:
        """Cut the meter off the bus, or connect it again."""
        with self._change():
            self._meter_silent = silent

    def break_evse(self, broken: bool) -> None:
        """Let the SmartEVSE have a hard error, or recover."""
        with self._change() as now_s:
            self._house.evse.set_broken(broken, now_s)

    def break_reader(self, broken: bool) -> None:
        """Let the card reader die, or recover."""
        with self._change():
            self._reader_dead = broken
            self._tell = True

    def cut_power(self, cut: bool) -> None:
        """Let the mains fail, for EVSE and meter, or come back."""
        with self._change() as now_s:
            self._house.set_powered(not cut, now_s)

    def shine(self, solar: bool) -> None:
        """Put the SmartEVSE in solar mode, or back in normal mode."""
        with self._change():
            self._house.evse.solar = solar

    def rewire(self, wiring: Wiring) -> None:
        """Connect the world to other pins, units and models."""
        with self._change():
            for model in wiring.meters.values():
                meter_model(model)
            self._wiring = wiring
            self._house.car.phases = _phases(wiring)
            self._show()
            self._tell = True

    def snapshot(self) -> dict[str, Any]:
        """Return everything there is to see, as plain JSON data."""
        with self._present() as now_s:
            seen = house_seen(self._house, now_s)
            seen["evse"]["led_percent"] = round(self._waveform.brightness_at(now_s) * 100)
            units = {str(unit): model for unit, model in self._wiring.meters.items()}
            seen["meter"].update(silent=self._meter_silent, units=units)
            in_field = self._card[0].name if self._card else None
            cards = [asdict(card) for card in self._cards]
            pins = pins_seen(self._pins, self._wiring, now_s)
            return {**seen, **pins, "cards": cards, "card_in_field": in_field}

    # -- events --------------------------------------------------------------------------------

    def watch(self, call: Callable[[], None]) -> Callable[[], None]:
        """Call `call` on every change of the EVSE's signal or the card; return how to stop it."""
        with self._lock:
            self._watchers.append(call)

        def stop() -> None:
            with self._lock:
                if call in self._watchers:
                    self._watchers.remove(call)

        return stop

    def next_event_s(self) -> float | None:
        """Return the monotonic time at which something changes by itself next."""
        return self._due_s

    def fire(self) -> None:
        """Let everything happen that is due at the clock's present time."""
        if self._due_s is not None and self._due_s <= self._clock.monotonic():
            with self._present():
                pass

    @contextmanager
    def _present(self) -> Iterator[float]:
        """Bring the world up to the present and give the caller its time.

        The watchers are called afterwards, without the lock: they may look at the world.
        """
        with self._lock:
            now_s = self._clock.monotonic()
            while self._due_s is not None and self._due_s <= now_s:
                self._happen(self._due_s)
            yield now_s
            watchers = tuple(self._watchers) if self._tell else ()
            self._tell = False
        for call in watchers:
            call()

    @contextmanager
    def _change(self) -> Iterator[float]:
        """Let the caller change the present world, and take up what that does."""
        with self._present() as now_s:
            yield now_s
            self._couple(now_s)

    def _happen(self, at_s: float) -> None:
        if self._card is not None and self._card[1] <= at_s:
            self._card = None
            self._tell = True
        self._house.step(at_s)
        self._couple(at_s)

    def _couple(self, at_s: float) -> None:
        """Let the parts of the world act on one another: pin, EVSE, car, meter, LED."""
        house = self._house
        high = self._pins[self._wiring.evse_switch].percent_at(at_s) >= 50.0
        house.settle(at_s, switch_closed=high is not self._wiring.evse_switch_active_low)
        if house.car.drawn_w != self._shown_w:
            self._show()
        if house.evse.signal is not self._waveform.signal:
            self._waveform = EvseWaveform(house.evse.signal, at_s, self._hardware)
            self._tell = True
        due = (house.next_event_s, self._card[1] if self._card else None)
        self._due_s = min((when_s for when_s in due if when_s is not None), default=None)

    def _show(self) -> None:
        """Let the meters show what the car draws."""
        self._displays = _displays(self._wiring, self._house.car)
        self._shown_w = self._house.car.drawn_w
        self._faces.clear()

    def _line(self) -> LedLine:
        return LedLine(self._wiring.evse_led, self._wiring.evse_led_active_low, self._waveform)


def house_seen(house: Installation, at_s: float) -> dict[str, dict[str, Any]]:
    """Return EVSE, car and meter as plain JSON data."""
    evse, car = house.evse, house.car
    return {
        "evse": {
            "state": evse.state,
            "signal": evse.signal.value,
            "access": evse.access,
            "broken": evse.broken,
            "solar": evse.solar,
        },
        "car": {
            "plugged": house.plugged,
            "charge_percent": round(car.charge_at(at_s) / car.capacity_wh * 100, 1),
            "power_w": car.drawn_w,
        },
        "meter": {
            "energy_wh": round(house.counter.energy_at(at_s)),
            "power_w": car.drawn_w,
        },
    }


def pins_seen(pins: Pins, wiring: Wiring, at_s: float) -> dict[str, Any]:
    """Return the pins, and what hangs on them, as plain JSON data."""
    colours = {"red": wiring.red, "green": wiring.green, "blue": wiring.blue}
    lamp_low, buzzer_low = wiring.lamp_active_low, wiring.buzzer_active_low
    return {
        "lamp": {
            colour: pins.shown(number, active_low=lamp_low, at_s=at_s)
            for colour, number in colours.items()
        },
        "buzzer": pins.shown(wiring.buzzer, active_low=buzzer_low, at_s=at_s) > 0,
        "pins": {
            str(number): {
                "output": pin.output,
                "percent": round(pin.percent_at(at_s)),
                "edges": pins.edges(number),
            }
            for number, pin in pins
        },
    }


def _phases(wiring: Wiring) -> int:
    """Return how many phases the installation has: as many as its meter measures."""
    return max((meter_model(model).phases for model in wiring.meters.values()), default=3)


def _displays(wiring: Wiring, car: Car) -> dict[int, Display]:
    """Return what each meter shows, by unit id; it stays while the car draws what it draws."""
    drawn_w = car.drawn_w / car.phases
    displays = {}
    for unit_id, name in wiring.meters.items():
        phases = meter_model(name).phases
        watts = tuple(drawn_w if index < car.phases else 0.0 for index in range(phases))
        amperes = tuple(power_w / VOLTAGE_V for power_w in watts)
        displays[unit_id] = (name, (VOLTAGE_V,) * phases, amperes, watts)
    return displays
