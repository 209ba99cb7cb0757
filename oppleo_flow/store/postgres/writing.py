"""Write rows of a site's ledger into PostgreSQL, as they were, whatever they are.

Rows that the database refuses are set aside, so that they hold up nothing that follows.
"""

import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

import psycopg2
from psycopg2.extensions import connection as PostgresConnection  # noqa: N812  (it is a class)
from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Date,
    Double,
    Integer,
    Table,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError
from sqlalchemy.types import TypeEngine

from oppleo_flow.immutable import immutable
from oppleo_flow.store.column_types import ExactDecimal, UtcDateTime
from oppleo_flow.store.outbox.outbox import Batch, Change
from oppleo_flow.store.postgres.tables import set_aside
from oppleo_flow.store.tables import METADATA, readings

_ARRIVING = "arriving_readings"
_READING_COLUMNS = ", ".join(f'"{name}"' for name in readings.c.keys())  # noqa: SIM118
_MOST_AT_ONCE = 500
_REFUSED = (DataError, IntegrityError)


@immutable
class _Put:
    """Rows of one table, all to be there or all to be gone."""

    table: Table
    gone: bool
    rows: list[dict[str, Any]]
    changes: list[Change]


def write(connection: Connection, batch: Batch, charge_point: str, now: datetime) -> int:
    """Write a batch within a transaction; return how many of its rows were set aside.

    Raises:
        DBAPIError: The database failed; nothing of the batch counts then.
    """
    unreadable: list[tuple[Change, str]] = []
    for put in _puts(batch.changes, unreadable):
        if not _tried(connection, partial(_write_put, connection, put)):
            for change, row in zip(put.changes, put.rows, strict=True):
                one = _Put(put.table, put.gone, [row], [change])
                reason = _one_by_one(connection, one, charge_point, now)
                if reason is not None:
                    unreadable.append((change, reason))
    for change, reason in unreadable:
        _set_aside(connection, charge_point, change.table, reason, change.row, now)
    aside = _copy_readings(connection, batch.readings, charge_point, now)
    return len(unreadable) + aside


def _puts(changes: Sequence[Change], unreadable: list[tuple[Change, str]]) -> Iterator[_Put]:
    """Yield changes in their order, those together that one statement can make."""
    put: _Put | None = None
    keys: set[tuple[Any, ...]] = set()
    for change in changes:
        table = METADATA.tables[change.table]
        try:
            row = {name: _value(table.c[name], value) for name, value in change.row.items()}
        except ValueError as error:
            unreadable.append((change, str(error)))
            continue
        key = tuple(row[one.name] for one in table.primary_key)
        fits = put is not None and (put.table, put.gone) == (table, change.gone)
        if put is None or not fits or key in keys or len(put.rows) == _MOST_AT_ONCE:
            if put is not None:
                yield put
            put, keys = _Put(table, change.gone, [], []), set()
        put.rows.append(row)
        put.changes.append(change)
        keys.add(key)
    if put is not None:
        yield put


def _value(column: Column[Any], value: Any) -> Any:
    """Return a value that SQLite had for a column as PostgreSQL takes it.

    Raises:
        ValueError: It is of another kind: SQLite keeps whatever it is given.
    """
    if value is None:
        return None
    found = (how for kind, how in _READ.items() if isinstance(column.type, kind))
    read, needed = next(found, (_words, "text"))
    try:
        return read(value)
    except (ValueError, TypeError, ArithmeticError):
        raise ValueError(f"{column.name}: {needed} is needed, got {value!r}") from None


def _moment(value: Any) -> datetime:
    return datetime.fromisoformat(value).replace(tzinfo=UTC)


def _whether(value: Any) -> bool:
    if value not in (0, 1):
        raise ValueError
    return bool(value)


def _words(value: Any) -> str:
    if not isinstance(value, str) or "\x00" in value:
        raise ValueError
    return value


_READ: Mapping[type[TypeEngine[Any]], tuple[Callable[[Any], Any], str]] = {
    UtcDateTime: (_moment, "a time such as 2026-01-15 12:00:00.000000"),
    ExactDecimal: (Decimal, "a decimal number"),
    Uuid: (UUID, "a UUID"),
    Date: (date.fromisoformat, "a day such as 2026-01-15"),
    Boolean: (_whether, "0 or 1"),
    Double: (float, "a number"),
    Integer: (int, "a whole number"),
}
"""How the value of a kind of column is read, and what it has to be."""


def _tried(connection: Connection, write_it: Callable[[], object]) -> bool:
    """Return whether the database takes it; where it does not, nothing of it is written."""
    try:
        with connection.begin_nested():
            write_it()
    except _REFUSED:
        return False
    return True


def _one_by_one(connection: Connection, put: _Put, charge_point: str, now: datetime) -> str | None:
    """Write one row, in the place of those that are in its way; return why it cannot be."""
    try:
        with connection.begin_nested():
            _write_put(connection, put)
    except IntegrityError:
        _clear_the_way(connection, put, charge_point, now)
        return _reason(connection, put)
    except _REFUSED as error:
        return _said(error)
    return None


def _reason(connection: Connection, put: _Put) -> str | None:
    try:
        with connection.begin_nested():
            _write_put(connection, put)
    except _REFUSED as error:
        return _said(error)
    return None


def _said(error: DBAPIError) -> str:
    return str(error.orig).partition("\n")[0]


def _write_put(connection: Connection, put: _Put) -> None:
    keys = [one.name for one in put.table.primary_key]
    if put.gone:
        for row in put.rows:
            wanted = [put.table.c[name] == row[name] for name in keys]
            connection.execute(put.table.delete().where(*wanted))
        return
    insert = postgresql.insert(put.table)
    others = {name: insert.excluded[name] for name in put.rows[0] if name not in keys}
    if others:
        statement = insert.on_conflict_do_update(index_elements=keys, set_=others)
    else:
        statement = insert.on_conflict_do_nothing(index_elements=keys)
    connection.execute(statement, put.rows)


def _clear_the_way(connection: Connection, put: _Put, charge_point: str, now: datetime) -> None:
    """Set rows aside that have what only one may have and are not of the site's ledger any more."""
    (row,) = put.rows
    table = put.table
    for names, only in _unique_in(table):
        if any(row.get(name) is None for name in names):
            continue  # what is empty is in nobody's way
        wanted = [table.c[name] == row[name] for name in names]
        others = [table.c[one.name] != row[one.name] for one in table.primary_key]
        query = table.select().where(*wanted, *others, *([text(only)] if only else []))
        for found in connection.execute(query).mappings().all():
            kept = dict(found)
            _set_aside(connection, charge_point, table.name, "is not of the site now", kept, now)
            own = [table.c[one.name] == found[one.name] for one in table.primary_key]
            connection.execute(table.delete().where(*own))


def _unique_in(table: Table) -> Iterator[tuple[list[str], str]]:
    """Yield the columns that together are unique in a table, and of which rows alone."""
    for constraint in table.constraints:
        if isinstance(constraint, UniqueConstraint):
            yield [one.name for one in constraint.columns], ""
    for index in table.indexes:
        if index.unique:
            where = index.dialect_options["sqlite"]["where"]
            yield [one.name for one in index.columns], "" if where is None else str(where)


def _set_aside(
    connection: Connection,
    charge_point: str,
    table: str,
    reason: str,
    row: Mapping[str, Any],
    now: datetime,
) -> None:
    values = {"charge_point": charge_point, "table_name": table, "set_aside_at": now}
    kept = json.dumps(dict(row), default=str)
    reason = reason.replace("\x00", "")
    connection.execute(set_aside.insert().values({**values, "reason": reason, "row": kept}))


# -- readings -------------------------------------------------------------------------------------


def _copy_readings(
    connection: Connection, rows: Sequence[tuple[Any, ...]], charge_point: str, now: datetime
) -> int:
    """Write readings, many at once; return how many were set aside."""
    if not rows:
        return 0
    if _tried(connection, partial(_copy, connection, rows)):
        return 0
    if len(rows) > 1:
        middle = len(rows) // 2
        halves = (rows[:middle], rows[middle:])
        return sum(_copy_readings(connection, half, charge_point, now) for half in halves)
    (row,) = rows
    named = dict(zip(readings.c.keys(), row, strict=True))
    _set_aside(connection, charge_point, readings.name, "has a value of another kind", named, now)
    return 1


def _copy(connection: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
    """Copy readings into a table of this connection's own, and from there to the others."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, PostgresConnection)
    connection.exec_driver_sql(
        f"CREATE TEMPORARY TABLE IF NOT EXISTS {_ARRIVING} (LIKE {readings.name}) "
        "ON COMMIT DELETE ROWS"
    )
    connection.exec_driver_sql(f"DELETE FROM {_ARRIVING}")
    with driver.cursor() as cursor:
        lines = io.StringIO("".join(map(_line, rows)))
        try:
            cursor.copy_expert(f"COPY {_ARRIVING} ({_READING_COLUMNS}) FROM STDIN", lines)
        except psycopg2.Error as error:
            raise DBAPIError.instance(None, None, error, psycopg2.Error) from error
    others = ", ".join(
        f'"{one.name}" = excluded."{one.name}"' for one in readings.c if not one.primary_key
    )
    connection.exec_driver_sql(
        f"INSERT INTO {readings.name} ({_READING_COLUMNS}) SELECT {_READING_COLUMNS} "
        f"FROM {_ARRIVING} ON CONFLICT (charge_point, meter, time) DO UPDATE SET {others}"
    )


def _line(row: tuple[Any, ...]) -> str:
    """Return a row as COPY reads it; times are of UTC, as the connection's are."""
    line = "\t".join(map(str, row))
    plain = "\\" not in line and "\n" not in line and "\r" not in line
    if plain and None not in row and line.count("\t") == len(row) - 1:
        return f"{line}\n"  # nearly always: to look at each value takes longer
    return "\t".join(["\\N" if value is None else _escaped(value) for value in row]) + "\n"


def _escaped(value: object) -> str:
    said = f"{value}"
    if "\\" in said or "\t" in said or "\n" in said or "\r" in said:
        said = said.replace("\\", "\\\\").replace("\t", "\\t")
        said = said.replace("\n", "\\n").replace("\r", "\\r")
    return said
