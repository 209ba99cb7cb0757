"""An Oppleo database on its PostgreSQL server, which is read and never written to."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from oppleo_flow.errors import ConfigError, StoreError
from oppleo_flow.oppleo_import.source import Cells, Source

_SCHEMES = ("postgresql", "postgres")
_AT_ONCE = 5000
_CONNECT_WITHIN_S = 10
_COLUMNS = """\
SELECT attname, format_type(atttypid, NULL) FROM pg_attribute
WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped ORDER BY attnum"""
_IN_ORDER_OF = "id"


def is_url(text: str) -> bool:
    """Return whether a text is the address of a PostgreSQL database."""
    scheme, separator, _ = text.partition("://")
    return bool(separator) and scheme.partition("+")[0] in _SCHEMES


class PostgresSource(Source):
    """A database as it was at one moment, whatever happens to it meanwhile."""

    def __init__(self, url: str) -> None:
        address = _address(url)
        self.place = _without_password(address)
        self._connection = self._connect(address)
        self._columns: dict[str, dict[str, str]] = {}

    def columns(self, table: str) -> tuple[str, ...]:
        """Return the columns of a table."""
        return tuple(self._kinds(table))

    def cells(self, table: str, columns: Sequence[str]) -> Iterator[Cells]:
        """Yield rows a few thousand at a time, by a cursor of the server."""
        from psycopg2 import sql  # noqa: PLC0415  (only who imports has need of it)

        kinds = self._kinds(table)
        parts = [
            sql.SQL("NULL") if name not in kinds else _as_text(sql.Identifier(name), kinds[name])
            for name in columns
        ]
        query = sql.SQL("SELECT {} FROM {}").format(
            sql.SQL(", ").join(parts), sql.Identifier(table)
        )
        if _IN_ORDER_OF in kinds:
            # Of the table: without it the text that is asked for would set the order.
            query += sql.SQL(" ORDER BY {}").format(sql.Identifier(table, _IN_ORDER_OF))
        with self._in_words(), self._connection.cursor(name="oppleo_import") as cursor:
            cursor.itersize = _AT_ONCE
            cursor.execute(query)
            yield from cursor

    def close(self) -> None:
        """Let go of the server."""
        self._connection.close()

    def _kinds(self, table: str) -> dict[str, str]:
        """Return the columns of a table, each with its type."""
        if table not in self._columns:
            with self._in_words(), self._connection.cursor() as cursor:
                cursor.execute(_COLUMNS, (table,))
                self._columns[table] = dict(cursor.fetchall())
        return self._columns[table]

    def _connect(self, address: URL) -> Any:
        try:
            import psycopg2  # noqa: PLC0415  (it may be missing)
        except ImportError as error:
            raise StoreError(
                f"{self.place}: the library psycopg2 is needed to read it; "
                "`pip install 'oppleo-flow[postgres]'` brings it"
            ) from error
        with self._in_words():
            connection = psycopg2.connect(**_parameters(address))
            connection.set_session("REPEATABLE READ", readonly=True)
            return connection

    @contextmanager
    def _in_words(self) -> Iterator[None]:
        import psycopg2  # noqa: PLC0415  (only who imports has need of it)

        try:
            yield
        except psycopg2.Error as error:
            why = " ".join(str(error).split()) or type(error).__name__
            raise StoreError(f"{self.place}: cannot be read: {why}") from error
        except UnicodeDecodeError as error:
            raise StoreError(
                f"{self.place}: holds a text that is not UTF-8; "
                "make a dump with `pg_dump --encoding=LATIN1` and import that"
            ) from error


def _address(url: str) -> URL:
    """Return the parts of an address, which Oppleo writes as SQLAlchemy reads it."""
    try:
        address = make_url(url)
    except (ArgumentError, ValueError):  # the latter of a port that is no number
        address = None
    if address is None or address.get_backend_name() not in _SCHEMES or not address.database:
        raise ConfigError(
            "the address of a database is needed, such as "
            "postgresql://user:password@localhost:5432/oppleo"
        )
    return address


def _parameters(address: URL) -> dict[str, Any]:
    """Return how to connect: what else an address says, such as `sslmode`, holds too."""
    said = {
        name: value if isinstance(value, str) else value[-1]
        for name, value in address.query.items()
    }
    return {
        **said,
        "host": address.host,
        "port": address.port,
        "user": address.username,
        "password": address.password,
        "dbname": address.database,
        "connect_timeout": _CONNECT_WITHIN_S,
        "application_name": "oppleo-flow",
        "client_encoding": "UTF8",
        "options": "-c datestyle=ISO -c extra_float_digits=3",
    }


def _without_password(address: URL) -> str:
    port = f":{address.port}" if address.port else ""
    return f"postgresql://{address.host or 'localhost'}{port}/{quote(address.database or '')}"


def _as_text(column: Any, kind: str) -> Any:
    """Return a column as a dump would have it."""
    from psycopg2 import sql  # noqa: PLC0415  (only who imports has need of it)

    if kind == "boolean":
        return sql.SQL("CASE WHEN {0} THEN 't' WHEN NOT {0} THEN 'f' END").format(column)
    return sql.SQL("{}::text").format(column)
