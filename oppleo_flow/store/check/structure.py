"""What the tables of a ledger are like, and how they differ from what they should be."""

import sqlite3
from collections.abc import Iterator, Mapping

from sqlalchemy import create_engine
from sqlalchemy.pool import StaticPool

from oppleo_flow.immutable import immutable

_REVISION_TABLE = "alembic_version"


@immutable
class TableStructure:
    """One table: its columns and its indices by name, each with what counts of it."""

    columns: Mapping[str, tuple[object, ...]]
    indices: Mapping[str, tuple[object, ...]]


Structure = Mapping[str, TableStructure]


def structure(connection: sqlite3.Connection) -> Structure:
    """Return what the tables of a database are like, but for those that keep its revision."""
    names = connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    ).fetchall()
    return {name: _table(connection, name) for (name,) in names if name != _REVISION_TABLE}


def _table(connection: sqlite3.Connection, table: str) -> TableStructure:
    columns = {
        str(name): (kind, bool(not_null), default, key)
        for _, name, kind, not_null, default, key in connection.execute(
            "SELECT * FROM pragma_table_info(?)", (table,)
        )
    }
    indices = {}
    listed = connection.execute(
        'SELECT name, "unique", origin, partial FROM pragma_index_list(?)', (table,)
    ).fetchall()
    for name, unique, origin, partial in listed:
        parts = connection.execute(
            "SELECT name FROM pragma_index_info(?) ORDER BY seqno", (name,)
        ).fetchall()
        of = tuple(part for (part,) in parts)
        # SQLite numbers those that it makes for a constraint.
        key = name if origin == "c" else f"{'unique' if origin == 'u' else 'key'} {of}"
        indices[str(key)] = (bool(unique), bool(partial), of)
    return TableStructure(columns, indices)


def newest() -> Structure:
    """Return what the tables of this version are like."""
    # Not at the top: only a check needs them.
    from oppleo_flow.store.tables import METADATA  # noqa: PLC0415

    engine = create_engine("sqlite+pysqlite://", poolclass=StaticPool)
    try:
        METADATA.create_all(engine)
        return _of_engine(engine.raw_connection().driver_connection)
    finally:
        engine.dispose()


def of_revision(revision: str) -> Structure:
    """Return what the tables of a revision are like, by the migrations up to it; "" has none."""
    if not revision:
        return {}
    # Not at the top: only an upgrade needs Alembic.
    from alembic import command  # noqa: PLC0415

    from oppleo_flow.store.migrate import alembic_config  # noqa: PLC0415

    engine = create_engine("sqlite+pysqlite://", poolclass=StaticPool)
    try:
        command.upgrade(alembic_config(engine), revision)
        return _of_engine(engine.raw_connection().driver_connection)
    finally:
        engine.dispose()


def _of_engine(connection: object) -> Structure:
    assert isinstance(connection, sqlite3.Connection)
    return structure(connection)


def differences(is_like: Structure, should_be: Structure) -> Iterator[str]:
    """Yield in words where tables are not as they should be; an owner may have added to them.

    His own tables and indices are in nobody's way.
    """
    for name, wanted in should_be.items():
        there = is_like.get(name)
        if there is None:
            yield f"table {name!r} is missing"
            continue
        yield from _of_parts(name, "column", there.columns, wanted.columns)
        yield from _of_parts(name, "index", there.indices, wanted.indices)


def _of_parts(
    table: str,
    kind: str,
    there: Mapping[str, tuple[object, ...]],
    wanted: Mapping[str, tuple[object, ...]],
) -> Iterator[str]:
    for name, how in wanted.items():
        if name not in there:
            yield f"table {table!r}: {kind} {name!r} is missing"
        elif there[name] != how:
            yield f"table {table!r}: {kind} {name!r} was changed"
    for name in there:
        if name not in wanted and kind == "column":
            yield f"table {table!r}: {kind} {name!r} is not of this version"


def additions(is_like: Structure, should_be: Structure) -> Iterator[str]:
    """Yield in words what an owner has added to the tables."""
    for name in sorted(set(is_like) - set(should_be)):
        yield f"table {name!r} is none of the ledger's"
    for name, wanted in should_be.items():
        for index in sorted(set(is_like.get(name, wanted).indices) - set(wanted.indices)):
            yield f"table {name!r}: index {index!r} is none of the ledger's"
