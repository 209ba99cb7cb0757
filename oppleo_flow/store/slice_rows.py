"""The slices of sessions: what each part of their energy cost, once that is known for all of it.

A session whose slices all have a price keeps them for good.  Until then, and for one whose
registers were corrected, they are made anew each time from the readings and the prices that are
known by now.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, delete, select

from oppleo_flow.charging.price_parts import PricePart, price_parts
from oppleo_flow.charging.record import SessionRecord
from oppleo_flow.charging.slices import EnergySlice, Mark, slice_energy
from oppleo_flow.charging.tariff import PriceVersion
from oppleo_flow.store.market_rows import market_of
from oppleo_flow.store.reading_rows import meter_names
from oppleo_flow.store.shared_values import SharedValues
from oppleo_flow.store.tables import readings, session_latched, slices


def with_slices(
    connection: Connection,
    charge_point: str,
    sessions: Sequence[SessionRecord],
    prices: Mapping[UUID, PriceVersion],
) -> list[SessionRecord]:
    """Return sessions with their slices: those that were kept, or such as can be made now."""
    kept = _kept(connection, [one.session_id for one in sessions], prices)

    def sliced(session: SessionRecord) -> SessionRecord:
        original = session.original and sliced(session.original)
        fitting = _fitting(session, kept.get(session.session_id, ()))
        made = fitting or _made(connection, charge_point, session, prices)
        return replace(session, slices=made, original=original)

    return [sliced(session) for session in sessions]


def keep_slices(connection: Connection, charge_point: str, session: SessionRecord) -> None:
    """Keep the slices of a session that has just got its last register, if all have a price.

    A session of which nobody knows when it was keeps none.
    """
    rows = [
        {
            "session_id": session.session_id,
            "number": number,
            "charge_point": charge_point,
            "since": one.since,
            "until": one.until,
            "start_wh": one.start_wh,
            "end_wh": one.end_wh,
            "kind": one.kind,
            "price_version_id": one.version.price_version_id,
            "per_kwh": one.per_kwh,
            "estimated": one.estimated,
        }
        for number, one in enumerate(() if session.clock_uncertain else session.slices)
        if one.version is not None and one.per_kwh is not None
    ]
    if rows and len(rows) == len(session.slices):
        # Those up to the register at its end, if the car took a little more before it stopped.
        connection.execute(delete(slices).where(slices.c.session_id == session.session_id))
        connection.execute(slices.insert(), rows)


def _fitting(session: SessionRecord, kept: tuple[EnergySlice, ...]) -> tuple[EnergySlice, ...]:
    """Return slices if they are of the times and registers that the session has now."""
    if not kept or (kept[0].start_wh, kept[-1].end_wh) != _registers(session):
        return ()
    was = session.original or session
    moved = (was.started_at, was.ended_at) != (session.started_at, session.ended_at)
    return () if moved else kept


def _registers(session: SessionRecord) -> tuple[int | None, int | None]:
    return session.meter_start_wh, session.meter_end_wh


def _kept(
    connection: Connection, session_ids: Iterable[UUID], prices: Mapping[UUID, PriceVersion]
) -> dict[UUID, tuple[EnergySlice, ...]]:
    query = (
        select(slices)
        .where(slices.c.session_id.in_(session_ids))
        .order_by(slices.c.session_id, slices.c.number)
    )
    shared = SharedValues()
    found: dict[UUID, tuple[EnergySlice, ...]] = {}
    for row in connection.execute(query):
        found[row.session_id] = (*found.get(row.session_id, ()), _slice(row, prices, shared))
    return found


def _slice(
    row: Row[tuple[object, ...]], prices: Mapping[UUID, PriceVersion], shared: SharedValues
) -> EnergySlice:
    return EnergySlice(
        since=row.since,
        until=row.until,
        start_wh=row.start_wh,
        end_wh=row.end_wh,
        kind=shared.one(row.kind),
        version=prices.get(row.price_version_id),
        per_kwh=row.per_kwh,
        estimated=row.estimated,
    )


def _made(
    connection: Connection,
    charge_point: str,
    session: SessionRecord,
    prices: Mapping[UUID, PriceVersion],
) -> tuple[EnergySlice, ...]:
    """Return the slices of a session as they are by what is known now; none of no energy known."""
    if session.ended_at is None or session.energy_wh is None or session.void:
        return ()
    parts = _parts(connection, charge_point, session, session.ended_at, prices)
    start_wh, end_wh = _registers(session)
    if start_wh is None or end_wh is None:
        # Somebody said how much it was: then all that is known is how long it took.
        told = Mark(session.started_at, 0), Mark(session.ended_at, session.energy_wh)
        return slice_energy(*told, parts, lambda edge: (None, None))
    start = Mark(session.started_at, start_wh)
    end = Mark(session.settled_at or session.ended_at, end_wh)
    if len(parts) > 1 and session.meter_start_quality == "late":
        start = replace(start, time=_latched_at(connection, session) or start.time)
    around = _Readings(connection, charge_point, session, start, end)
    return slice_energy(start, end, parts, around)


def _parts(
    connection: Connection,
    charge_point: str,
    session: SessionRecord,
    ended_at: datetime,
    prices: Mapping[UUID, PriceVersion],
) -> list[PricePart]:
    """Return what a kWh costs in each part of a session."""
    price = session.price
    if session.one_price and price is not None:
        return [PricePart(session.started_at, ended_at, "flat", price, price.price_per_kwh)]
    market = market_of(connection, charge_point, price)
    return price_parts(prices.values(), session.started_at, ended_at, market)


def _latched_at(connection: Connection, session: SessionRecord) -> datetime | None:
    """Return when the start register of a session was read that came late."""
    query = select(session_latched.c.latched_at).where(
        session_latched.c.session_id == session.session_id
    )
    at: datetime | None = connection.scalar(query)
    return at if at is None or session.clock is None else session.clock.meant(at)


class _Readings:
    """The readings of a session's meter that can lie between its registers."""

    def __init__(
        self,
        connection: Connection,
        charge_point: str,
        session: SessionRecord,
        start: Mark,
        end: Mark,
    ) -> None:
        self._connection = connection
        self._serial = session.meter_serial
        self._clock = session.clock
        self._of = [
            readings.c.charge_point == charge_point,
            readings.c.time >= self._shown(start.time),
            readings.c.time <= self._shown(end.time),
            readings.c.energy_import_wh.between(start.energy_wh, end.energy_wh),
        ]
        self._meter: str | None = None
        self._sought = False
        self._charge_point = charge_point

    def __call__(self, edge: datetime) -> tuple[Mark | None, Mark | None]:
        """Return the last reading at or before an edge, and the first one after it."""
        if not self._sought:
            self._meter, self._sought = self._find(), True
        if self._meter is None:
            return None, None
        shown = self._shown(edge)
        return (
            self._nearest(readings.c.time <= shown, readings.c.time.desc()),
            self._nearest(readings.c.time > shown, readings.c.time.asc()),
        )

    def _shown(self, at: datetime) -> datetime:
        """Return what the clock showed at a moment, by which readings are kept."""
        return at if self._clock is None else self._clock.shown(at)

    def _nearest(self, side: ColumnElement[bool], order: ColumnElement[datetime]) -> Mark | None:
        query = (
            select(readings.c.time, readings.c.energy_import_wh)
            .where(*self._of, readings.c.meter == self._meter, self._same_serial(), side)
            .order_by(order)
            .limit(1)
        )
        row = self._connection.execute(query).first()
        if row is None:
            return None
        at = row.time if self._clock is None else self._clock.meant(row.time)
        return Mark(at, row.energy_import_wh)

    def _same_serial(self) -> ColumnElement[bool]:
        return readings.c.serial.is_not_distinct_from(self._serial)

    def _find(self) -> str | None:
        """Return the one meter that has readings of the session's serial number in its time.

        None when there are several, as there may be of a model that does not tell its number.
        """
        found = [
            meter
            for meter in meter_names(self._connection, self._charge_point)
            if self._connection.execute(
                select(readings.c.time)
                .where(*self._of, readings.c.meter == meter, self._same_serial())
                .limit(1)
            ).first()
        ]
        return found[0] if len(found) == 1 else None
