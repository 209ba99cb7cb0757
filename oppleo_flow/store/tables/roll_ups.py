"""The tables of what is made of readings: they can be made anew as long as the readings are."""

from sqlalchemy import BigInteger, Column, Double, Integer, Table, Text

from oppleo_flow.store.column_types import UtcDateTime
from oppleo_flow.store.tables.metadata import METADATA

reading_slots = Table(
    "reading_slots",
    METADATA,
    Column("charge_point", Text, primary_key=True),
    Column("meter", Text, primary_key=True),
    Column("slot_s", Integer, primary_key=True),
    Column("since_s", BigInteger, primary_key=True),
    Column("start_wh", BigInteger),
    Column("end_wh", BigInteger),
    Column("energy_wh", BigInteger, nullable=False),
    Column("min_w", Double, nullable=False),
    Column("mean_w", Double, nullable=False),
    Column("max_w", Double, nullable=False),
    Column("known_s", Double, nullable=False),
    sqlite_with_rowid=False,
)
"""Readings rolled up to minutes, quarter-hours and six hours: those of which something is known.

`since_s`, in seconds since 1970 in UTC, is a number so that longer ones can be made of it quickly.
The registers are those at the edges, empty where they are not known; `known_s` is how much of the
slot is."""

reading_horizons = Table(
    "reading_horizons",
    METADATA,
    Column("charge_point", Text, primary_key=True),
    Column("meter", Text, primary_key=True),
    Column("kept_from", UtcDateTime, nullable=False),
)
"""Before `kept_from` only some of a meter's readings are left; what was rolled up of them stays."""
