"""The tables by which sessions are found: they can be made anew from the events at any time."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, String, Table, Text, Uuid

from oppleo_flow.store.column_types import UtcDateTime
from oppleo_flow.store.tables.metadata import METADATA

_ENDS = ("charge_point", "ended_at", "session_id", "energy_wh", "amount_cents", "void")
_FOUND = ("charge_point", "words_id", "session_id", "energy_wh", "amount_cents", "void")

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
    Column("words_id", Integer, nullable=False),
    *(
        Index(None, "charge_point", name, "session_id")
        for name in ("started_at", "label", "energy_wh", "amount_cents")
    ),
    Index("ix_session_index_ends", *_ENDS),
    Index("ix_session_index_words", *_FOUND),
    *(
        Index(None, "charge_point", name, "started_at", "session_id")
        for name in ("driver", "vehicle", "cost_centre")
    ),
)
"""Each session as it is by now, with its corrections: what lists are filtered and sorted by.

`words_id` is of the words that a person may look for; `flags` has a space around each."""

session_words = Table(
    "session_words",
    METADATA,
    Column("words_id", Integer, primary_key=True),
    Column("words", Text, nullable=False, unique=True),
)
"""The names that sessions bear together, in small letters: few, however many sessions there are."""

session_stale = Table(
    "session_stale",
    METADATA,
    Column("session_id", Uuid, primary_key=True),
    Column("charge_point", Text, nullable=False),
)
"""The sessions of which something was written that the index does not know yet."""
