"""Drivers, vehicles and cost centres: what sessions are for, apart from the cards that begin them.

A name is the key of each; a token refers to it.  A session keeps the name that it was for: what is
renamed is known by its former names as well.
"""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, delete, insert, select, update

from oppleo_flow.charging.tokens import Account, AccountKind, Token, Vehicle
from oppleo_flow.errors import Refused
from oppleo_flow.store.account_query import accounts_of
from oppleo_flow.store.database import Database, insert_new
from oppleo_flow.store.tables import cost_centres, drivers, former_names, tokens, vehicles
from oppleo_flow.store.tables.users import users

_TABLES: Mapping[AccountKind, Table] = {
    "driver": drivers,
    "vehicle": vehicles,
    "cost-centre": cost_centres,
}
_OF_VEHICLE = [column for column in vehicles.c if column.name != "charge_point"]


class AccountRows:
    """The drivers, vehicles and cost centres that a charge point knows."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def names(self, kind: AccountKind) -> list[str]:
        """Return the names of a kind, sorted; those too that are retired."""
        table = _TABLES[kind].c
        query = select(table.name).where(self._here(_TABLES[kind]))
        with self._db.read() as connection:
            return sorted(connection.scalars(query))

    def vehicles(self) -> list[Vehicle]:
        """Return the vehicles, by name."""
        query = select(*_OF_VEHICLE).where(self._here(vehicles)).order_by(vehicles.c.name)
        with self._db.read() as connection:
            return [Vehicle(**row._mapping) for row in connection.execute(query)]

    def all(self, kind: AccountKind) -> list[Account]:
        """Return all of a kind by name, with what is known of each."""
        known = self.vehicles() if kind == "vehicle" else ()
        with self._db.read() as connection:
            return accounts_of(connection, self._db.charge_point, _TABLES[kind], kind, known)

    def called(self, kind: AccountKind, name: str) -> frozenset[str]:
        """Return a name, and those that whoever has it had before: past sessions say them still."""
        table = former_names.c
        query = select(table.former).where(
            self._here(former_names), table.kind == kind, table.name == name
        )
        with self._db.read() as connection:
            return frozenset({name, *connection.scalars(query)})

    def add(
        self,
        kind: AccountKind,
        name: str,
        *,
        plate: str | None = None,
        vehicle: Vehicle | None = None,
    ) -> None:
        """Add one; `plate`, or all of the `vehicle`, is for a vehicle.

        Raises:
            Refused: It has no name, or there is or was one of this name already.
        """
        _needs_name(kind, name)
        values: dict[str, Any] = {"charge_point": self._db.charge_point, "name": name}
        if kind == "vehicle":
            values |= asdict(vehicle or Vehicle(name, plate))
        with self._db.write() as connection:
            self._refuse_former(connection, kind, name)
            added = connection.execute(insert_new(connection, _TABLES[kind]).values(values))
            if not added.rowcount:
                raise Refused(f"{kind} {name!r}: is known already")

    def change(self, vehicle: Vehicle) -> None:
        """Write all of a known vehicle.

        Raises:
            Refused: There is none of this name.
        """
        known = self._here(vehicles), vehicles.c.name == vehicle.name
        with self._db.write() as connection:
            query = update(vehicles).where(*known).values(asdict(vehicle))
            if not connection.execute(query).rowcount:
                raise Refused(f"vehicle {vehicle.name!r}: is not known")

    def email(self, kind: AccountKind, name: str) -> str | None:
        """Return where somebody gets their own statements; None: nowhere.

        Raises:
            Refused: There is none of this name, or it is a vehicle.
        """
        table = self._with_email(kind)
        with self._db.read() as connection:
            self._refuse_unknown(connection, kind, name)
            address: str | None = connection.scalar(
                select(table.c.email).where(*self._named(table, name))
            )
        return address

    def set_email(self, kind: AccountKind, name: str, address: str | None) -> None:
        """Let somebody get their own statements at an address; None: nowhere.

        Raises:
            Refused: There is none of this name, or it is a vehicle.
        """
        table = self._with_email(kind)
        with self._db.write() as connection:
            self._refuse_unknown(connection, kind, name)
            query = update(table).where(*self._named(table, name))
            connection.execute(query.values(email=address))

    def rename(self, kind: AccountKind, name: str, to: str) -> None:
        """Give one another name; its cards and users are for that now, past sessions keep the old.

        Raises:
            Refused: There is none of this name, or one that is or was called so already.
        """
        _needs_name(kind, to)
        table, of_token = _TABLES[kind], tokens.c[kind.replace("-", "_")]
        with self._db.write() as connection:
            self._refuse_unknown(connection, kind, name)
            if name == to:
                return
            if connection.execute(select(table.c.name).where(*self._named(table, to))).first():
                raise Refused(f"{kind} {to!r}: is known already")
            self._refuse_former(connection, kind, to, but=name)
            connection.execute(update(table).where(*self._named(table, name)).values(name=to))
            mine = self._here(tokens), of_token == name
            connection.execute(update(tokens).where(*mine).values({of_token: to}))
            if kind == "driver":
                theirs = self._here(users), users.c.driver == name
                connection.execute(update(users).where(*theirs).values(driver=to))
            self._keep_former(connection, kind, name, to)

    def retire(self, kind: AccountKind, name: str, now: datetime | None) -> None:
        """Let one have no new sessions from `now` on; None: let it have some again.

        Raises:
            Refused: There is none of this name, or a token is for it that is not retired.
        """
        table = _TABLES[kind]
        with self._db.write() as connection:
            self._refuse_unknown(connection, kind, name)
            if now is not None:
                self._refuse_used(connection, kind, name, tokens.c.retired_at.is_(None))
            query = update(table).where(*self._named(table, name))
            connection.execute(query.values(retired_at=now))

    def remove(self, kind: AccountKind, name: str) -> None:
        """Remove one that no token is for; past sessions keep its name.

        Raises:
            Refused: There is none of this name, or a token is for it.
        """
        table = _TABLES[kind]
        with self._db.write() as connection:
            self._refuse_used(connection, kind, name)
            gone = connection.execute(delete(table).where(*self._named(table, name)))
            if not gone.rowcount:
                raise Refused(f"{kind} {name!r}: is not known")
            former = self._here(former_names), former_names.c.kind == kind
            connection.execute(delete(former_names).where(*former, former_names.c.name == name))

    # -- what stands in the way ----------------------------------------------------------------

    def _with_email(self, kind: AccountKind) -> Table:
        table = _TABLES[kind]
        if "email" not in table.c:
            raise Refused(f"{kind}: has no e-mail address; a driver or a cost centre may have one")
        return table

    def _refuse_unknown(self, connection: Connection, kind: AccountKind, name: str) -> None:
        table = _TABLES[kind]
        query = select(table.c.name).where(*self._named(table, name))
        if connection.execute(query).first() is None:
            raise Refused(f"{kind} {name!r}: is not known")

    def _refuse_used(
        self, connection: Connection, kind: AccountKind, name: str, *only: ColumnElement[bool]
    ) -> None:
        of_token = tokens.c[kind.replace("-", "_")]
        used = select(tokens.c.label).where(self._here(tokens), of_token == name, *only)
        label = connection.scalar(used)
        if label is not None:
            raise Refused(f"{kind} {name!r}: the card {label!r} is for it; change that first")

    def _refuse_former(
        self, connection: Connection, kind: AccountKind, name: str, *, but: str | None = None
    ) -> None:
        """Refuse a name that another had: nobody could tell whose past sessions are."""
        table = former_names.c
        query = select(table.name).where(
            self._here(former_names), table.kind == kind, table.former == name
        )
        now = connection.scalar(query)
        if now not in (None, but):
            raise Refused(f"{kind} {name!r}: was the name of {now!r}; choose another")

    def _keep_former(self, connection: Connection, kind: AccountKind, name: str, to: str) -> None:
        """Keep that `to` was called `name`, and all that `name` was called before that."""
        table = former_names.c
        of_kind = self._here(former_names), table.kind == kind
        connection.execute(delete(former_names).where(*of_kind, table.former == to))
        connection.execute(update(former_names).where(*of_kind, table.name == name).values(name=to))
        values = {"charge_point": self._db.charge_point, "kind": kind, "former": name, "name": to}
        connection.execute(insert(former_names).values(values))

    def _here(self, table: Table) -> ColumnElement[bool]:
        here: ColumnElement[bool] = table.c.charge_point == self._db.charge_point
        return here

    def _named(self, table: Table, name: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
        return self._here(table), table.c.name == name


def _needs_name(kind: AccountKind, name: str) -> None:
    if not name.strip():
        raise Refused(f"{kind}: a name is needed, got {name!r}")


def check_accounts(connection: Connection, charge_point: str, token: Token) -> None:
    """Refuse a token for somebody or something that nobody knows, or that has since retired.

    Raises:
        Refused: There is no such driver, vehicle or cost centre.
    """
    wanted: Mapping[AccountKind, str | None] = {
        "driver": token.driver,
        "vehicle": token.vehicle,
        "cost-centre": token.cost_centre,
    }
    for kind, name in wanted.items():
        if name is None:
            continue
        table = _TABLES[kind].c
        query = select(table.retired_at).where(
            table.charge_point == charge_point, table.name == name
        )
        found = connection.execute(query).first()
        if found is None:
            raise Refused(
                f"{kind} {name!r}: is not known; add it with `oppleo-flow accounts add {kind}`"
            )
        if found.retired_at is not None and token.retired_at is None:
            raise Refused(f"{kind} {name!r}: is retired; restore it first")
