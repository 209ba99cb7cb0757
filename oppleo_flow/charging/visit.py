"""What the car does to a session: it comes, charges, rests, leaves, and comes back.

A session may be left open for good; then each visit of the car becomes a record of its own.  That
it is another visit must be likely: the car charged before, has used nothing for long while it could
have, and was not seen connected all the while.  So nothing need be undone afterwards.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from oppleo_flow.charging.session import Mark, OpenSession, Plug, bounds
from oppleo_flow.immutable import immutable
from oppleo_flow.payloads import EvseSignal, EvseState, MeterReading


@immutable
class AutoSession:
    """When the return of a car begins a session: after so long with less than so much energy."""

    after: timedelta
    energy_wh: int


def seen(session: OpenSession, before: Plug | None, plug: Plug, now: datetime) -> OpenSession:
    """Return the session after a look at the plug, the very same one if that changes nothing."""
    connected = isinstance(plug, EvseState) and plug.car_connected is True
    had_access = not (isinstance(before, EvseState) and before.signal is EvseSignal.ACCESS_OFF)
    after = session
    if connected and not session.connected:
        after = replace(after, connected=True)
    if not connected and not session.may_have_left:
        after = replace(after, may_have_left=True)
    has_access = isinstance(plug, EvseState) and plug.signal is not EvseSignal.ACCESS_OFF
    if has_access and not had_access:
        # Who was not allowed to charge has not rested of his own accord.
        after = replace(after, idle_since=now)
    return after


def left(session: OpenSession, plug: Plug) -> bool:
    """Return whether a car that was connected in this session plainly is not any more."""
    return session.connected and isinstance(plug, EvseState) and plug.signal is EvseSignal.STANDBY


def begins_to_charge(before: Plug | None, plug: Plug) -> bool:
    """Return whether the car charges now and did not before."""
    charged = isinstance(before, EvseState) and before.charging
    return isinstance(plug, EvseState) and plug.charging and not charged


def turns(
    session: OpenSession,
    reading: MeterReading | None,
    rested: Mark | None,
    now: datetime,
    rule: AutoSession,
) -> Mark | None:
    """Return the register at which a session turns into the next, now that a car charges.

    None: it is the same visit, or the meter cannot tell.  `rested` is when the register reached
    what it said last, where somebody has watched it.
    """
    mark, idle_since = session.mark, session.idle_since
    if reading is None or mark is None or idle_since is None or session.meter_start_wh is None:
        return None
    used_before = mark.energy_wh - session.meter_start_wh >= rule.energy_wh
    used_since = reading.energy_import_wh - mark.energy_wh >= rule.energy_wh
    if not used_before or used_since or not bounds(session, reading):
        return None
    if not session.may_have_left or now - idle_since < rule.after:
        return None
    if rested is not None and rested.energy_wh >= mark.energy_wh and rested.at < now - rule.after:
        return rested
    return mark
