"""What the ledger says of a simulated time, held against the meter's own register.

The simulator knows what the register showed at any moment.  A session is bounded by two registers
that the flow read; between the moments of these readings the register must have gone just as far.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from oppleo_flow.charging.record import SessionRecord
from oppleo_flow.payloads import MeterReading
from oppleo_flow.store import Ledger

_EARLIER = timedelta(hours=1)
_MOMENT = timedelta(microseconds=1)
_FLOAT32_BITS = 24
_INTEGER_WH = 1.0  # two registers, each rounded to whole Wh

Register = Callable[[datetime], float]
"""What the meter's register showed at a moment, in Wh."""


@dataclass(frozen=True, slots=True)
class MeterComparison:
    """The meter's register and the sessions of one time, in Wh.

    `largest_difference_wh` is the greatest of any session, `compared` how many there are with two
    known registers, `strange` those that do not agree.  `outside_wh` is what the register counted
    outside every session: after a session's last reading, or in one of unknown energy.
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
    closing_wh = register(end)
    resolution_wh = _resolution_wh(closing_wh)
    closed = [session for session in sessions if session.energy_wh is not None]
    differences = {s.session_id: _difference_wh(s, ledger, register) for s in closed}
    strange = [s for s in closed if not abs(differences[s.session_id]) <= resolution_wh]
    latest = max((r.energy_import_wh for r in _latest(ledger)), default=0)
    under_way = [
        latest - session.meter_start_wh
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


def _latest(ledger: Ledger) -> list[MeterReading]:
    found = [ledger.readings.latest(meter) for meter in ledger.readings.meters()]
    return [reading for reading in found if reading is not None]


def _difference_wh(session: SessionRecord, ledger: Ledger, register: Register) -> float:
    """Return by how much a session's energy differs from the register's way; NaN: unexplained."""
    if session.ended_at is None or session.energy_wh is None:
        return math.nan
    late = session.meter_start_quality == "late"
    since = session.started_at if late else session.started_at - _EARLIER
    until = session.ended_at if late else session.started_at
    began = _when(ledger, session, session.meter_start_wh, since, until, first=late)
    ended = _when(
        ledger, session, session.meter_end_wh, session.ended_at - _EARLIER, session.ended_at
    )
    if began is None or ended is None:
        return math.nan
    return session.energy_wh - (register(ended) - register(began))


def _when(
    ledger: Ledger,
    session: SessionRecord,
    register_wh: int | None,
    since: datetime,
    until: datetime,
    *,
    first: bool = False,
) -> datetime | None:
    """Return when a session's register was read, of several such moments the last or the first."""
    moments = [
        reading.time
        for meter in ledger.readings.meters()
        for reading in ledger.readings.between(meter, since, until + _MOMENT)
        if reading.energy_import_wh == register_wh
        and session.meter_serial in (None, reading.serial)
    ]
    if not moments:
        return None
    return min(moments) if first else max(moments)


def _resolution_wh(register_wh: float) -> float:
    """Return how finely the difference of two registers is known: whole Wh, a float32 of kWh."""
    _, exponent = math.frexp(register_wh / 1000)
    return _INTEGER_WH + math.ldexp(1000.0, exponent - _FLOAT32_BITS)
