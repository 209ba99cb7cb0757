"""The meters of the ledger, and their exchanges."""

from collections.abc import Sequence
from dataclasses import asdict, fields, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, select, update

from oppleo_flow.charging.meters import MeterFacts, MeterSegment
from oppleo_flow.errors import Refused
from oppleo_flow.store.database import Database
from oppleo_flow.store.tables.meters import meters

_FACTS: Sequence[str] = [one.name for one in fields(MeterFacts)]


class MeterRows:
    """The meters that were and are in a charge point's places."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def all(self) -> list[MeterSegment]:
        """Return every meter, by the name of its place, then the oldest first."""
        return self._found(meters.c.charge_point == self._db.charge_point)

    def of(self, name: str) -> list[MeterSegment]:
        """Return the meters that were in a place and the one that is, the oldest first."""
        return self._found(self._place(name))

    def at(self, name: str, moment: datetime) -> MeterSegment | None:
        """Return the meter that was in a place at a moment; None when nobody told of it."""
        there = [
            one
            for one in self.of(name)
            if one.since <= moment and (one.until is None or moment < one.until)
        ]
        return there[0] if there else None

    def add(self, segment: MeterSegment) -> None:
        """Add the first meter of a place.

        Raises:
            Refused: There is one already.
        """
        with self._db.write() as connection:
            if self._present(connection, segment.name) is not None:
                raise Refused(
                    f"meter {segment.name!r}: is known already; change it, or exchange it for "
                    "another"
                )
            self._insert(connection, segment)

    def change(self, name: str, facts: MeterFacts) -> None:
        """Write what is known of the meter that is in a place now.

        Raises:
            Refused: There is none.
        """
        with self._db.write() as connection:
            segment = self._known(connection, name)
            row = (self._place(name), meters.c.since == segment.since)
            connection.execute(update(meters).where(*row).values(asdict(facts)))

    def exchange(self, last_wh: int | None, new: MeterSegment) -> MeterSegment:
        """Close the meter of a place with its last register, and open another; return the old one.

        Raises:
            Refused: There is none, it was put there later, or it is the same one.
        """
        with self._db.write() as connection:
            old = self._known(connection, new.name)
            if new.since <= old.since:
                raise Refused(
                    f"meter {new.name!r}: is there since {old.since.isoformat()}, got an exchange "
                    f"at {new.since.isoformat()}"
                )
            if new.facts.serial is not None and new.facts.serial == old.facts.serial:
                raise Refused(
                    f"meter {new.name!r}: serial: is {old.facts.serial!r} already, so it is the "
                    "same one"
                )
            row = (self._place(new.name), meters.c.since == old.since)
            closed = {"until": new.since, "last_wh": last_wh}
            connection.execute(update(meters).where(*row).values(closed))
            self._insert(connection, new)
        return replace(old, until=new.since, last_wh=last_wh)

    def _insert(self, connection: Connection, segment: MeterSegment) -> None:
        row = {
            "charge_point": self._db.charge_point,
            "meter": segment.name,
            "since": segment.since,
            "first_wh": segment.first_wh,
            **asdict(segment.facts),
        }
        connection.execute(meters.insert().values(row))

    def _known(self, connection: Connection, name: str) -> MeterSegment:
        segment = self._present(connection, name)
        if segment is None:
            raise Refused(f"meter {name!r}: is not known; add it with `oppleo-flow meters add`")
        return segment

    def _present(self, connection: Connection, name: str) -> MeterSegment | None:
        query = select(meters).where(self._place(name), meters.c.until.is_(None))
        row = connection.execute(query).first()
        return None if row is None else _segment(row)

    def _found(self, which: ColumnElement[bool]) -> list[MeterSegment]:
        query = select(meters).where(which).order_by(meters.c.meter, meters.c.since)
        with self._db.read() as connection:
            return [_segment(row) for row in connection.execute(query)]

    def _place(self, name: str) -> ColumnElement[bool]:
        return (meters.c.charge_point == self._db.charge_point) & (meters.c.meter == name)


def _segment(row: Row[Any]) -> MeterSegment:
    facts = MeterFacts(**{name: getattr(row, name) for name in _FACTS})
    return MeterSegment(row.meter, row.since, facts, row.first_wh, row.until, row.last_wh)
