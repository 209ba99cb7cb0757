"""The simulated world in this process: pins, charge points, meters and cards, on any clock."""

from collections.abc import Collection
from dataclasses import asdict
from typing import Any

from oppleo_flow.clock import VirtualClock
from oppleo_flow.devices.evse_waveform import LedLine
from oppleo_flow.devices.meter_trouble import meter_trouble
from oppleo_flow.devices.network_trouble import EvseFace, network_trouble
from oppleo_flow.devices.reader_trouble import ReaderFace, ReaderTrouble, reader_trouble
from oppleo_flow.devices.world import EventfulWorld, MeterFace, SiteWiring, Wiring
from oppleo_flow.errors import Refused
from oppleo_flow.simulator.car import Car, EnergyCounter
from oppleo_flow.simulator.point import Part, SimulatedPoint, phases_of
from oppleo_flow.simulator.sight import pins_seen, point_seen
from oppleo_flow.simulator.world_in_time import WorldInTime


class SimulatedWorld(WorldInTime, EventfulWorld):
    """The world, as the twins look at it and as its levers move it."""

    # -- what the twins look at -----------------------------------------------------------------

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
        with self._lock:
            now_s = self._clock.monotonic()
            if self._due_s is None or now_s < self._due_s:  # as nearly always: it is up to date
                return self._metering.face(unit_id, now_s)
        with self._present() as now_s:
            return self._metering.face(unit_id, now_s)

    def smart_evses(self) -> dict[str, EvseFace]:
        """Return what each SmartEVSE says on the network, by the names it has there."""
        with self._present():
            return {
                name: point.network.face
                for point in self._points.values()
                for name in point.wiring.network
            }

    def command_evse(self, name: str, command: str, value: str) -> None:
        """Tell a SmartEVSE something over the network; one that is away does not hear it."""
        with self._change() as now_s:
            for point in self._points.values():
                if name in point.wiring.network:
                    point.network.obey(command, value, now_s)
            self._tell = True

    # -- levers ---------------------------------------------------------------------------------

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
        """Let a part fail, or mend it."""
        with self._change() as now_s:
            self._at(point).fail(part, broken, now_s)
            self._tell = True

    def flash(self, point: str | None = None) -> None:
        """Let the LED of the SmartEVSE flash once, as in OCPP mode."""
        with self._change() as now_s:
            self._at(point).flash(now_s)
            self._tell = True

    def trouble_network(self, trouble: str | None, point: str | None = None) -> None:
        """Let something be wrong with the SmartEVSE on the network, or nothing."""
        with self._change():
            self._at(point).network.trouble_is(network_trouble(trouble))
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
        """Let nobody have told the clock the time, or let it be known again.

        Raises:
            Refused: The clock is the machine's own.
        """
        if not isinstance(self._clock, VirtualClock):
            raise Refused("the clock of this machine cannot be doubted, only a virtual one")
        self._clock.trusted = not doubt

    def shine(self, solar: bool, point: str | None = None) -> None:
        """Put the SmartEVSE in solar mode, or back in normal mode."""
        with self._change():
            self._at(point).house.evse.mode = "solar" if solar else "normal"

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
