"""How the meter's own register went through a period, and what of that is on no session.

A meter may have been exchanged meanwhile: then each has a part of its own, from its first register
to its last one.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from oppleo_flow.charging.record import SessionRecord
from oppleo_flow.immutable import immutable


@immutable
class Register:
    """The import register of a meter at one moment."""

    time: datetime
    energy_wh: int
    serial: str | None


@immutable
class Part:
    """The registers of one meter between which it was in use."""

    opening: Register
    closing: Register

    @property
    def counted_wh(self) -> int:
        """Return what the meter counted."""
        return self.closing.energy_wh - self.opening.energy_wh

    @property
    def is_sound(self) -> bool:
        """Return whether both are registers of one meter that did not fall."""
        opening, closing = self.opening, self.closing
        same_meter = opening.serial == closing.serial and opening.time < closing.time
        return same_meter and opening.energy_wh <= closing.energy_wh

    def holds_wh(self, session: SessionRecord) -> int:
        """Return how much of a session's energy lies between the two."""
        if session.meter_start_wh is None or session.meter_serial != self.opening.serial:
            return 0
        if session.ended_at is not None and session.ended_at < self.opening.time:
            return 0  # of a meter without a serial number, before it was exchanged
        if session.started_at > self.closing.time:
            return 0
        last = self.closing.energy_wh
        if session.meter_end_wh is not None:
            last = min(last, session.meter_end_wh)
        return max(0, last - max(session.meter_start_wh, self.opening.energy_wh))


@immutable
class Reconciliation:
    """The way from the meter's opening register to its closing one.

    closing - opening = sessions - before + others + unfinished + unattributed, where `sessions_wh`
    is the energy of the lines, `before_wh` the part of it that is not between the two, such as what
    was used before the opening register was read, `others_wh` what sessions of the same period on
    other statements used in between, and `unfinished_wh` what sessions of other periods did.
    """

    parts: tuple[Part, ...]
    sessions_wh: int
    before_wh: int
    unfinished_wh: int
    others_wh: int = 0

    @property
    def counted_wh(self) -> int:
        """Return what the meter counted, or the meters did."""
        return sum(part.counted_wh for part in self.parts)

    @property
    def unattributed_wh(self) -> int:
        """Return what the meter counted and no session explains."""
        explained = self.sessions_wh - self.before_wh + self.others_wh + self.unfinished_wh
        return self.counted_wh - explained


def reconcile(
    parts: Sequence[Part],
    lines: Iterable[SessionRecord],
    others: Iterable[SessionRecord],
    unfinished: Iterable[SessionRecord],
) -> Reconciliation | None:
    """Return the reconciliation; None unless there are registers that can be compared."""
    if not parts or not all(part.is_sound for part in parts):
        return None
    known = [line for line in lines if line.energy_wh is not None]
    total_wh = sum(line.energy_wh or 0 for line in known)
    return Reconciliation(
        parts=tuple(parts),
        sessions_wh=total_wh,
        before_wh=total_wh - _held_wh(parts, known),
        unfinished_wh=_held_wh(parts, unfinished),
        others_wh=_held_wh(parts, (one for one in others if one.energy_wh is not None)),
    )


def _held_wh(parts: Sequence[Part], sessions: Iterable[SessionRecord]) -> int:
    return sum(part.holds_wh(session) for session in sessions for part in parts)
