"""The triggers that put each row of the ledger that is written into the outbox."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Table, inspect, select, update

from oppleo_flow.store.revision import HEAD
from oppleo_flow.store.tables import METADATA
from oppleo_flow.store.tables.outbox import KEPT_THERE, ONLY, READINGS, SENT, outbox_state

_PREFIX = "outbox_of_"


def make_triggers(connection: Connection) -> None:
    """Make the triggers anew; from now on what is written goes into the outbox."""
    drop_triggers(connection)
    for statement in _statements():
        connection.exec_driver_sql(statement)


def drop_triggers(connection: Connection) -> None:
    """Take the triggers away."""
    found = connection.exec_driver_sql(
        "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name GLOB ?", (f"{_PREFIX}*",)
    )
    for name in found.scalars().all():
        connection.exec_driver_sql(f'DROP TRIGGER "{name}"')


def put_all(connection: Connection) -> None:
    """Put every row there is into the outbox, but for readings: of those there may be millions."""
    for name in SENT:
        table = METADATA.tables[name]
        only = f" WHERE {ONLY[name].format(row=name)}" if name in ONLY else ""
        connection.exec_driver_sql(
            f"INSERT INTO outbox (table_name, gone, row) "
            f"SELECT '{name}', 0, {_image(table, name)} FROM {name}{only} ORDER BY {_order(table)}"
        )


def _statements() -> Iterator[str]:
    for event in ("INSERT", "UPDATE"):
        yield (
            f"CREATE TRIGGER {_PREFIX}{READINGS}_{event.lower()} AFTER {event} ON {READINGS} BEGIN "
            "INSERT INTO outbox (table_name, gone, meter, time) "
            f"VALUES ('{READINGS}', 0, NEW.meter, NEW.time); END"
        )
    for name in SENT:
        yield from _of_table(METADATA.tables[name])


def _of_table(table: Table) -> Iterator[str]:
    name = table.name
    written = _put(table, "NEW", gone=False)
    gone = _put(table, "OLD", gone=True)
    when, when_gone = (
        f" WHEN {ONLY[name].format(row=row)}" if name in ONLY else "" for row in ("NEW", "OLD")
    )
    key = " AND ".join(f'OLD."{one.name}" IS NEW."{one.name}"' for one in table.primary_key)
    yield f"{_header(table, 'INSERT')}{when} BEGIN {written}; END"
    yield f"{_header(table, 'UPDATE')}{when} BEGIN {gone} WHERE NOT ({key}); {written}; END"
    if name not in KEPT_THERE:
        yield f"{_header(table, 'DELETE')}{when_gone} BEGIN {gone}; END"


def _header(table: Table, event: str) -> str:
    return f"CREATE TRIGGER {_PREFIX}{table.name}_{event.lower()} AFTER {event} ON {table.name}"


def _put(table: Table, row: str, *, gone: bool) -> str:
    return (
        "INSERT INTO outbox (table_name, gone, row) "
        f"SELECT '{table.name}', {int(gone)}, {_image(table, row, only_key=gone)}"
    )


def _image(table: Table, row: str, *, only_key: bool = False) -> str:
    """Return an expression for a row, or its key, as JSON.

    Each value as it is, whatever its type: what writes to the ledger must not fail here.  JSON by
    SQLite keeps only 15 digits of a number, and no bytes.
    """
    columns = table.primary_key if only_key else table.columns
    pairs = (
        f"'{one.name}', CASE typeof({row}.\"{one.name}\") "
        f"WHEN 'real' THEN printf('%!.17g', {row}.\"{one.name}\") "
        f'WHEN \'blob\' THEN hex({row}."{one.name}") ELSE {row}."{one.name}" END'
        for one in columns
    )
    return f"json_object({', '.join(pairs)})"


def _order(table: Table) -> str:
    return ", ".join(f'"{one.name}"' for one in table.primary_key)


@contextmanager
def outbox_aside(connection: Connection) -> Iterator[None]:
    """Migrate with the triggers out of the way; afterwards all but readings goes once more.

    What a migration does to rows it does in the other database too, by itself; but rows that wait
    here are as they were before it.
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    drop_triggers(connection)
    yield
    there = inspect(connection).has_table(outbox_state.name)
    taken = there and connection.scalar(select(outbox_state.c.revision))
    if taken and _revision(connection) == HEAD:
        make_triggers(connection)
        put_all(connection)
        connection.execute(update(outbox_state).values(revision=HEAD))


def _revision(connection: Connection) -> str | None:
    found: str | None = connection.exec_driver_sql(
        "SELECT version_num FROM alembic_version"
    ).scalar()
    return found
