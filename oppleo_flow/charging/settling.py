"""The end register of a session that has ended, read after its end.

The car takes a little more until it has stopped, and a meter that was silent speaks again.  As long
as nobody else can charge, all that is the session's own.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from oppleo_flow.charging.session import Mark, OpenSession
from oppleo_flow.immutable import immutable
from oppleo_flow.payloads import MeterReading, SessionEnded, SessionSettled

_AT_REST_W: Final = 50.0
_STOPS_WITHIN: Final = timedelta(seconds=60)


@immutable
class Settling:
    """A session that has ended; `least_wh` is the last register that is known to be its own.

    `seen` is the register that was read last since then, while the car was still stopping.
    """

    ended: SessionEnded
    least_wh: int
    meter_serial: str | None
    seen: Mark | None = None


def settling(session: OpenSession, ended: SessionEnded) -> Settling | None:
    """Return what there is to settle of a session that ends; None: no register ever will."""
    if session.register_broken or session.meter_start_wh is None:
        return None
    marked_wh = session.meter_start_wh if session.mark is None else session.mark.energy_wh
    least_wh = marked_wh if ended.meter_end_wh is None else ended.meter_end_wh
    return Settling(ended, least_wh, session.meter_serial)


def look(
    settling: Settling, reading: MeterReading, now: datetime
) -> tuple[SessionSettled | None, Settling | None]:
    """Return what a reading after the end brings, and what there is still to settle.

    The car has stopped within a minute, or should have: what flows then is nobody's, and an alarm
    of its own.  Where nobody has looked for so long, all of it was the car's.
    """
    if reading.time < settling.ended.ended_at:
        return None, settling
    if not _is_own(settling, reading):
        return _event(settling, settling.seen), None
    stops = now - settling.ended.ended_at <= _STOPS_WITHIN
    watched = settling.seen is not None and reading.time - settling.seen.at <= _STOPS_WITHIN
    if not stops and watched:
        return _event(settling, settling.seen), None
    at = Mark(reading.energy_import_wh, reading.time)
    if stops and reading.power_w >= _AT_REST_W:
        return None, replace(settling, seen=at)
    return _event(settling, at), None


def last(settling: Settling, reading: MeterReading) -> SessionSettled | None:
    """Return the event of a session after which another begins at a reading."""
    if reading.time < settling.ended.ended_at or not _is_own(settling, reading):
        return _event(settling, settling.seen)
    return _event(settling, Mark(reading.energy_import_wh, reading.time))


def _event(settling: Settling, at: Mark | None) -> SessionSettled | None:
    """Return the event of a last register; None: it is unknown, or nothing new."""
    ended = settling.ended
    if at is None or ended.meter_start_wh is None or at.energy_wh == ended.meter_end_wh:
        return None
    return SessionSettled(
        ended.session_id, at.at, at.energy_wh, at.energy_wh - ended.meter_start_wh
    )


def _is_own(settling: Settling, reading: MeterReading) -> bool:
    least_wh = settling.least_wh if settling.seen is None else settling.seen.energy_wh
    return reading.serial == settling.meter_serial and reading.energy_import_wh >= least_wh
