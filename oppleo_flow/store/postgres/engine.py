"""Engines and ledgers on PostgreSQL."""

import psycopg2
from psycopg2.extensions import connection as PostgresConnection  # noqa: N812  (it is a class)
from psycopg2.extensions import make_dsn
from sqlalchemy import Engine, NullPool, QueuePool, create_engine

from oppleo_flow.store.database import Database
from oppleo_flow.store.ledger import Ledger
from oppleo_flow.store.postgres.address import PostgresAddress
from oppleo_flow.store.rows import Rows


def connect(address: PostgresAddress) -> PostgresConnection:
    """Return an open connection.

    Raises:
        psycopg2.Error: There is none to be had.
    """
    return psycopg2.connect(make_dsn(**address.dsn()))


def postgres_engine(address: PostgresAddress, *, pooled: bool = False) -> Engine:
    """Return an engine on a database; nothing is opened yet.  Its errors name no password."""
    return create_engine(
        "postgresql+psycopg2://",
        creator=lambda: connect(address),
        poolclass=QueuePool if pooled else NullPool,
        # It is what failed that a user is told, not what of.
        hide_parameters=True,
    )


def postgres_ledger(address: PostgresAddress, charge_point: str) -> Ledger:
    """Return what a database has of a charge point, as its own ledger would show it."""

    def make_rows() -> Rows:
        engine = postgres_engine(address, pooled=True)
        return Rows(Database(engine, address.place, charge_point))

    return Ledger(charge_point, make_rows)
