"""Whether the values in a ledger's file are of the kind that its tables say.

SQLite keeps whatever somebody enters by hand, such as a text in a column of numbers.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, Final

from sqlalchemy import BigInteger, Boolean, Column, Date, Double, Integer, Table, Uuid

from oppleo_flow.immutable import immutable
from oppleo_flow.store.column_types import ExactDecimal, UtcDateTime
from oppleo_flow.store.tables import METADATA

_MOST: Final = 3
"""How many rows are told of each column."""
_DIGITS = "[0-9]"
_DAY = f"{_DIGITS * 4}-{_DIGITS * 2}-{_DIGITS * 2}"
_TIME = f"{_DAY} {_DIGITS * 2}:{_DIGITS * 2}:{_DIGITS * 2}.{_DIGITS * 6}"
_IS_TIME = "typeof({0}) = 'text' AND {0} GLOB '" + _TIME + "' AND julianday({0}) IS NOT NULL"
_IS_DAY = "typeof({0}) = 'text' AND {0} GLOB '" + _DAY + "' AND julianday({0}) IS NOT NULL"
_IS_DECIMAL = "typeof({0}) = 'text' AND {0} GLOB '*[0-9]' AND NOT {0} GLOB '*[^0-9.E+-]*'"
_IS_UUID = "typeof({0}) = 'text' AND length({0}) = 32 AND NOT {0} GLOB '*[^0-9a-f]*'"
_KINDS: Final[Sequence[tuple[type[Any], str, str]]] = (
    (UtcDateTime, "a time in UTC", _IS_TIME),
    (ExactDecimal, "a decimal number", _IS_DECIMAL),
    (Uuid, "an id of 32 digits", _IS_UUID),
    (Date, "a day", _IS_DAY),
    (Boolean, "0 or 1", "{0} IN (0, 1) AND typeof({0}) = 'integer'"),
    (BigInteger, "a whole number", "typeof({0}) = 'integer'"),
    (Integer, "a whole number", "typeof({0}) = 'integer'"),
    (Double, "a number", "typeof({0}) IN ('real', 'integer')"),
)


@immutable
class WrongValue:
    """A value that is not of its column's kind; `key` is that of its row."""

    table: str
    key: str
    column: str
    wanted: str
    value: object

    def __str__(self) -> str:
        """Return it in words."""
        return (
            f"{self.table} {self.key}: {self.column}: {self.wanted} is needed, got {self.value!r}"
        )


def wrong_values(db: sqlite3.Connection) -> Iterator[WrongValue]:
    """Yield the values that are of another kind than their columns, a few of each column."""
    for table in METADATA.sorted_tables:
        yield from _of_table(db, table)


def _of_table(db: sqlite3.Connection, table: Table) -> Iterator[WrongValue]:
    checks = [
        (column, wanted, f'"{column.name}" IS NOT NULL AND NOT ({is_right})')
        for column in table.columns
        for wanted, is_right in _kind(column)
    ]
    any_wrong = " OR ".join(f"({wrong})" for _, _, wrong in checks)
    # One pass over the table, which may be long; it is nearly always the only one.
    if (
        not checks
        or not db.execute(
            f'SELECT EXISTS (SELECT 1 FROM "{table.name}" WHERE {any_wrong})'
        ).fetchone()[0]
    ):
        return
    keys = ", ".join(f'"{column.name}"' for column in table.primary_key)
    for column, wanted, wrong in checks:
        rows = db.execute(f'SELECT "{column.name}", {keys} FROM "{table.name}" WHERE {wrong}')
        for value, *key in islice(rows, _MOST):
            yield WrongValue(table.name, " ".join(map(str, key)), column.name, wanted, value)


def _kind(column: Column[Any]) -> Iterator[tuple[str, str]]:
    """Yield what is wanted of a column's values, and the condition for it; none for a text."""
    for kind, wanted, condition in _KINDS:
        if isinstance(column.type, kind):
            yield wanted, condition.format(f'"{column.name}"')
            return
