"""Old readings make room: what is rolled up of them stays, and what anybody may need of them.

That is the last of each quarter-hour, for the registers at the edges of months in any zone; those
about the edges of sessions and their slices; and all of a session that may be billed anew by them.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import Connection, bindparam, delete, func, or_, select

from oppleo_flow.charging.record import SessionRecord
from oppleo_flow.store.database import Database
from oppleo_flow.store.outbox.outbox import Outbox
from oppleo_flow.store.reading_rows import ReadingRows
from oppleo_flow.store.roll_up_rows import horizon, make_slots, moment, quarter_of
from oppleo_flow.store.session_rows import SessionRows
from oppleo_flow.store.tables import readings, session_ended, session_started
from oppleo_flow.store.tables.roll_ups import reading_horizons

_DAY_S: Final = 86_400
_END: Final = datetime(9999, 1, 1, tzinfo=UTC)
_DELETE: Final = delete(readings).where(
    readings.c.charge_point == bindparam("of_point"),
    readings.c.meter == bindparam("of_meter"),
    readings.c.time == bindparam("at"),
)


class OldReadings:
    """The readings of a charge point that are old enough to make room for new ones."""

    def __init__(
        self, database: Database, of: ReadingRows, sessions: SessionRows, outbox: Outbox
    ) -> None:
        self._db = database
        self._readings = of
        self._sessions = sessions
        self._outbox = outbox

    def let_go(self, before: datetime) -> bool:
        """Let go of a day of readings of each meter that nobody needs; return whether more is left.

        Those that have yet to arrive in another database stay.

        Raises:
            StoreError: The ledger cannot be written; a day goes whole or not at all.
        """
        if self._outbox.behind().sending_from is not None:
            return False
        waiting = self._outbox.oldest_reading()
        end_s = quarter_of(before if waiting is None else min(before, waiting))
        left = [self._let_go_of(meter, end_s) for meter in self._readings.meters()]
        return any(left)

    def _let_go_of(self, meter: str, end_s: int) -> bool:
        of = (self._db.charge_point, meter)
        with self._db.read() as connection:
            kept_from = horizon(connection, *of)
            oldest = self._readings.first(meter, kept_from or moment(0))
        if oldest is None:
            return False
        begin_s = max(quarter_of(oldest.time), 0 if kept_from is None else quarter_of(kept_from))
        stop_s = min(begin_s + _DAY_S, end_s)
        if begin_s >= stop_s:
            return False
        needed = _Needed(self._sessions.between(moment(begin_s), moment(stop_s)))
        with self._db.write(durable=False) as connection:
            # So that what is let go of is rolled up for sure.
            make_slots(connection, *of, begin_s, stop_s)
            needed.spans += _by_an_unknown_clock(connection, self._db.charge_point)
            self._delete(connection, meter, begin_s, stop_s, needed)
        return stop_s < end_s

    def _delete(
        self, connection: Connection, meter: str, begin_s: int, stop_s: int, needed: "_Needed"
    ) -> None:
        one = readings.c
        of = (one.charge_point == self._db.charge_point, one.meter == meter)
        query = select(one.time, one.serial).where(
            *of, one.time >= moment(begin_s), one.time < moment(stop_s)
        )
        found = connection.execute(query.order_by(one.time)).all()
        keep = needed.of([row.time for row in found], [row.serial for row in found])
        gone = [
            {"of_point": self._db.charge_point, "of_meter": meter, "at": row.time}
            for row, kept in zip(found, keep, strict=True)
            if not kept
        ]
        if gone:
            connection.execute(_DELETE, gone)
        table = reading_horizons
        connection.execute(
            delete(table).where(
                table.c.charge_point == self._db.charge_point, table.c.meter == meter
            )
        )
        row = {"charge_point": self._db.charge_point, "meter": meter, "kept_from": moment(stop_s)}
        connection.execute(table.insert().values(row))


class _Needed:
    """What sessions need of the readings of a time: those about `edges`, and all in `spans`."""

    def __init__(self, sessions: Sequence[SessionRecord]) -> None:
        self.edges: list[datetime] = []
        self.spans: list[tuple[datetime, datetime]] = []
        for session in sessions:
            for one in (session, session.original):
                if one is not None:
                    self._add(one)

    def _add(self, session: SessionRecord) -> None:
        until = session.settled_at or session.ended_at
        self.edges += [session.started_at, *([until] if until else [])]
        self.edges += [at for part in session.slices for at in (part.since, part.until)]
        if until is None or _may_change(session):
            self.spans.append((session.started_at, until or _END))

    def of(self, times: Sequence[datetime], serials: Sequence[str | None]) -> list[bool]:
        """Return which of the readings are needed; `times` are in their order."""
        last = len(times) - 1
        keep = [
            # The first may be the one after an edge of the day before.
            index in (0, last)
            or quarter_of(at) != quarter_of(times[index + 1])
            or serials[index] != serials[index + 1]
            or serials[index] != serials[index - 1]
            for index, at in enumerate(times)
        ]
        for edge in self.edges:
            after = bisect_right(times, edge)
            for index in (after - 1, after):
                if 0 <= index <= last:
                    keep[index] = True
        for since, until in self.spans:
            first, end = bisect_left(times, since), bisect_right(times, until)
            keep[first:end] = [True] * (end - first)
        return keep


def _may_change(session: SessionRecord) -> bool:
    """Return whether a session may be billed anew by its readings."""
    return (
        session.price_unknown
        or session.original is not None
        or bool(session.corrections)
        or session.clock is not None
        or session.clock_uncertain
        or session.meter_start_quality == "late"
    )


def _by_an_unknown_clock(
    connection: Connection, charge_point: str
) -> Iterator[tuple[datetime, datetime]]:
    """Yield the times of sessions as the clock showed them, by which their readings are kept."""
    begun, ended = session_started.c, session_ended.c
    query = (
        select(
            func.coalesce(begun.started_at, ended.started_at),
            func.coalesce(ended.ended_at, begun.closed_at),
        )
        .outerjoin_from(session_started, session_ended, begun.session_id == ended.session_id)
        .where(
            begun.charge_point == charge_point,
            or_(begun.boot_id.is_not(None), ended.boot_id.is_not(None)),
        )
    )
    for since, until in connection.execute(query):
        yield since, until or _END
