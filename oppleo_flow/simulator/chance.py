"""What befalls a household by chance: the same for the same seed, in every process.

Each car, guest and fault has dice of its own, so that a change to one leaves the others alone.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from oppleo_flow.immutable import immutable
from oppleo_flow.simulator.scenario import CarSettings, FaultRate, GuestSettings, Habit

_MONTH_S = 30 * 86_400.0
_SHORTEST_TRIP = timedelta(minutes=1)


@immutable
class Period:
    """Some whole days of a zone, from the midnight of the first to the midnight after the last."""

    first: date
    days: int
    zone: ZoneInfo

    @property
    def begin(self) -> datetime:
        """Return the first moment, in UTC."""
        return self.at(self.first, time())

    @property
    def end(self) -> datetime:
        """Return the first moment after it, in UTC."""
        return self.at(self.first + timedelta(days=self.days), time())

    def at(self, day: date, clock: time) -> datetime:
        """Return the moment at which the local clock shows a time, in UTC.

        Of two such moments it is the first; what the clock skips comes as much later.
        """
        return datetime.combine(day, clock, self.zone).astimezone(UTC)

    def __iter__(self) -> Iterator[date]:
        return (self.first + timedelta(days=number) for number in range(self.days))


@immutable
class Trip:
    """A car is away and uses energy."""

    leaves: datetime
    back: datetime
    uses_wh: float


@immutable
class Bout:
    """Something is broken for a while."""

    at: datetime
    lasts_s: float


def trips(car: CarSettings, period: Period, dice: Random) -> Iterator[Trip]:
    """Yield the trips of a car, one a day at most."""
    for day in period:
        habit = next((one for one in car.week if day.weekday() in one.days), None)
        luck = [dice.random() for _ in range(4)]  # for every day, so that days are independent
        if habit is not None and luck[0] < habit.chance:
            yield _trip(habit, day, period, luck[1:])


def _trip(habit: Habit, day: date, period: Period, luck: list[float]) -> Trip:
    early, late, more = (2 * share - 1 for share in luck)
    leaves = period.at(day, habit.leaves) + timedelta(seconds=round(habit.jitter * early))
    back = period.at(day, habit.back) + timedelta(seconds=round(habit.jitter * late))
    back = max(back, leaves + _SHORTEST_TRIP)
    return Trip(leaves, back, habit.uses_kwh * 1000 * (1 + more / 5))


def bouts(rate: FaultRate, period: Period, dice: Random) -> Iterator[Bout]:
    """Yield when something breaks, and for how long."""
    if not rate.per_month:
        return
    at = period.begin
    while True:
        at += timedelta(seconds=round(dice.expovariate(rate.per_month / _MONTH_S)))
        if at >= period.end:
            return
        yield Bout(at, float(round(dice.uniform(*rate.lasts))))


def visits(guest: GuestSettings, period: Period, dice: Random) -> Iterator[datetime]:
    """Yield when a guest comes, once a day at most."""
    for day in period:
        comes, when = dice.random(), dice.random()
        first, last = (period.at(day, clock) for clock in guest.between)
        if comes < guest.per_month / 30:
            yield first + timedelta(seconds=round((last - first).total_seconds() * when))
