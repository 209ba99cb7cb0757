"""Lists of sessions: filtered, sorted and cut by the database, however many there are."""

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from itertools import count, pairwise
from time import monotonic
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Select,
    Text,
    and_,
    bindparam,
    case,
    delete,
    func,
    literal,
    or_,
    select,
)

from oppleo_flow.charging.record import SessionRecord
from oppleo_flow.charging.session_filter import SessionFilter, SessionState, SortedBy
from oppleo_flow.immutable import immutable
from oppleo_flow.store.database import Database, unsought
from oppleo_flow.store.session_query import records, with_ids
from oppleo_flow.store.session_words import (
    having,
    known_words,
    may_be_of_an_id,
    words_in,
    words_of,
)
from oppleo_flow.store.stale_sessions import mark_missing
from oppleo_flow.store.tables.ledger import former_names
from oppleo_flow.store.tables.session_index import session_index, session_stale

if TYPE_CHECKING:
    from sqlalchemy.sql.base import ReadOnlyColumnCollection

_AT_ONCE: Final = 250
_FEW: Final = 3_000
_SORTED: Final = 20_000
_KINDS: Final = {"driver": "driver", "vehicle": "vehicle", "cost_centre": "cost-centre"}
"""What may have had another name before, and what that is kept under."""
_ONE = session_index.c
_COLUMNS: Final = {
    "started_at": _ONE.started_at,
    "ended_at": _ONE.ended_at,
    "label": _ONE.label,
    "energy": _ONE.energy_wh,
    "amount": _ONE.amount_cents,
}


class Sums(NamedTuple):
    """How many sessions there are, and what is known of their energy and their cost.

    Of `unknown` of them, energy or cost is not known, or not yet: so much is not in the sums.
    """

    sessions: int
    energy_wh: int
    total: Decimal
    unknown: int = 0


_NOTHING: Final = Sums(0, 0, Decimal("0.00"))


@immutable
class SessionPage:
    """Some of the sessions that a filter takes, and the sums of all of them."""

    items: tuple[SessionRecord, ...]
    sums: Sums


class SessionNames(NamedTuple):
    """What sessions can be filtered by, in order."""

    cards: Sequence[str]
    drivers: Sequence[str]
    vehicles: Sequence[str]
    cost_centres: Sequence[str]


class SessionList:
    """The sessions of a charge point, as lists; kept in step with what was written since.

    That is done `at_once` sessions at a time; in between it has `rest` wait so many seconds.
    As many sessions as are `few` are found, summed up and sorted at once.
    """

    def __init__(
        self,
        database: Database,
        *,
        at_once: int = _AT_ONCE,
        few: int = _FEW,
        rest: Callable[[float], object] | None = None,
    ) -> None:
        self._db = database
        self._at_once = at_once
        self._few_at_once = few
        self._rest = rest or threading.Event().wait
        self._lock = threading.Lock()
        self._looked_for_missing = False

    def page(
        self,
        wanted: SessionFilter,
        *,
        sort: SortedBy = "started_at",
        descending: bool = True,
        offset: int = 0,
        limit: int = 25,
    ) -> SessionPage:
        """Return some sessions in an order, and what all of them sum up to.

        What has no value to be sorted by comes last.
        """
        self._bring_up_to_date()
        with self._db.read() as connection:
            if _chooses(wanted):
                few = self._few(wanted, sort, descending=descending).limit(limit).offset(offset)
                found = connection.execute(few).all()
                if not found and offset == 0:
                    return SessionPage((), _NOTHING)
                if found and found[0].sessions <= self._few_at_once:
                    items = self._in_order(connection, [row.session_id for row in found])
                    return SessionPage(tuple(items), _sums_of(*found[0][1:]))
            sums = self._sums(connection, wanted)
            if offset >= sums.sessions:
                return SessionPage((), sums)
            sorts = _chooses(wanted) and sums.sessions <= _SORTED
            query = self._ids(wanted, sort, descending=descending, sorts=sorts)
            ids = connection.scalars(query.limit(limit).offset(offset)).all()
            items = self._in_order(connection, ids)
            return SessionPage(tuple(items), sums)

    def each(
        self,
        wanted: SessionFilter,
        *,
        sort: SortedBy = "started_at",
        descending: bool = True,
        at_once: int = _AT_ONCE,
    ) -> Iterator[SessionRecord]:
        """Yield all that a filter takes, as the index has them already; nothing is written."""
        query = self._ids(wanted, sort, descending=descending)
        with self._db.read() as connection:
            for offset in count(0, at_once):
                ids = connection.scalars(query.limit(at_once).offset(offset)).all()
                items = self._in_order(connection, ids)
                yield from items
                if len(items) < at_once:
                    return

    def sums_between(self, edges: Sequence[datetime], driver: str | None = None) -> list[Sums]:
        """Return the sums of what ended between each two moments, of one driver or of all."""
        self._bring_up_to_date()
        # Made once and asked of each: to put it together takes longer than to answer it.
        query = select(*_counted(_ONE)).where(
            *self._conditions(SessionFilter(driver=driver)),
            bindparam("since") <= _ONE.ended_at,
            bindparam("until") > _ONE.ended_at,
        )
        with self._db.read() as connection:
            found = [
                connection.execute(query, {"since": since, "until": until}).one()
                for since, until in pairwise(edges)
            ]
        return [_sums_of(*sums) for sums in found]

    def first_end(self, wanted: SessionFilter) -> datetime | None:
        """Return when the first of some sessions ended; None when none has."""
        self._bring_up_to_date()
        query = select(func.min(_ONE.ended_at)).where(*self._conditions(wanted))
        with self._db.read() as connection:
            first: datetime | None = connection.scalar(query)
        return first

    def names(self, driver: str | None = None) -> SessionNames:
        """Return the names that sessions bear, of one driver or of all."""
        self._bring_up_to_date()
        columns = (_ONE.label, _ONE.driver, _ONE.vehicle, _ONE.cost_centre)
        only = [*self._conditions(SessionFilter(driver=driver))]
        with self._db.read() as connection:
            return SessionNames(*(_distinct(connection, column, only) for column in columns))

    def _sums(self, connection: Connection, wanted: SessionFilter) -> Sums:
        sought = _names_somebody(wanted) or not _chooses(wanted)
        conditions = self._conditions(wanted, sought=sought)
        query = select(*_counted(_ONE)).select_from(session_index).where(*conditions)
        return _sums_of(*connection.execute(query).one())

    def _conditions(
        self, wanted: SessionFilter, *, sought: bool = True
    ) -> Iterator[ColumnElement[bool]]:
        """Yield what a filter asks, to be sought by an index or not.

        To look at all rows as they stand may be the shortest way, unless a filter names somebody
        whose sessions stand side by side in an index.
        """
        here = _ONE.charge_point if sought else unsought(_ONE.charge_point)
        yield here == self._db.charge_point
        names = {"card": _ONE.label, "driver": _ONE.driver, "vehicle": _ONE.vehicle}
        names |= {"cost_centre": _ONE.cost_centre, "point": _ONE.point}
        for name, borne in names.items():
            value = getattr(wanted, name)
            if value is not None:
                yield borne == value if name not in _KINDS else self._called(name, borne, value)
        for at, moment, sign in (
            (wanted.since, _ONE.started_at, "ge"),
            (wanted.until, _ONE.started_at, "lt"),
            (wanted.ended_since, _ONE.ended_at, "ge"),
            (wanted.ended_until, _ONE.ended_at, "lt"),
        ):
            if at is not None:
                yield moment >= at if sign == "ge" else moment < at
        if wanted.state is not None:
            yield _STATES[wanted.state]
        yield from having(words_in(wanted.text))

    def _called(self, name: str, borne: Column[Any], value: str) -> ColumnElement[bool]:
        """Return whether a session bears a name, or one that whoever has it had before.

        As one list of names, for which an index is used.
        """
        table = former_names.c
        former = select(table.former).where(
            table.charge_point == self._db.charge_point,
            table.kind == _KINDS[name],
            table.name == value,
        )
        return borne.in_(select(literal(value, Text)).union_all(former))

    def _ids(
        self, wanted: SessionFilter, sort: SortedBy, *, descending: bool, sorts: bool = False
    ) -> Select[Any]:
        """Return a query for ids: it `sorts` them, or meets them in the order of an index.

        Of many some are soon met so.
        """
        query = select(_ONE.session_id).where(*self._conditions(wanted, sought=not sorts))
        return query.order_by(*_order(_COLUMNS[sort], _ONE.session_id, sort, descending))

    def _few(self, wanted: SessionFilter, sort: SortedBy, *, descending: bool) -> Select[Any]:
        """Return a query for ids, each with the sums: all is looked at once, and few are sorted.

        Where more than few are taken, it says so, and no more.
        """
        facts = _ONE.session_id, _ONE.energy_wh, _ONE.amount_cents, _ONE.void
        conditions = self._conditions(wanted, sought=_names_somebody(wanted))
        taken = select(*facts, _COLUMNS[sort].label("key")).where(*conditions)
        few = taken.limit(self._few_at_once + 1).cte("few")
        sums = [select(one).scalar_subquery() for one in _counted(few.c)]
        query = select(few.c.session_id, sums[0].label("sessions"), *sums[1:])
        return query.order_by(*_order(few.c.key, few.c.session_id, sort, descending))

    def _in_order(self, connection: Connection, ids: Sequence[UUID]) -> list[SessionRecord]:
        """Return the sessions of some ids, in the order of these."""
        found = {one.session_id: one for one in self._records(connection, ids)}
        return [found[session_id] for session_id in ids]

    def _records(self, connection: Connection, ids: Sequence[UUID]) -> list[SessionRecord]:
        if not ids:
            return []
        return records(connection, self._db.charge_point, with_ids(self._db.charge_point, ids))

    def _bring_up_to_date(self) -> None:
        """Put into the index what was written since somebody last looked, some at a time.

        Whoever else waits to write gets as long as that took: SQLite keeps no queue, so a charge
        point could otherwise wait until all of many sessions are there.
        """
        with self._lock:
            if not self._looked_for_missing:
                with self._db.write(durable=False) as connection:
                    mark_missing(connection, self._db.charge_point)
                self._looked_for_missing = True
            while self._stale():
                with self._db.write(durable=False) as connection:
                    began_s = monotonic()
                    refreshed = self._refresh(connection)
                if refreshed == self._at_once:
                    self._rest(monotonic() - began_s)

    def _stale(self) -> bool:
        with self._db.read() as connection:
            return connection.execute(self._some_stale(1)).first() is not None

    def _some_stale(self, limit: int) -> Select[Any]:
        here = session_stale.c.charge_point == self._db.charge_point
        return select(session_stale.c.session_id).where(here).limit(limit)

    def _refresh(self, connection: Connection) -> int:
        """Bring some sessions of the index up to date; return how many."""
        ids = list(connection.scalars(self._some_stale(self._at_once)))
        found = self._records(connection, ids)
        known = known_words(connection, {words_of(one) for one in found})
        rows = [_row(one, self._db.charge_point, known[words_of(one)]) for one in found]
        for table in (session_index, session_stale):
            connection.execute(delete(table).where(table.c.session_id.in_(ids)))
        if rows:
            connection.execute(session_index.insert(), rows)
        return len(ids)


_STATES: Final[dict[SessionState, ColumnElement[bool]]] = {
    "open": _ONE.ended_at.is_(None),
    "closed": _ONE.ended_at.is_not(None) & ~_ONE.void,
    "void": _ONE.void,
    "flagged": _ONE.flags != "",
}


def _chooses(wanted: SessionFilter) -> bool:
    """Return whether a filter asks for more than a time, which the order of rows answers."""
    times = ("since", "until", "ended_since", "ended_until")
    return any(value is not None for name, value in asdict(wanted).items() if name not in times)


def _names_somebody(wanted: SessionFilter) -> bool:
    named = any(getattr(wanted, name) is not None for name in ("card", *_KINDS))
    return named or any(not may_be_of_an_id(word) for word in words_in(wanted.text))


def _sums_of(sessions: int, energy_wh: Any, cents: Any, unknown: int) -> Sums:
    # PostgreSQL sums big integers up to a decimal.
    return Sums(sessions, int(energy_wh or 0), Decimal(int(cents or 0)).scaleb(-2), unknown)


def _distinct(
    connection: Connection, column: ColumnElement[Any], only: Sequence[ColumnElement[bool]]
) -> list[str]:
    """Return the names in a column, by steps over its index: many sessions bear each."""
    found: list[str] = []
    while True:
        after = found[-1] if found else ""
        query = select(column).where(*only, column > after).order_by(column).limit(1)
        name: str | None = connection.scalar(query)
        if name is None:
            return found
        found.append(name)


def _counted(one: "ReadOnlyColumnCollection[str, Any]") -> tuple[ColumnElement[Any], ...]:
    """Return what is summed up of sessions that have these columns."""
    unknown = and_(~one.void, or_(one.energy_wh.is_(None), one.amount_cents.is_(None)))
    # Of a column, so that it says of which table.
    number = func.count(one.session_id)
    of_unknown = func.count(case((unknown, 1)))
    return number, func.sum(one.energy_wh), func.sum(one.amount_cents), of_unknown


def _order(
    key: ColumnElement[Any], session_id: ColumnElement[UUID], sort: SortedBy, descending: bool
) -> Iterator[ColumnElement[Any]]:
    """Yield what to sort by; what has no such value comes last, an open session ends last."""
    if sort == "started_at":
        yield key.desc() if descending else key.asc()
    elif sort == "ended_at" and descending:
        yield key.desc().nulls_first()
    else:
        yield key.desc().nulls_last() if descending else key.asc().nulls_last()
    yield session_id.desc() if descending else session_id.asc()


def _row(session: SessionRecord, charge_point: str, words_id: int) -> dict[str, Any]:
    """Return what the index has of a session; of an open one nobody expects the energy yet."""
    of = session.attribution
    early = ("energy-unknown", "price-unknown") if session.is_open else ()
    flags = [flag for flag in session.flags if flag not in early]
    return {
        "session_id": session.session_id,
        "charge_point": charge_point,
        "started_at": session.started_at,
        "ended_at": session.ended_at,
        "label": session.label,
        "driver": of.driver,
        "vehicle": of.vehicle,
        "cost_centre": of.cost_centre,
        "point": session.point,
        "energy_wh": session.energy_wh,
        "amount_cents": None if session.amount is None else int(session.amount.scaleb(2)),
        "currency": session.currency,
        "void": session.void,
        "flags": f" {' '.join(flags)} " if flags else "",
        "words_id": words_id,
    }
