"""Corrections of sessions: what somebody says later, with who, when and why.

What was recorded stays as it is; a correction lies on top of it, and later ones on top of that.
"""

from collections.abc import Iterable
from dataclasses import fields, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from oppleo_flow.charging.record import Remark, SessionRecord
from oppleo_flow.errors import Refused
from oppleo_flow.immutable import immutable

_LABELS: Final = ("driver", "vehicle", "plate", "cost_centre")
_DIRECT: Final = (
    *("started_at", "ended_at", "meter_start_wh", "meter_end_wh", "label", "void"),
    "odometer_km",
)
_SAME_TIME: Final = timedelta(days=60)
BOUNDING: Final = frozenset({"meter_start_wh", "meter_end_wh", "void"})
"""What a correction may say that changes which energy a session is billed for."""


@immutable
class Changes:
    """What a correction says; None leaves a field as it is.

    `void` takes a session off the bill, or puts it back on.  The energy follows from the registers
    where both are known; `energy_wh` is for a session in which one of them is not.  An empty
    driver, vehicle, plate or cost centre takes away what was said.
    """

    void: bool | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    meter_start_wh: int | None = None
    meter_end_wh: int | None = None
    energy_wh: int | None = None
    label: str | None = None
    driver: str | None = None
    vehicle: str | None = None
    plate: str | None = None
    cost_centre: str | None = None
    odometer_km: int | None = None

    @property
    def said(self) -> tuple[str, ...]:
        """Return the names of the fields that it changes."""
        return tuple(one.name for one in fields(self) if getattr(self, one.name) is not None)


@immutable
class Correction:
    """A correction of one session, its `number`-th."""

    correction_id: UUID
    session_id: UUID
    number: int
    corrected_at: datetime
    who: str
    why: str
    changes: Changes


def apply(record: SessionRecord, corrections: Iterable[Correction]) -> SessionRecord:
    """Return a session with its corrections, in their order; the record keeps its original.

    One that was made void has no registers and used nothing.
    """
    ordered = sorted(corrections, key=lambda one: one.number)
    if not ordered:
        return record
    lasting = _after(record, ordered)
    remarks = tuple(Remark(one.corrected_at, one.who, one.why) for one in ordered)
    if lasting.void:
        lasting = replace(lasting, meter_start_wh=None, meter_end_wh=None, energy_wh=0)
    return replace(lasting, corrections=remarks, original=record)


def check(
    record: SessionRecord,
    earlier: Iterable[Correction],
    wanted: Correction,
) -> None:
    """Refuse a correction that says nothing, or that no session can be; `record` has none yet.

    Raises:
        Refused: The message says what is wrong with it.
    """
    place = f"session {record.session_id}"
    changes, now = wanted.changes, wanted.corrected_at
    if record.is_open:
        raise Refused(f"{place}: has not ended; end it first")
    if not changes.said:
        raise Refused(f"{place}: the correction changes nothing; say what is different")
    for name, text in (("who", wanted.who), ("why", wanted.why)):
        if not text.strip():
            raise Refused(f"{place}: {name}: a correction needs one, got {text!r}")
    before = _after(record, sorted(earlier, key=lambda one: one.number))
    after = _changed(before, changes)
    if after.ended_at is not None and not after.started_at <= after.ended_at <= now:
        raise Refused(
            f"{place}: would last from {_iso(after.started_at)} to {_iso(after.ended_at)}; it ends "
            "after it starts and before now"
        )
    if after.energy_wh is not None and after.energy_wh < 0:
        raise Refused(
            f"{place}: its energy would be {after.energy_wh} Wh; no meter counts backwards"
        )
    if changes.odometer_km is not None and changes.odometer_km < 0:
        raise Refused(f"{place}: odometer: no car has driven {changes.odometer_km} km")
    if changes.energy_wh is not None and _energy_of(after) is not None:
        raise Refused(
            f"{place}: both registers are known, so the energy is their difference; "
            "correct a register instead"
        )


def check_registers(after: SessionRecord, others: Iterable[SessionRecord]) -> None:
    """Refuse a session whose registers take in what another one of its meter is billed for.

    Of the others only those of the same time count: a meter may have been set back between.

    Raises:
        Refused: The message names the other one.
    """
    start_wh, end_wh = after.meter_start_wh, after.meter_end_wh
    if start_wh is None or end_wh is None or after.void:
        return
    for other in others:
        low_wh, high_wh = other.meter_start_wh, other.meter_end_wh
        if low_wh is None or high_wh is None or not _beside(after, other):
            continue
        if max(start_wh, low_wh) < min(end_wh, high_wh):
            raise Refused(
                f"session {after.session_id}: from {kwh(start_wh)} to {kwh(end_wh)} kWh it would "
                f"take in what session {other.session_id} is billed for, {kwh(low_wh)} to "
                f"{kwh(high_wh)}; correct that one first"
            )


def _beside(one: SessionRecord, other: SessionRecord) -> bool:
    apart = abs(one.started_at - other.started_at)
    same_meter = (one.meter_serial, one.point) == (other.meter_serial, other.point)
    return same_meter and apart < _SAME_TIME and not other.void


def kwh(energy_wh: int) -> str:
    """Return energy as kWh, to the Wh."""
    return f"{energy_wh / 1000:.3f}"


def _iso(at: datetime) -> str:
    return at.isoformat(timespec="seconds")


def _after(record: SessionRecord, corrections: Iterable[Correction]) -> SessionRecord:
    for correction in corrections:
        record = _changed(record, correction.changes)
    return record


def _changed(record: SessionRecord, changes: Changes) -> SessionRecord:
    """Return a session as one correction has it."""
    values = {name: getattr(changes, name) for name in _DIRECT if name in changes.said}
    names = {name: getattr(changes, name) or None for name in _LABELS if name in changes.said}
    after = replace(record, **values, attribution=replace(record.attribution, **names))
    if {"meter_start_wh", "meter_end_wh"} & set(changes.said):
        after = replace(after, energy_wh=_energy_of(after))
    if {"ended_at", "meter_end_wh"} & set(changes.said):
        after = replace(after, settled_at=None)  # this register is of this end, not of a reading
    if changes.energy_wh is not None:
        after = replace(after, energy_wh=changes.energy_wh)
    return after


def _energy_of(record: SessionRecord) -> int | None:
    if record.meter_start_wh is None or record.meter_end_wh is None:
        return None
    return record.meter_end_wh - record.meter_start_wh
