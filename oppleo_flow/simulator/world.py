"""The simulated world in this process: pins, charge points, meters and cards, on any clock.

Nothing runs by itself.  Whoever looks or pulls a lever first brings the world up to the clock's
present time, event by event, so each look is exact however long ago the last one was.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from threading import RLock
from typing import Any

from oppleo_flow.clock import Clock, VirtualClock
from oppleo_flow.devices.evse_waveform import SMART_EVSE_2, LedHardware, LedLine
from oppleo_flow.devices.meter_trouble import meter_trouble
from oppleo_flow.devices.reader_trouble import ReaderFace, ReaderTrouble, reader_trouble
from oppleo_flow.devices.world import EventfulWorld, MeterFace, SiteWiring, Wiring
from oppleo_flow.errors import ConfigError, Refused
from oppleo_flow.simulator.car import Car, EnergyCounter
from oppleo_flow.simulator.installation import EnergyHistory, Installation
from oppleo_flow.simulator.metering import NEW_METER_WH, Metering
from oppleo_flow.simulator.pins import Pins
from oppleo_flow.simulator.point import Part, SimulatedPoint, phases_of
from oppleo_flow.simulator.readers import POCKET, Card, Readers
from oppleo_flow.simulator.sight import pins_seen, point_seen
from oppleo_flow.simulator.smart_evse import EvseTimes, SmartEvse


class SimulatedWorld(EventfulWorld):
    """The world; safe to use from several threads.

    `energy_wh` is what the register of the first charge point shows, `register_of` tells that of
    another.  `history` is told how the first one's goes, for who wants to know afterwards.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        wiring: Wiring | SiteWiring | None = None,
        times: EvseTimes | None = None,
        hardware: LedHardware = SMART_EVSE_2,
        cards: Sequence[Card] = POCKET,
        energy_wh: float = NEW_METER_WH,
        register_of: Callable[[str], float] = lambda _: NEW_METER_WH,
        history: EnergyHistory | None = None,
    ) -> None:
        self._clock = clock
        self._times = times or EvseTimes()
        self._hardware = hardware
        self._register_of = register_of
        self._lock = RLock()
        self._watchers: list[Callable[[], None]] = []
        self._pins = Pins()
        self._readers = Readers(cards)
        self._metering = Metering()
        self._points: dict[str, SimulatedPoint] = {}
        now_s = clock.monotonic()
        for name, one in SiteWiring.of(wiring).points.items():
            shown_wh = register_of(name) if self._points else energy_wh
            kept = None if self._points else history
            self._points[name] = self._new_point(one, EnergyCounter(shown_wh, at_s=now_s), kept)
        self._metering.connect(self._points.values(), now_s)
        self._tell = False
        self._due_s: float | None = None

    def _new_point(
        self, wiring: Wiring, counter: EnergyCounter, history: EnergyHistory | None = None
    ) -> SimulatedPoint:
        car = Car(phases=phases_of(wiring), at_s=counter.at_s)
        house = Installation(SmartEvse(self._times), car, counter, history)
        return SimulatedPoint(wiring, house, counter.at_s, self._hardware)

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
            line = None if self._pins[pin].output else self._line(pin)
            return (line or self._pins[pin]).high_at(now_s)

    def led_line(self, pin: int) -> LedLine | None:
        """Return what a SmartEVSE puts on its LED line now; None: no such line is at the pin."""
        with self._present():
            return self._line(pin)

    def reader(self, reader: str | None = None) -> ReaderFace:
        """Return what a reader finds, or the first one."""
        with self._present():
            first = self._at(None).wiring
            return self._readers.face(reader or first.reader or first.keyboard)

    def meter(self, unit_id: int) -> MeterFace | None:
        """Return what the meter of that unit id shows; None when none answers there.

        While that does not change it is the very same face.
        """
        with self._present() as now_s:
            return self._metering.face(unit_id, now_s)

    # -- levers --------------------------------------------------------------------------------

    def plug_in(self, charge_percent: float | None = None, point: str | None = None) -> None:
        """Plug the car in; `charge_percent` is how full its battery is when it comes."""
        with self._change() as now_s:
            self._at(point).house.plug_in(now_s, charge_percent)

    def plug_out(self, point: str | None = None) -> None:
        """Pull the plug."""
        with self._change() as now_s:
            self._at(point).house.plug_out(now_s)

    def park(self, car: Car, point: str | None = None) -> None:
        """Have another car stand at the cable; none may be plugged in."""
        with self._change() as now_s:
            there = self._at(point)
            car.phases = min(car.phases, phases_of(there.wiring))
            there.house.park(car, now_s)

    def swipe(
        self, card: str, hold_s: float = 0.5, point: str | None = None, keyboard: bool = False
    ) -> None:
        """Hold a card of the pocket, by name or UID, to the reader, or to the one that types."""
        with self._change() as now_s:
            reader = self._reader_at(point, keyboard=keyboard)
            self._readers.hold(card, reader, now_s + hold_s)
            self._tell = True

    def silence_meter(self, silent: bool, point: str | None = None) -> None:
        """Cut the meter off the bus, or connect it again; one of several, when all are cut off."""
        with self._change():
            self._at(point).meter_silent = silent

    def trouble_meter(self, trouble: str | None, point: str | None = None) -> None:
        """Let something be wrong with the meter or the line to it, or nothing."""
        with self._change():
            self._at(point).meter_trouble = meter_trouble(trouble)

    def break_evse(self, broken: bool, point: str | None = None) -> None:
        """Let the SmartEVSE have a hard error, or recover."""
        with self._change() as now_s:
            self._at(point).house.evse.set_broken(broken, now_s)

    def break_part(self, part: Part, broken: bool, point: str | None = None) -> None:
        """Let the contactor stick, the car take nothing or the LED's wire be cut, or mend it."""
        with self._change():
            self._at(point).fail(part, broken)
            self._tell = True

    def break_reader(self, broken: bool, point: str | None = None) -> None:
        """Let the card reader die, or recover."""
        with self._change():
            trouble = ReaderTrouble.DEAD if broken else None
            self._readers.set_trouble(self._reader_at(point), trouble)
            self._tell = True

    def trouble_reader(self, trouble: str | None, point: str | None = None) -> None:
        """Let something be wrong with the card reader or what lies on it, or nothing."""
        with self._change():
            self._readers.set_trouble(self._reader_at(point), reader_trouble(trouble))
            self._tell = True

    def cut_power(self, cut: bool) -> None:
        """Let the mains fail, for every EVSE and meter, or come back."""
        with self._change() as now_s:
            for point in self._points.values():
                point.house.set_powered(not cut, now_s)

    def doubt_clock(self, doubt: bool) -> None:
        """Let nobody have told the clock the time, or let it be known again."""
        if not isinstance(self._clock, VirtualClock):
            raise Refused("the clock of this machine cannot be doubted, only a virtual one")
        self._clock.trusted = not doubt

    def shine(self, solar: bool, point: str | None = None) -> None:
        """Put the SmartEVSE in solar mode, or back in normal mode."""
        with self._change():
            self._at(point).house.evse.solar = solar

    def rewire(self, wiring: Wiring | SiteWiring) -> None:
        """Connect the world to other pins, units and models."""
        wanted = SiteWiring.of(wiring).points
        with self._change() as now_s:
            self._points = {
                name: old or self._new_point(wanted[name], self._counter_of(name, now_s))
                for name, old in self._kept(wanted).items()
            }
            for name, point in self._points.items():
                point.wiring = wanted[name]
                point.house.car.phases = phases_of(point.wiring)
            self._metering.connect(self._points.values(), now_s)
            self._tell = True

    def snapshot(self) -> dict[str, Any]:
        """Return everything there is to see, as plain JSON data; the first charge point on top."""
        with self._present() as now_s:
            seen = {name: self._seen(point, now_s) for name, point in self._points.items()}
            return {
                **next(iter(seen.values())),
                "pins": pins_seen(self._pins, now_s),
                "cards": [asdict(card) for card in self._readers.cards],
                "charge_points": seen,
            }

    def registers(self) -> dict[str, float]:
        """Return what the register of each charge point shows, in Wh."""
        with self._present() as now_s:
            return {n: p.house.counter.energy_at(now_s) for n, p in self._points.items()}

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
        if self._readers.take_away(at_s):
            self._tell = True
        for point in self._points.values():
            point.house.step(at_s)
        self._couple(at_s)

    def _couple(self, at_s: float) -> None:
        """Let the parts of the world act on one another: pin, EVSE, car, meter, LED."""
        due = [self._readers.next_event_s]
        for point in self._points.values():
            if point.couple(self._pins, at_s):
                self._tell = True
            due.append(point.house.next_event_s)
        self._metering.settle(at_s)
        self._due_s = min((when_s for when_s in due if when_s is not None), default=None)

    def _at(self, name: str | None) -> SimulatedPoint:
        """Return a charge point by name, or the first."""
        if name is None:
            return next(iter(self._points.values()))
        if name not in self._points:
            raise ConfigError(f"no charge point {name!r}; there are: {', '.join(self._points)}")
        return self._points[name]

    def _reader_at(self, name: str | None, *, keyboard: bool = False) -> str:
        """Return the reader of a charge point; the one that types, if asked for or alone."""
        wiring = self._at(name).wiring
        reader = wiring.keyboard if keyboard else wiring.reader or wiring.keyboard
        if reader is None:
            what = "reader that types" if keyboard else "reader"
            raise ConfigError(f"charge point {name or next(iter(self._points))!r}: has no {what}")
        return reader

    def _kept(self, wanted: Collection[str]) -> dict[str, SimulatedPoint | None]:
        """Return which of the charge points stands where from now on; None: a new one."""
        gone = [point for name, point in self._points.items() if name not in wanted]
        places = iter(gone)
        return {name: self._points.get(name) or next(places, None) for name in wanted}

    def _counter_of(self, name: str, at_s: float) -> EnergyCounter:
        return EnergyCounter(self._register_of(name), at_s=at_s)

    def _seen(self, point: SimulatedPoint, at_s: float) -> dict[str, Any]:
        wiring = point.wiring
        card = self._readers.card_on(wiring.reader) or self._readers.card_on(wiring.keyboard)
        seen = point_seen(point, self._pins, at_s)
        return {**seen, "card_in_field": card.name if card else None}

    def _line(self, pin: int) -> LedLine | None:
        lines = (point.line() for point in self._points.values())
        return next((line for line in lines if line is not None and line.pin == pin), None)
