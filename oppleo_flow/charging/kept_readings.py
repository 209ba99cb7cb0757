"""Which readings of a meter are kept: those that say something new, and one an hour.

A reading that is left out is equal to the one kept before it in energy, that of each phase too,
in power, currents and serial number; voltages and the frequency alone are nothing new.  The last
one before something new is kept too: so it is known how long the old held, and nothing that is cut
by the readings comes out otherwise than if all were kept.
"""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Final, Literal

from oppleo_flow.immutable import immutable
from oppleo_flow.payloads import MeterReading, MeterUnknown

Keep = Literal["changed", "all"]
Said = MeterReading | MeterUnknown
KEEP_ALIVE: Final = timedelta(hours=1)
"""No two readings that are kept are farther apart, unless the meter is read less often."""
_SHORTEST_HOLE: Final = timedelta(minutes=5)
_HOLE_PACES: Final = 3
_NOTHING_CAME: Final = "no reading came"


@immutable
class Run:
    """Readings that are equal: the one that is `kept`, and the `last` one.

    `pace` is how long after the one before it the last one came, if that is known.
    """

    kept: MeterReading
    last: MeterReading
    pace: timedelta | None = None

    @property
    def left_out(self) -> MeterReading | None:
        """Return the last one if it is not kept."""
        return None if self.last is self.kept else self.last


Runs = Mapping[str, Run | MeterUnknown]
"""How each meter stands that has been heard of: what it says, or that it says nothing."""


def last_left_out(runs: Runs) -> list[MeterReading]:
    """Return the last reading of each meter that is not kept."""
    found = (run.left_out for run in runs.values() if isinstance(run, Run))
    return [one for one in found if one is not None]


def written(runs: Runs) -> Runs:
    """Return how each meter stands when what was left out is kept after all."""
    return {
        meter: Run(run.last, run.last, run.pace) if isinstance(run, Run) else run
        for meter, run in runs.items()
    }


def sift(runs: Runs, batch: Iterable[Said], keep: Keep) -> tuple[list[Said], Runs]:
    """Return what of a batch is to be kept, the first one first, and how each meter stands then.

    A time without any reading that is much longer than usual becomes a silence.
    """
    kept: list[Said] = []
    now = dict(runs)
    for said in batch:
        run = now.get(said.meter)
        if isinstance(said, MeterUnknown):
            if run != said:
                kept += _left_out(run)
                kept.append(said)
            now[said.meter] = said
        elif isinstance(run, Run):
            now[said.meter] = _follow(run, said, keep, kept)
        else:
            kept.append(said)
            now[said.meter] = Run(said, said)
    return kept, now


def _follow(run: Run, reading: MeterReading, keep: Keep, kept: list[Said]) -> Run:
    """Return how a meter stands after a reading; add to `kept` what is to be."""
    pace = reading.time - run.last.time
    hole = run.pace is not None and pace > max(_SHORTEST_HOLE, _HOLE_PACES * run.pace)
    backwards = pace <= timedelta(0)
    if keep == "changed" and not hole and not backwards and _equal(run.kept, reading):
        if reading.time - run.kept.time + pace > KEEP_ALIVE:
            kept.append(reading)
            return Run(reading, reading, pace)
        return Run(run.kept, reading, pace)
    kept += _left_out(run)
    if hole:
        kept.append(MeterUnknown(reading.meter, run.last.time, _NOTHING_CAME))
    kept.append(reading)
    return Run(reading, reading, None if hole or backwards else pace)


def _left_out(run: Run | MeterUnknown | None) -> list[MeterReading]:
    last = run.left_out if isinstance(run, Run) else None
    return [last] if last else []


def _equal(one: MeterReading, other: MeterReading) -> bool:
    return (
        one.energy_import_wh == other.energy_import_wh
        and one.energy_phases_wh == other.energy_phases_wh
        and one.power_w == other.power_w
        and one.current_phases_a == other.current_phases_a
        and one.power_phases_w == other.power_phases_w
        and one.serial == other.serial
    )
