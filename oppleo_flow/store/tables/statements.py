"""The tables of issued statements: rows are added, and never changed."""

from sqlalchemy import BigInteger, Column, Integer, String, Table, Text

from oppleo_flow.store.column_types import ExactDecimal, UtcDateTime
from oppleo_flow.store.tables.metadata import METADATA

statements = Table(
    "statements",
    METADATA,
    Column("charge_point", Text, primary_key=True),
    Column("number", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("period", Text, nullable=False),
    Column("selection", Text, nullable=False),
    Column("profile", Text, nullable=False),
    Column("content_hash", String(64), nullable=False),
    Column("ledger_hash", String(64), nullable=False),
    Column("sessions", Integer, nullable=False),
    Column("energy_wh", BigInteger, nullable=False),
    Column("total", ExactDecimal, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("who", Text, nullable=False),
    Column("replaces", String(64)),
    Column("change", Text),
    Column("cards", Text),
)
"""`selection` says whose sessions it is of, as JSON, "" of all, and `cards` by the ids of their
tokens, where that is of a label; `profile` by whose rules is reimbursed, "" by none; `change`, as
JSON too, what is not as in the version before, whose hash is `replaces`."""

statement_files = Table(
    "statement_files",
    METADATA,
    Column("charge_point", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("number", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("sha256", String(64), nullable=False),
)
"""The files that are kept of each version, with the hash of what each held when it was written."""
