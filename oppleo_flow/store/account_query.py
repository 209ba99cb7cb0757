"""What is known of each driver, vehicle and cost centre besides its name."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Table, func, null, select

from oppleo_flow.charging.tokens import Account, AccountKind, Vehicle
from oppleo_flow.store.tables import former_names, session_odometer, session_started, tokens


def accounts_of(
    connection: Connection,
    charge_point: str,
    table: Table,
    kind: AccountKind,
    known: Sequence[Vehicle],
) -> list[Account]:
    """Return all of a kind by name; `known` are the vehicles, where they are asked for."""
    column = kind.replace("-", "_")
    here = former_names.c.charge_point == charge_point, former_names.c.kind == kind
    names = {
        row.former: row.name
        for row in connection.execute(
            select(former_names.c.former, former_names.c.name).where(*here)
        )
    }
    begun = session_started.c
    in_tokens = _counts(connection, tokens.c[column], tokens.c.charge_point == charge_point)
    in_sessions = _counts(connection, begun[column], begun.charge_point == charge_point)
    driven = _odometers(connection, charge_point, names) if kind == "vehicle" else {}
    vehicles = {one.name: one for one in known}
    email = table.c.email if "email" in table.c else null()
    rows = connection.execute(
        select(table.c.name, table.c.retired_at, email)
        .where(table.c.charge_point == charge_point)
        .order_by(table.c.name)
    )
    made = []
    for name, retired_at, address in rows:
        former = tuple(sorted(old for old, now in names.items() if now == name))
        made.append(
            Account(
                kind,
                name,
                retired_at,
                former,
                tokens=in_tokens.get(name, 0),
                sessions=sum(in_sessions.get(one, 0) for one in (name, *former)),
                vehicle=vehicles.get(name),
                odometer_km=driven.get(name, (None, None))[0],
                odometer_at=driven.get(name, (None, None))[1],
                email=address,
            )
        )
    return made


def _counts(
    connection: Connection, column: Column[Any], here: ColumnElement[bool]
) -> Mapping[str, int]:
    """Return how many rows have each name."""
    query = select(column, func.count()).where(here, column.is_not(None)).group_by(column)
    return {row[0]: row[1] for row in connection.execute(query)}


def _odometers(
    connection: Connection, charge_point: str, names: Mapping[str, str]
) -> Mapping[str, tuple[int, Any]]:
    """Return the last odometer of each vehicle, by the name that it has now."""
    driven = session_odometer.c
    query = (
        select(driven.vehicle, driven.odometer_km, driven.measured_at)
        .where(driven.charge_point == charge_point)
        .order_by(driven.measured_at)
    )
    return {
        names.get(row.vehicle, row.vehicle): (row.odometer_km, row.measured_at)
        for row in connection.execute(query)
    }
