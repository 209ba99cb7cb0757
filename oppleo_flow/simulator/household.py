"""The people of a simulated house: they drive, plug in, swipe, and wait for the power to be back.

What they do follows from the scenario, the seed, and what they see: how full the battery is, and
whether the charge point's page shows a session.  What it costs they do not know.
"""

import heapq
import itertools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from random import Random
from typing import Protocol

from oppleo_flow.charging.record import SessionRecord
from oppleo_flow.simulator.car import VOLTAGE_V, Car
from oppleo_flow.simulator.chance import Period, Trip, bouts, trips, visits
from oppleo_flow.simulator.scenario import CarSettings, Event, Scenario
from oppleo_flow.simulator.world import SimulatedWorld

_LOOK_EVERY = timedelta(minutes=15)
_WALK_S = 20.0  # from the car to the reader
_SEE_S = 10.0  # until the page shows what a swipe did
_TRIES = 3
_LOOSE_S = 2.0
_WIGGLE_EVERY = timedelta(seconds=9)
_NEARLY_EMPTY = 0.05  # a driver charges on the way before it is less

Act = Callable[[], None]


class Stage(Protocol):
    """Where a household plays: a flow that runs in a simulated house."""

    @property
    def world(self) -> SimulatedWorld:
        """Return the world around the flow."""
        ...

    def now(self) -> datetime:
        """Return what the clock shows, in UTC."""
        ...

    def run_for(self, seconds: float) -> None:
        """Move time on."""
        ...

    def open_session(self) -> SessionRecord | None:
        """Return the session that the ledger has open."""
        ...

    def set_price(self, price_per_kwh: Decimal) -> None:
        """Let energy have another price from now on."""
        ...

    def set_power(self, on: bool) -> None:
        """Let the mains fail, for the flow too, or come back."""
        ...

    def set_program(self, on: bool) -> None:
        """Let the program stop while the mains stay, or start again."""
        ...

    def set_disk(self, room: bool) -> None:
        """Let the ledger's disk be full, or have room again."""
        ...


@dataclass(slots=True, eq=False)
class _Car:
    """A car, and where it is; `rests`: its driver does not want it to be plugged in."""

    settings: CarSettings
    battery: Car
    away: bool = False
    rests: bool = False

    @property
    def share(self) -> float:
        return self.battery.charge_wh / self.battery.capacity_wh

    @property
    def wants(self) -> bool:
        return not self.away and not self.rests and self.share < self.settings.plugs_in_below


def _car(settings: CarSettings) -> _Car:
    capacity_wh = settings.battery_kwh * 1000
    battery = Car(
        capacity_wh=capacity_wh,
        charge_wh=capacity_wh * settings.charge,
        phases=settings.phases,
        current_a=settings.charger_kw * 1000 / settings.phases / VOLTAGE_V,
        efficiency=settings.efficiency,
    )
    return _Car(settings, battery)


class Household:
    """Plays a scenario on a stage."""

    def __init__(self, scenario: Scenario, seed: int, period: Period, stage: Stage) -> None:
        self._scenario = scenario
        self._seed = seed
        self._period = period
        self._stage = stage
        self._cars = {name: _car(settings) for name, settings in scenario.cars.items()}
        self._cards = {card.uid: name for name, card in scenario.cards.items()}
        self._plugged: _Car | None = None
        self._plugged_at = period.begin
        self._powered = True
        self._flaps = False
        self._broken_until: dict[str, datetime] = {}
        self._breaks: dict[str, Callable[[bool], None]] = {
            "meter_silent": stage.world.silence_meter,
            "reader_dead": stage.world.break_reader,
            "evse_error": stage.world.break_evse,
            "power_cut": self._cut_power,
            "program_down": lambda down: stage.set_program(not down),
            "disk_full": lambda full: stage.set_disk(not full),
            "car_flaps": self._flap,
        }
        self._order = itertools.count()
        self._acts: list[tuple[datetime, int, Act]] = []

    def play(self) -> None:
        """Let the whole period pass."""
        self._plan()
        while self._acts:
            at, _, act = heapq.heappop(self._acts)
            if at >= self._period.end:
                break
            self._wait_until(at)
            act()
        self._wait_until(self._period.end)

    def _wait_until(self, at: datetime) -> None:
        self._stage.run_for(max(0.0, (at - self._stage.now()).total_seconds()))

    # -- what is going to happen ---------------------------------------------------------------

    def _at(self, at: datetime, act: Act) -> None:
        heapq.heappush(self._acts, (at, next(self._order), act))

    def _dice(self, *what: object) -> Random:
        return Random(" ".join(map(str, (self._seed, *what))))

    def _plan(self) -> None:
        scenario, period = self._scenario, self._period
        for name, car in self._cars.items():
            for trip in trips(car.settings, period, self._dice("car", name)):
                self._at(trip.leaves, partial(self._leave, car))
                self._at(trip.back, partial(self._come_back, car, trip))
        for number, guest in enumerate(scenario.guests):
            for at in visits(guest, period, self._dice("guest", number)):
                self._at(at, partial(self._swipe, guest.card))
        for kind in self._breaks:
            rate = getattr(scenario.faults, kind)
            for bout in bouts(rate, period, self._dice("fault", kind)) if rate else ():
                self._at(bout.at, partial(self._break, kind, bout.lasts_s))
        for event in scenario.events:
            at = moment(event, period)
            if at >= period.begin:
                self._at(at, self._act_of(event))
        for day in period:
            at, last = (period.at(day, clock) for clock in scenario.awake)
            while at <= last:
                self._at(at, self._look_round)
                at += _LOOK_EVERY

    def _act_of(self, event: Event) -> Act:
        what = event.what
        value = getattr(event, what)
        if what in self._breaks:
            return partial(self._break, what, value)
        acts: dict[str, Callable[..., None]] = {
            "plug_in": lambda name: self._bring(self._cars[name]),
            "plug_out": lambda name: self._set_aside(self._cars[name]),
            "swipe": self._swipe,
            "price_per_kwh": self._stage.set_price,
        }
        return partial(acts[what], value)

    # -- what breaks ---------------------------------------------------------------------------

    def _break(self, kind: str, lasts_s: float) -> None:
        until = self._stage.now() + timedelta(seconds=lasts_s)
        was_broken = kind in self._broken_until
        self._broken_until[kind] = max(until, self._broken_until.get(kind, until))
        if not was_broken:
            self._breaks[kind](True)
        self._at(until, partial(self._mend, kind))

    def _mend(self, kind: str) -> None:
        if kind in self._broken_until and self._stage.now() >= self._broken_until[kind]:
            del self._broken_until[kind]
            self._breaks[kind](False)

    def _cut_power(self, cut: bool) -> None:
        self._powered = not cut
        self._stage.set_power(not cut)

    def _flap(self, flaps: bool) -> None:
        self._flaps = flaps
        self._wiggle()

    def _wiggle(self) -> None:
        """Break the contact of the plug for a moment, and again in some seconds."""
        if not self._flaps:
            return
        if self._plugged is not None:
            self._stage.world.plug_out()
            self._stage.run_for(_LOOSE_S)
            self._stage.world.plug_in()
        self._at(self._stage.now() + _WIGGLE_EVERY, self._wiggle)

    # -- what the people do --------------------------------------------------------------------

    def _leave(self, car: _Car) -> None:
        if car is self._plugged:
            self._unplug()
        car.away, car.rests = True, False

    def _come_back(self, car: _Car, trip: Trip) -> None:
        if car.away:
            battery = car.battery
            least_wh = battery.capacity_wh * _NEARLY_EMPTY
            battery.charge_wh = max(least_wh, battery.charge_wh - trip.uses_wh)
            car.away = False
        self._look_round()

    def _bring(self, car: _Car) -> None:
        """Plug in this car, whichever is on the cable."""
        car.away = car.rests = False
        if self._plugged is not car:
            if self._plugged is not None:
                self._unplug()
            self._plug_in(car)

    def _set_aside(self, car: _Car) -> None:
        """Take this car off the cable and leave it so."""
        if car is self._plugged:
            self._unplug()
        car.rests = True

    def _look_round(self) -> None:
        """See whether the plug is where it should be, and whether it charges."""
        if not self._powered:
            return
        waiting = [car for car in self._cars.values() if car.wants and car is not self._plugged]
        if self._plugged is not None and self._plugged.battery.full and waiting:
            self._unplug()
        elif self._plugged is not None and not self._plugged.battery.full:
            self._begin_session(self._plugged)
        if self._plugged is None and waiting:
            self._plug_in(min(waiting, key=lambda car: car.share))

    def _plug_in(self, car: _Car) -> None:
        self._stage.world.park(car.battery)
        self._stage.world.plug_in()
        self._plugged, self._plugged_at = car, self._stage.now()
        self._stage.run_for(_WALK_S)
        self._begin_session(car)

    def _unplug(self) -> None:
        """End the session, as far as that can be done, and pull the plug."""
        for _ in range(_TRIES):
            session = self._stage.open_session()
            if session is None:
                break
            self._swipe(self._cards[session.uid])
        self._stage.world.plug_out()
        self._plugged = None

    def _begin_session(self, car: _Car) -> None:
        """Swipe until the page shows a session of this charge; one that was forgotten is ended."""
        for _ in range(_TRIES):
            session = self._stage.open_session()
            if session is not None and session.started_at >= self._plugged_at:
                return
            self._swipe(car.settings.card if session is None else self._cards[session.uid])

    def _swipe(self, card: str) -> None:
        self._stage.world.swipe(card)
        self._stage.run_for(_SEE_S)


def moment(event: Event, period: Period) -> datetime:
    """Return when an event happens; one without an offset is by the local clock."""
    if event.at.tzinfo is not None:
        return event.at.astimezone(period.begin.tzinfo)
    return period.at(event.at.date(), event.at.time())
