"""The registers of the charger's meter at the bounds of a period, and at its exchanges."""

from datetime import datetime
from typing import TYPE_CHECKING

from oppleo_flow.charging.meters import MeterSegment
from oppleo_flow.charging.reconciliation import Part, Register
from oppleo_flow.charging.session import point_of
from oppleo_flow.payloads import MeterReading
from oppleo_flow.reports.request import ReportRequest

if TYPE_CHECKING:
    from oppleo_flow.store import Ledger


def meter_of(ledger: "Ledger", request: ReportRequest) -> str | None:
    """Return the name of the charger's meter; None where it is unclear which one that is."""
    if request.meter is not None:
        return request.meter
    meters, point = ledger.readings.meters(), request.selection.point
    if point is not None:
        meters = [meter for meter in meters if point_of(meter) == point]
    return meters[0] if len(meters) == 1 else None


def meters_of_points(ledger: "Ledger", request: ReportRequest) -> list[str]:
    """Return the meters of a site of several charge points, if each has one; else none."""
    if request.meter is not None or request.selection.point is not None:
        return []
    meters, points = ledger.readings.meters(), ledger.sessions.points()
    found = [meter for meter in meters if point_of(meter) in points]
    each_has_one = len({point_of(meter) for meter in found}) == len(found)
    return sorted(found) if each_has_one and len(found) > 1 else []


def segments(ledger: "Ledger", meter: str, start: datetime, stop: datetime) -> list[MeterSegment]:
    """Return the meters that somebody told of, and that were in a place in a period."""
    return [
        one
        for one in ledger.meters.of(meter)
        if one.since < stop and (one.until is None or start < one.until)
    ]


def registers(ledger: "Ledger", meter: str, start: datetime, stop: datetime) -> list[Part]:
    """Return the readings nearest to a period's bounds, a part for each meter that there was.

    The opening one is the last before the period; where there is none yet, the first in it.  An
    exchange is known by what somebody entered, with the last and the first register, else by the
    serial number that the meter tells.
    """
    opening = ledger.readings.latest(meter, before=start) or ledger.readings.first(meter, start)
    closing = ledger.readings.latest(meter, before=stop)
    if opening is None or closing is None or opening.time >= stop:
        return []
    there = [one for one in segments(ledger, meter, start, stop) if one.since > opening.time]
    told = [one for one in there if one.first_wh is not None]
    before = {one.until: one.last_wh for one in ledger.meters.of(meter)}
    if told and all(before.get(one.since) is not None for one in told):
        return _as_told(ledger, meter, _register(opening), _register(closing), told, before)
    parts = []
    for exchange in ledger.exchanges.between(meter, opening, stop):
        parts.append(Part(_register(opening), _register(exchange.last)))
        opening = exchange.first
    return [*parts, Part(_register(opening), _register(closing))]


def _as_told(
    ledger: "Ledger",
    meter: str,
    opening: Register,
    closing: Register,
    new: list[MeterSegment],
    last_wh: dict[datetime | None, int | None],
) -> list[Part]:
    """Return the parts by the registers that somebody read off when a meter was exchanged."""
    parts = []
    for segment in new:
        last, first = last_wh[segment.since], segment.first_wh
        assert last is not None
        assert first is not None
        parts.append(Part(opening, Register(segment.since, last, opening.serial)))
        reading = ledger.readings.first(meter, segment.since)
        serial = None if reading is None else reading.serial
        opening = Register(segment.since, first, serial)
    return [*parts, Part(opening, closing)]


def _register(reading: MeterReading) -> Register:
    return Register(reading.time, reading.energy_import_wh, reading.serial)
