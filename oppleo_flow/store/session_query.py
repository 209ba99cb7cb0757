"""How the events of a session are read as one record."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, func, select

from oppleo_flow.charging.correction import apply
from oppleo_flow.charging.record import SessionRecord, WrongClock
from oppleo_flow.charging.tariff import PriceVersion, price_at
from oppleo_flow.payloads import Attribution
from oppleo_flow.store.boot_rows import Boot, known_boots
from oppleo_flow.store.correction_query import corrections_of
from oppleo_flow.store.database import unsought
from oppleo_flow.store.price_rows import all_prices
from oppleo_flow.store.shared_values import SharedValues
from oppleo_flow.store.slice_rows import with_slices
from oppleo_flow.store.tables import (
    session_corrections,
    session_ended,
    session_latched,
    session_odometer,
    session_settled,
    session_started,
)

_ENDED, _BEGUN, _LATE, _SETTLED = (
    *(session_ended.c, session_started.c),
    *(session_latched.c, session_settled.c),
)
_DRIVEN = session_odometer.c
_LATER: Sequence[ColumnElement[Any]] = (
    func.coalesce(_LATE.meter_serial, _BEGUN.meter_serial).label("meter_serial"),
    *(_BEGUN.meter_start_quality, _LATE.latched_at),
    *(_BEGUN.point, _DRIVEN.odometer_km),
    *(_BEGUN.trigger, _BEGUN.driver, _BEGUN.vehicle, _BEGUN.plate, _BEGUN.cost_centre),
    func.coalesce(_SETTLED.meter_end_wh, _ENDED.meter_end_wh).label("meter_end_wh"),
    func.coalesce(_SETTLED.energy_wh, _ENDED.energy_wh).label("energy_wh"),
    _ENDED.meter_end_wh.label("first_end_wh"),
    *(_SETTLED.settled_at, _BEGUN.closed_at, _ENDED.interrupted, _ENDED.price_version_id),
    _ENDED.one_price,
    func.coalesce(_ENDED.clock_uncertain, _BEGUN.clock_uncertain).label("clock_uncertain"),
    *(_ENDED.ended_at, _ENDED.reason),
    *(_BEGUN.boot_id, _BEGUN.monotonic_s),
    *(_ENDED.boot_id.label("end_boot_id"), _ENDED.monotonic_s.label("end_monotonic_s")),
)
_AT_ONCE = 500
"""Of so many sessions the slices are looked up together; a query takes only so many names."""
LOST = "lost"
"""The reason of a session whose end never came: it ended when the next one began, or before."""


def closed(charge_point: str) -> Select[Any]:
    """Return a query for the sessions that have ended, whether their start is known or not."""
    return _closed().where(_ENDED.charge_point == charge_point)


def _closed() -> Select[Any]:
    own = (_ENDED.session_id, _ENDED.token_id, _ENDED.uid, _ENDED.label, _ENDED.started_at)
    return (
        select(*own, _ENDED.meter_start_wh, *_LATER)
        .outerjoin_from(session_ended, session_started, _ENDED.session_id == _BEGUN.session_id)
        .outerjoin(session_latched, _ENDED.session_id == _LATE.session_id)
        .outerjoin(session_settled, _ENDED.session_id == _SETTLED.session_id)
        .outerjoin(session_odometer, _ENDED.session_id == _DRIVEN.session_id)
    )


def with_registers(charge_point: str, low_wh: int, high_wh: int) -> Select[Any]:
    """Return a query for the sessions that have ended between registers, and corrected ones."""
    last_wh = func.coalesce(_SETTLED.meter_end_wh, _ENDED.meter_end_wh)
    return closed(charge_point).where(
        and_(last_wh > low_wh, _ENDED.meter_start_wh < high_wh)
        | _ENDED.session_id.in_(select(session_corrections.c.session_id))
    )


def not_ended(charge_point: str) -> Select[Any]:
    """Return a query for the sessions that are open, and for those whose end was lost."""
    return _not_ended().where(_BEGUN.charge_point == charge_point)


def still_open(charge_point: str) -> Select[Any]:
    """Return a query for the sessions that are open: they are few, and have an index of their own.

    It is not used where SQLite may take one for the charge point.
    """
    here = unsought(_BEGUN.charge_point) == charge_point
    return _not_ended().where(here, _BEGUN.closed_at.is_(None))


def _not_ended() -> Select[Any]:
    own = (_BEGUN.session_id, _BEGUN.token_id, _BEGUN.uid, _BEGUN.label, _BEGUN.started_at)
    register = func.coalesce(_LATE.meter_start_wh, _BEGUN.meter_start_wh).label("meter_start_wh")
    return (
        select(*own, register, *_LATER)
        .outerjoin_from(session_started, session_ended, _ENDED.session_id == _BEGUN.session_id)
        .outerjoin(session_latched, _BEGUN.session_id == _LATE.session_id)
        .outerjoin(session_settled, _BEGUN.session_id == _SETTLED.session_id)
        .outerjoin(session_odometer, _BEGUN.session_id == _DRIVEN.session_id)
        .where(_ENDED.session_id.is_(None))
    )


def with_ids(charge_point: str, ids: Sequence[UUID]) -> list[Select[Any]]:
    """Return queries for sessions by their ids."""
    return [
        query.where(column.session_id.in_(ids), unsought(column.charge_point) == charge_point)
        for query, column in ((_closed(), _ENDED), (_not_ended(), _BEGUN))
    ]


def records(
    connection: Connection, charge_point: str, queries: Iterable[Select[Any]]
) -> list[SessionRecord]:
    """Return the sessions that queries find, with their prices, corrections and slices."""
    prices = all_prices(connection, charge_point)
    corrections = corrections_of(connection, charge_point)
    boots = known_boots(connection, charge_point)
    shared = SharedValues()
    found = [
        apply(_record(row, prices, boots, shared), corrections.get(row.session_id, ()))
        for query in queries
        for row in connection.execute(query)
    ]
    for first in range(0, len(found), _AT_ONCE):
        some = slice(first, first + _AT_ONCE)
        found[some] = with_slices(connection, charge_point, found[some], prices)
    return found


def _record(
    row: Row[Any],
    prices: Mapping[UUID, PriceVersion],
    boots: Mapping[str, Boot],
    shared: SharedValues,
) -> SessionRecord:
    """Return a session; its price is the one kept with it, else the one that is known now.

    It is dated if it began by a clock that was told the time since.

    A session that is open has none yet, and one that ended before any price was known has none
    kept: both are looked up, so that a price entered late still counts.
    """
    for name in ("meter_start_wh", "meter_end_wh", "energy_wh"):
        if not isinstance(getattr(row, name), int | None):
            raise ValueError(f"session {row.session_id}: {name}: got {getattr(row, name)!r}")
    lost = row.ended_at is None and row.closed_at is not None
    dates = _Dates(row, boots)
    kept = prices.get(row.price_version_id) if row.price_version_id else None
    if dates.clock is not None:
        kept = None  # it was chosen by a clock that was wrong
    return SessionRecord(
        session_id=row.session_id,
        token_id=shared.one(row.token_id),
        uid=shared.one(row.uid),
        label=shared.one(row.label),
        started_at=dates.started_at,
        meter_start_wh=row.meter_start_wh,
        meter_start_quality="late" if row.latched_at else row.meter_start_quality or "unknown",
        meter_serial=shared.one(row.meter_serial),
        ended_at=row.closed_at if lost else dates.ended_at,
        meter_end_wh=row.meter_end_wh,
        energy_wh=row.energy_wh,
        reason=LOST if lost else row.reason,
        price=kept or price_at(prices.values(), dates.started_at),
        trigger=row.trigger or "card",
        attribution=shared.one(Attribution(row.driver, row.vehicle, row.plate, row.cost_centre)),
        settled_at=row.settled_at,
        late_end=row.settled_at is not None and row.first_end_wh is None,
        interrupted=lost or bool(row.interrupted),
        clock_uncertain=bool(row.clock_uncertain) and not dates.known,
        clock=dates.clock,
        one_price=kept is not None and bool(row.one_price),
        point=row.point or "",
        odometer_km=row.odometer_km,
    )


class _Dates:
    """When a session was, by what is known of the clock by now.

    `clock` says how wrong it was; None: nobody knows, or it was right.
    """

    def __init__(self, row: Row[Any], boots: Mapping[str, Boot]) -> None:
        begun, ended = boots.get(row.boot_id), boots.get(row.end_boot_id)
        stamped = row.boot_id is not None or row.end_boot_id is not None
        self.known = stamped and (
            (row.boot_id is None or begun is not None)
            and (row.end_boot_id is None or ended is not None)
        )
        self.started_at, self.ended_at, self.clock = row.started_at, row.ended_at, None
        if begun is not None:
            self.started_at = begun.at(row.monotonic_s)
            wrong = self.started_at - row.started_at
            self.clock = WrongClock(wrong, begun.known_at) if wrong else None
        if ended is not None:
            self.ended_at = max(self.started_at, ended.at(row.end_monotonic_s))
