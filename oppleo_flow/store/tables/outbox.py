"""What is on its way to another database, and which tables of the ledger go there.

The outbox is the site's own: it is in its SQLite file, and in no PostgreSQL.
"""

from typing import Final

from sqlalchemy import Column, Integer, Table, Text

from oppleo_flow.store.tables.metadata import METADATA

outbox = Table(
    "outbox",
    METADATA,
    Column("seq", Integer, primary_key=True),
    Column("table_name", Text, nullable=False),
    Column("gone", Integer, nullable=False),
    Column("meter", Text),
    Column("time", Text),
    Column("row", Text),
)
"""In the order in which they were written: of a reading its key, of any other row what it was then,
as JSON; of one that is `gone` its key.  Triggers fill it, so nothing that writes can forget."""

outbox_state = Table(
    "outbox_state",
    METADATA,
    Column("ledger_id", Text, primary_key=True),
    Column("revision", Text, nullable=False),
    Column("mark", Text),
    Column("cursor", Text),
    Column("next_mark", Text),
    Column("next_seq", Integer),
    Column("next_cursor", Text),
    Column("sent_at", Text),
)
"""One row, from when somebody first took from the outbox.

`mark` names the last batch that arrived, `next_mark` the one that was under way last; what is up to
`next_seq` is in it.  `cursor` is the last one sent of the readings that were there before; empty
when those all are.  The triggers are those of `revision`;
there are none while that is empty, because nobody takes from it."""

READINGS: Final = "readings"
"""Sent by their key alone: there are many, and none ever changes."""

SENT: Final = (
    *("charge_points", "drivers", "vehicles", "cost_centres", "former_names", "tokens"),
    *("price_versions", "market_prices", "boots"),
    *("session_started", "session_latched", "session_odometer"),
    *("session_ended", "session_settled", "slices", "session_corrections"),
    *("meter_silences", "reading_horizons", "reading_slots"),
    *("statements", "statement_files", "meters"),
)
"""Sent as they were written, row by row."""

KEPT_THERE: Final = frozenset({"meter_silences", "market_prices"})
"""Gone from the site after a while, to make room there; the other database keeps them."""

ONLY: Final = {"reading_slots": "{row}.slot_s = 900"}
"""Which rows of a table are sent, where it is not all: of the roll-ups the quarter-hours."""

KEPT_HERE: Final = frozenset(
    {
        *("enrolments", "imported_rows", "outbox", "outbox_state", "told"),
        *("users", "recovery_codes", "web_sessions", "api_tokens"),
        *("session_index", "session_stale", "session_words"),
    }
)
"""Never sent: passwords, and what is of use for a while or at the site alone."""
