"""The end register of a session that has ended, read after its end.

The car takes a little more until it has stopped, and a meter that was silent speaks again.  As long
as nobody else can charge, all that is the session's own.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from oppleo_flow.charging.session import OpenSession
from oppleo_flow.payloads import MeterReading, SessionEnded, SessionSettled

_AT_REST_W: Final = 50.0
_STOPS_WITHIN: Final = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Settling:
    """A session that has ended; `least_wh` is the last register that is known to be its own."""

    ended: SessionEnded
    least_wh: int
    meter_serial: str | None


def settling(session: OpenSession, ended: SessionEnded) -> Settling | None:
    """Return what there is to settle of a session that ends; None: no register ever will."""
    if session.register_broken or session.meter_start_wh is None:
        return None
    marked_wh = session.meter_start_wh if session.mark is None else session.mark.energy_wh
    least_wh = marked_wh if ended.meter_end_wh is None else ended.meter_end_wh
    return Settling(ended, least_wh, session.meter_serial)


def look(settling: Settling, reading: MeterReading, now: datetime) -> SessionSettled | bool:
    """Return what a reading after the end brings: the last register, or whether to look on.

    The car has stopped within a minute, or should have: what flows then is nobody's, and an alarm
    of its own.
    """
    ended = settling.ended
    if reading.time < ended.ended_at:
        return True
    stops = now - ended.ended_at <= _STOPS_WITHIN
    if not stops and ended.meter_end_wh is not None:
        return False
    if stops and reading.power_w >= _AT_REST_W and _is_own(settling, reading):
        return True
    return last(settling, reading) or False


def last(settling: Settling, reading: MeterReading) -> SessionSettled | None:
    """Return the event of a session whose last register this reading is; None: nothing is new."""
    ended, register_wh = settling.ended, reading.energy_import_wh
    if ended.meter_start_wh is None or not _is_own(settling, reading):
        return None
    if reading.time < ended.ended_at or register_wh == ended.meter_end_wh:
        return None
    energy_wh = register_wh - ended.meter_start_wh
    return SessionSettled(ended.session_id, reading.time, register_wh, energy_wh)


def _is_own(settling: Settling, reading: MeterReading) -> bool:
    same_meter = reading.serial == settling.meter_serial
    return same_meter and reading.energy_import_wh >= settling.least_wh
