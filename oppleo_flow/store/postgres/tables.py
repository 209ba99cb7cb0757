"""What only the PostgreSQL database has: who writes into it, and what it could not take.

Its tables are those of the ledger, with these and some views.
"""

from sqlalchemy import BigInteger, Boolean, Column, Identity, MetaData, Table, Text

from oppleo_flow.store.column_types import UtcDateTime

COPY_TABLES = MetaData(naming_convention={"pk": "pk_%(table_name)s"})

arrivals = Table(
    "arrivals",
    COPY_TABLES,
    Column("charge_point", Text, primary_key=True),
    Column("ledger_id", Text, nullable=False),
    Column("mark", Text, nullable=False),
    Column("time_zone", Text, nullable=False),
    Column("simulated", Boolean, nullable=False),
    Column("arrived_at", UtcDateTime, nullable=False),
)
"""The last batch of each charge point that arrived, and when; its zone is that of the views."""

set_aside = Table(
    "set_aside",
    COPY_TABLES,
    Column("number", BigInteger, Identity(), primary_key=True),
    Column("charge_point", Text, nullable=False),
    Column("table_name", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("row", Text, nullable=False),
    Column("set_aside_at", UtcDateTime, nullable=False),
)
"""Rows, as JSON, that a table cannot have: with values of the wrong kind, or from before the site
was restored from a backup and in the way of what it wrote since."""
