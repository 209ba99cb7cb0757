"""The table of the kWh meters."""

from sqlalchemy import BigInteger, Boolean, Column, Integer, Table, Text

from oppleo_flow.store.column_types import UtcDateTime
from oppleo_flow.store.tables.metadata import METADATA

meters = Table(
    "meters",
    METADATA,
    Column("charge_point", Text, primary_key=True),
    Column("meter", Text, primary_key=True),
    Column("since", UtcDateTime, primary_key=True),
    Column("make", Text),
    Column("model", Text),
    Column("serial", Text),
    Column("mid", Boolean),
    Column("calibration_year", Integer),
    Column("register", Text, nullable=False),
    Column("first_wh", BigInteger),
    Column("until", UtcDateTime),
    Column("last_wh", BigInteger),
)
"""A row for each meter that was in a place; `until` and `last_wh` are written when it leaves it."""
