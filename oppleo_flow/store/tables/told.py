"""The table of what people were told; not a part of what a session costs, and bounded."""

from sqlalchemy import Column, Index, Integer, Table, Text

from oppleo_flow.store.column_types import UtcDateTime
from oppleo_flow.store.tables.metadata import METADATA

told = Table(
    "told",
    METADATA,
    Column("charge_point", Text, primary_key=True),
    Column("node", Text, primary_key=True),
    Column("told_id", Text, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("event", Text, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("result", Text, nullable=False),
    Column("error", Text, nullable=False),
    Column("tries", Integer, nullable=False),
)
"""Each message that a node has sent or tried to, with how it went the last time."""

Index("ix_told_at", told.c.charge_point, told.c.at)
