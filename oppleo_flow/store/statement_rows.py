"""The issued statements of the ledger, and the files that are kept of each."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from itertools import count
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Row, func, select

from oppleo_flow.charging.issued import Change, Issued, IssuedFile
from oppleo_flow.charging.period import Period
from oppleo_flow.charging.selection import NamesNow, Selection
from oppleo_flow.store.database import Database, insert_new
from oppleo_flow.store.names_query import accounts_now, names_now
from oppleo_flow.store.tables.statements import statement_files, statements


class IssuedPage(NamedTuple):
    """Some of the versions that were issued, and how many there are.

    `newest` is the last version of each of the statements that they are of.
    """

    issued: tuple[Issued, ...]
    newest: Mapping[str, int]
    total: int


class StatementRows:
    """The statements that a charge point has issued."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def all(self, number: str | None = None) -> list[Issued]:
        """Return every version of every statement, or of one, in the order of their issue."""
        query = (
            select(statements)
            .where(statements.c.charge_point == self._db.charge_point)
            .order_by(statements.c.created_at, statements.c.number, statements.c.version)
        )
        if number is not None:
            query = query.where(statements.c.number == number)
        with self._db.read() as connection:
            return [_issued(row) for row in connection.execute(query)]

    def page(
        self, drivers: Collection[str] | None, *, descending: bool, offset: int, limit: int
    ) -> IssuedPage:
        """Return some of the versions in the order of their issue: of all, or of some drivers."""
        table = statements.c
        of = [table.charge_point == self._db.charge_point]
        order = [table.created_at, table.number, table.version]
        with self._db.read() as connection:
            if drivers is not None:
                known = connection.scalars(select(table.selection).where(*of).distinct())
                theirs = [key for key in known if Selection.parse(key).driver in drivers]
                of.append(table.selection.in_(theirs))
            total = connection.scalar(select(func.count()).select_from(statements).where(*of)) or 0
            query = select(statements).where(*of)
            query = query.order_by(*(one.desc() if descending else one for one in order))
            rows = connection.execute(query.limit(limit).offset(offset))
            issued = [_issued(row) for row in rows]
            last = select(table.number, func.max(table.version)).group_by(table.number)
            here = table.number.in_({one.number for one in issued})
            newest = {row[0]: row[1] for row in connection.execute(last.where(*of, here))}
        return IssuedPage(tuple(issued), newest, total)

    def account_names(self) -> NamesNow:
        """Return how drivers, vehicles and cost centres are called now; cards as they were."""
        with self._db.read() as connection:
            return accounts_now(connection, self._db.charge_point)

    def names(self) -> NamesNow:
        """Return how everybody is called now whom statements may be of."""
        with self._db.read() as connection:
            return names_now(connection, self._db.charge_point)

    def latest(self, period: Period, selection: Selection, profile: str) -> Issued | None:
        """Return the last version of the statement of a period; None if there is none.

        Whoever it is of may have had another name when it was issued.
        """
        with self._db.read() as connection:
            found = list(self._versions(connection, period, selection, profile))
        return max(found, key=lambda one: one.version, default=None)

    def add_first(self, draft: Issued) -> Issued | None:
        """Add the first version of a statement; return it with a number that no other one has.

        None if there is one of the same period, selection and profile by now.
        """
        here = select(statements.c.number).where(statements.c.charge_point == self._db.charge_point)
        with self._db.write() as connection:
            same = self._versions(connection, draft.period, draft.selection, draft.profile)
            if next(same, None) is not None:
                return None
            taken = set(connection.scalars(here))
            names = (f"{draft.number}-{n}" if n > 1 else draft.number for n in count(1))
            issued = replace(draft, number=next(name for name in names if name not in taken))
            return issued if self._add(connection, issued) else None

    def _versions(
        self, connection: Connection, period: Period, selection: Selection, profile: str
    ) -> Iterator[Issued]:
        """Yield all versions of one statement."""
        table = statements.c
        query = select(statements).where(
            table.charge_point == self._db.charge_point,
            table.period == str(period),
            table.profile == profile,
        )
        rows = connection.execute(query).all()
        if not rows:
            return
        names = names_now(connection, self._db.charge_point)
        yield from (_issued(row) for row in rows if _is_of(row, selection, names))

    def add_version(self, issued: Issued) -> Issued | None:
        """Add a later version of a statement, and return it; None if it is there by now."""
        with self._db.write() as connection:
            return issued if self._add(connection, issued) else None

    def _add(self, connection: Connection, issued: Issued) -> bool:
        cards: Sequence[UUID] = ()
        if issued.selection.card is not None:
            names = names_now(connection, self._db.charge_point)
            cards = sorted(names.cards(issued.selection.card))
        row = {
            **_row(issued),
            "charge_point": self._db.charge_point,
            "cards": json.dumps([one.hex for one in cards]) if cards else None,
        }
        return bool(connection.execute(insert_new(connection, statements).values(row)).rowcount)

    def add_file(self, file: IssuedFile) -> None:
        """Add a file of a version; one that is known already stays as it is."""
        row = {**asdict(file), "charge_point": self._db.charge_point}
        with self._db.write() as connection:
            connection.execute(insert_new(connection, statement_files).values(row))

    def files(self, issued: Issued) -> list[IssuedFile]:
        """Return the files of a version, by name."""
        table = statement_files.c
        query = (
            select(table.number, table.version, table.name, table.sha256)
            .where(
                table.charge_point == self._db.charge_point,
                table.number == issued.number,
                table.version == issued.version,
            )
            .order_by(table.name)
        )
        with self._db.read() as connection:
            return [IssuedFile(*row) for row in connection.execute(query)]


def _is_of(row: Row[Any], selection: Selection, names: NamesNow) -> bool:
    """Return whether a version is of those whom a selection means, as they are called now.

    A card is known by its id: another may have its old label by now.
    """
    of, wanted = names.selection(Selection.parse(row.selection)), names.selection(selection)
    if row.cards is not None and wanted.card is not None:
        were = {UUID(hex=one) for one in json.loads(row.cards)}
        if now := names.cards(wanted.card):
            return replace(of, card=None) == replace(wanted, card=None) and bool(were & now)
    return of == wanted


def _row(issued: Issued) -> dict[str, Any]:
    change = issued.change
    return {
        **{name: getattr(issued, name) for name in _PLAIN},
        "period": str(issued.period),
        "selection": issued.selection.key,
        "change": None if change is None else json.dumps(asdict(change)),
    }


_PLAIN = (
    *("number", "version", "profile", "content_hash", "ledger_hash", "sessions", "energy_wh"),
    *("total", "currency", "created_at", "who", "replaces"),
)


def _issued(row: Row[Any]) -> Issued:
    values = row._mapping
    return Issued(
        **{name: values[name] for name in _PLAIN},
        period=Period.parse(values["period"]),
        selection=Selection.parse(values["selection"]),
        change=None if values["change"] is None else _change(json.loads(values["change"])),
    )


def _change(data: Mapping[str, Any]) -> Change:
    return Change(data["sessions"], tuple(data["facts"]))
