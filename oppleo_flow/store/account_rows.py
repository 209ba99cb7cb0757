"""Drivers, vehicles and cost centres: what sessions are for, apart from the cards that begin them.

A name is the key of each; a token refers to it.
"""

from collections.abc import Mapping

from sqlalchemy import Connection, Table, delete, select

from oppleo_flow.charging.tokens import AccountKind, Token, Vehicle
from oppleo_flow.errors import Refused
from oppleo_flow.store.database import Database, insert_new
from oppleo_flow.store.tables import cost_centres, drivers, tokens, vehicles

_TABLES: Mapping[AccountKind, Table] = {
    "driver": drivers,
    "vehicle": vehicles,
    "cost-centre": cost_centres,
}


class AccountRows:
    """The drivers, vehicles and cost centres that a charge point knows."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def names(self, kind: AccountKind) -> list[str]:
        """Return the names of a kind, sorted."""
        table = _TABLES[kind].c
        query = select(table.name).where(table.charge_point == self._db.charge_point)
        with self._db.read() as connection:
            return sorted(connection.scalars(query))

    def vehicles(self) -> list[Vehicle]:
        """Return the vehicles, by name."""
        table = vehicles.c
        query = select(table.name, table.plate).where(table.charge_point == self._db.charge_point)
        with self._db.read() as connection:
            found = connection.execute(query.order_by(table.name)).all()
        return [Vehicle(row.name, row.plate) for row in found]

    def add(self, kind: AccountKind, name: str, *, plate: str | None = None) -> None:
        """Add one; `plate` is for a vehicle.

        Raises:
            Refused: It has no name, or there is one of this name already.
        """
        if not name.strip():
            raise Refused(f"{kind}: a name is needed, got {name!r}")
        values: dict[str, str | None] = {"charge_point": self._db.charge_point, "name": name}
        if kind == "vehicle":
            values["plate"] = plate
        with self._db.write() as connection:
            added = connection.execute(insert_new(connection, _TABLES[kind]).values(values))
            if not added.rowcount:
                raise Refused(f"{kind} {name!r}: is known already")

    def remove(self, kind: AccountKind, name: str) -> None:
        """Remove one that no token is for; past sessions keep its name.

        Raises:
            Refused: There is none of this name, or a token is for it.
        """
        table = _TABLES[kind]
        here = table.c.charge_point == self._db.charge_point
        of_token = tokens.c[kind.replace("-", "_")] == name
        used = select(tokens.c.label).where(
            tokens.c.charge_point == self._db.charge_point, of_token
        )
        with self._db.write() as connection:
            label = connection.scalar(used)
            if label is not None:
                raise Refused(f"{kind} {name!r}: the card {label!r} is for it; change that first")
            gone = connection.execute(delete(table).where(here, table.c.name == name))
            if not gone.rowcount:
                raise Refused(f"{kind} {name!r}: is not known")


def check_accounts(connection: Connection, charge_point: str, token: Token) -> None:
    """Refuse a token for somebody or something that nobody knows.

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
        query = select(table.name).where(table.charge_point == charge_point, table.name == name)
        if connection.execute(query).first() is None:
            raise Refused(
                f"{kind} {name!r}: is not known; add it with `oppleo-flow accounts add {kind}`"
            )
