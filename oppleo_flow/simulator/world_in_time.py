"""What a simulated world is, and how time passes in it.

Nothing runs by itself.  Whoever looks or pulls a lever first brings the world up to the clock's
present time, event by event, so each look is exact however long ago the last one was.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import RLock

from oppleo_flow.clock import Clock
from oppleo_flow.devices.evse_waveform import SMART_EVSE_2, LedHardware, LedLine
from oppleo_flow.devices.world import SiteWiring, Wiring
from oppleo_flow.errors import ConfigError
from oppleo_flow.simulator.car import Car, EnergyCounter
from oppleo_flow.simulator.installation import EnergyHistory, Installation
from oppleo_flow.simulator.metering import NEW_METER_WH, Metering
from oppleo_flow.simulator.pins import Pins
from oppleo_flow.simulator.point import SimulatedPoint, phases_of
from oppleo_flow.simulator.readers import POCKET, Card, Readers
from oppleo_flow.simulator.smart_evse import EvseTimes, SmartEvse


class WorldInTime:
    """Charge points, pins, meters and readers on a clock; safe to use from several threads.

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
        self._beat_every_s: float | None = None
        self._beat_at_s: float | None = None
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

    def watch(self, call: Callable[[], None]) -> Callable[[], None]:
        """Call `call` on every change of the EVSE's signal or the card; return how to stop it."""
        with self._lock:
            self._watchers.append(call)

        def stop() -> None:
            with self._lock:
                if call in self._watchers:
                    self._watchers.remove(call)

        return stop

    def beat(self, every_s: float) -> None:
        """Call those who watch at least so often from now on."""
        with self._change() as now_s:
            self._beat_every_s, self._beat_at_s = every_s, now_s + every_s

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
        if self._beat_at_s is not None and self._beat_at_s <= at_s:
            assert self._beat_every_s is not None
            self._beat_at_s, self._tell = at_s + self._beat_every_s, True
        for point in self._points.values():
            point.house.step(at_s)
        self._couple(at_s)

    def _couple(self, at_s: float) -> None:
        """Let the parts of the world act on one another: pin, EVSE, car, meter, LED."""
        due = [self._readers.next_event_s, self._beat_at_s]
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

    def _line(self, pin: int) -> LedLine | None:
        lines = (point.line() for point in self._points.values())
        return next((line for line in lines if line is not None and line.pin == pin), None)
