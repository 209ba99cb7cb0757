"""What the ledger says of a simulated time, held against the meter's own register.

The simulator knows what the register showed at any moment.  A session is bounded by two registers
that the flow read; between the moments of these readings the register must have gone just as far.
"""

import math
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from oppleo_flow.charging.record import SessionRecord
from oppleo_flow.immutable import immutable
from oppleo_flow.store import Ledger

_EARLIER = timedelta(hours=1)
_STALE = timedelta(minutes=1)  # a reading that is older bounds no session
_MOMENT = timedelta(microseconds=1)
_FLOAT32_BITS = 24
_INTEGER_WH = 1.0  # two registers, each rounded to whole Wh

Register = Callable[[datetime], float]
"""What the meter's register showed at a moment, in Wh."""


@immutable
class MeterComparison:
    """The meter's register and the sessions of one time, in Wh.

    `largest_difference_wh` is the greatest of any session, `compared` how many there are with two
    known registers, `strange` those that do not agree.  `outside_wh` is what the register counted
    outside every session: before a late start register, or in one of unknown energy.
    """

    opening_wh: float
    closing_wh: float
    sessions_wh: int
    under_way_wh: int
    compared: int
    largest_difference_wh: float
    resolution_wh: float
    strange: tuple[SessionRecord, ...]

    @property
    def counted_wh(self) -> float:
        """Return what the register counted."""
        return self.closing_wh - self.opening_wh

    @property
    def outside_wh(self) -> float:
        """Return what it counted outside every session."""
        return self.counted_wh - self.sessions_wh - self.under_way_wh

    @property
    def agrees(self) -> bool:
        """Return whether every session agrees with the register."""
        return not self.strange


def compare(
    ledger: Ledger,
    sessions: Sequence[SessionRecord],
    register: Register,
    begin: datetime,
    end: datetime,
) -> MeterComparison:
    """Return how the sessions of [begin, end) stand beside the register."""
    readings = _Readings(ledger)
    closing_wh = register(end)
    resolution_wh = _resolution_wh(closing_wh)
    closed = [session for session in sessions if session.energy_wh is not None]
    differences = {s.session_id: _difference_wh(s, readings, register) for s in closed}
    strange = [s for s in closed if not abs(differences[s.session_id]) <= resolution_wh]
    under_way = [
        readings.latest_wh - session.meter_start_wh
        for session in sessions
        if session.ended_at is None and session.meter_start_wh is not None
    ]
    return MeterComparison(
        opening_wh=register(begin),
        closing_wh=closing_wh,
        sessions_wh=sum(session.energy_wh or 0 for session in closed),
        under_way_wh=sum(under_way),
        compared=len(closed),
        largest_difference_wh=max(map(abs, differences.values()), default=0.0),
        resolution_wh=resolution_wh,
        strange=tuple(strange),
    )


class _Readings:
    """The readings of a ledger, of which meter ever."""

    def __init__(self, ledger: Ledger) -> None:
        self._rows = ledger.readings
        self._meters = ledger.readings.meters()

    @property
    def latest_wh(self) -> int:
        """Return the last register that was read."""
        latest = [self._rows.latest(meter) for meter in self._meters]
        return max((one.energy_import_wh for one in latest if one is not None), default=0)

    def any(self, since: datetime, until: datetime) -> bool:
        """Return whether there is one in [since, until]."""
        return any(self._rows.between(one, since, until + _MOMENT) for one in self._meters)

    def moments(
        self, register_wh: int | None, serial: str | None, since: datetime, until: datetime
    ) -> list[datetime]:
        """Return when in [since, until] a register was read."""
        return [
            reading.time
            for meter in self._meters
            for reading in self._rows.between(meter, since, until + _MOMENT)
            if reading.energy_import_wh == register_wh and serial in (None, reading.serial)
        ]


def _difference_wh(session: SessionRecord, readings: _Readings, register: Register) -> float:
    """Return by how much a session's energy differs from the register's way; NaN: unexplained."""
    began_at, serial = session.started_at, session.meter_serial
    ended_at = session.settled_at or session.ended_at
    if ended_at is None or session.energy_wh is None:
        return math.nan
    if session.meter_start_quality == "late":
        began = readings.moments(session.meter_start_wh, serial, began_at, ended_at)[:1]
        began_wh = register(began[0]) if began else math.nan
    else:
        began_wh = _read_at(session.meter_start_wh, serial, began_at, readings, register)
    ended_wh = _read_at(session.meter_end_wh, serial, ended_at, readings, register)
    return session.energy_wh - (ended_wh - began_wh)


def _read_at(
    register_wh: int | None,
    serial: str | None,
    at: datetime,
    readings: _Readings,
    register: Register,
) -> float:
    """Return the register at the moment at which one was read that bounds a session; NaN: never.

    Where the readings of that time are lost, as with a full disk, it must have been shown then.
    """
    moments = readings.moments(register_wh, serial, at - _EARLIER, at)
    if moments:
        return register(max(moments))
    if register_wh is None or readings.any(at - _STALE, at):
        return math.nan
    shown = register(at - _STALE) - _INTEGER_WH <= register_wh <= register(at) + _INTEGER_WH
    return float(register_wh) if shown else math.nan


def _resolution_wh(register_wh: float) -> float:
    """Return how finely the difference of two registers is known: whole Wh, a float32 of kWh."""
    _, exponent = math.frexp(register_wh / 1000)
    return _INTEGER_WH + math.ldexp(1000.0, exponent - _FLOAT32_BITS)
