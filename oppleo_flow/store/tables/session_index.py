"""The tables by which sessions are found: they can be made anew from the events at any time."""

from sqlalchemy import BigInteger, Boolean, Column, Index, String, Table, Text, Uuid

from oppleo_flow.store.column_types import UtcDateTime
from oppleo_flow.store.tables.metadata import METADATA

_ENDS = ("charge_point", "ended_at", "session_id", "energy_wh", "amount_cents", "void")

session_index = Table(
    "session_index",
    METADATA,
    Column("session_id", Uuid, primary_key=True),
    Column("charge_point", Text, nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("label", Text, nullable=False),
    Column("driver", Text),
    Column("vehicle", Text),
    Column("cost_centre", Text),
    Column("point", Text, nullable=False),
    Column("energy_wh", BigInteger),
    Column("amount_cents", BigInteger),
    Column("currency", String(3)),
    Column("void", Boolean, nullable=False),
    Column("flags", Text, nullable=False),
    Column("words", Text, nullable=False),
    *(
        Index(None, "charge_point", name, "session_id")
        for name in ("started_at", "label", "energy_wh", "amount_cents")
    ),
    Index("ix_session_index_ends", *_ENDS),
    *(
        Index(None, "charge_point", name, "started_at", "session_id")
        for name in ("driver", "vehicle", "cost_centre")
    ),
)
"""Each session as it is by now, with its corrections: what lists are filtered and sorted by.

`words` is what a person may look for, in small letters; `flags` has a space around each."""

session_stale = Table(
    "session_stale",
    METADATA,
    Column("session_id", Uuid, primary_key=True),
    Column("charge_point", Text, nullable=False),
)
"""The sessions of which something was written that the index does not know yet."""
