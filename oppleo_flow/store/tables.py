"""The ledger's tables, for SQLite and for PostgreSQL.

Every row bears its charge point, so that many can share one PostgreSQL.  Sessions are events, each
written once and never changed.  There are no foreign keys on purpose: an event is kept even when
the one before it was lost.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Double,
    Index,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)

from oppleo_flow.store.column_types import ExactDecimal, UtcDateTime

PHASES = (1, 2, 3)

METADATA = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

charge_points = Table(
    "charge_points",
    METADATA,
    Column("charge_point", Text, primary_key=True),
)

tokens = Table(
    "tokens",
    METADATA,
    Column("token_id", Uuid, primary_key=True),
    Column("charge_point", Text, nullable=False),
    Column("uid", Text),
    Column("legacy_id", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("valid_from", Date),
    Column("valid_until", Date),
    Column("created_at", UtcDateTime, nullable=False),
    Column("refused_at", UtcDateTime),
    UniqueConstraint("charge_point", "uid"),
)
"""`uid` is empty for a card of which only Oppleo's number is known."""

session_started = Table(
    "session_started",
    METADATA,
    Column("session_id", Uuid, primary_key=True),
    Column("charge_point", Text, nullable=False),
    Column("token_id", Uuid, nullable=False),
    Column("uid", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("meter_start_wh", BigInteger),
    Column("meter_start_quality", Text, nullable=False),
    Column("meter_serial", Text),
    Index(None, "charge_point", "started_at"),
)

session_latched = Table(
    "session_latched",
    METADATA,
    Column("session_id", Uuid, primary_key=True),
    Column("charge_point", Text, nullable=False),
    Column("latched_at", UtcDateTime, nullable=False),
    Column("meter_start_wh", BigInteger, nullable=False),
    Column("meter_serial", Text),
)

session_ended = Table(
    "session_ended",
    METADATA,
    Column("session_id", Uuid, primary_key=True),
    Column("charge_point", Text, nullable=False),
    Column("token_id", Uuid, nullable=False),
    Column("uid", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime, nullable=False),
    Column("meter_start_wh", BigInteger),
    Column("meter_end_wh", BigInteger),
    Column("meter_end_quality", Text, nullable=False),
    Column("energy_wh", BigInteger),
    Column("reason", Text, nullable=False),
    Column("price_version_id", Uuid),
    Index(None, "charge_point", "ended_at"),
)
"""Whole by itself; `price_version_id` is the price that held when the session started."""

readings = Table(
    "readings",
    METADATA,
    Column("charge_point", Text, primary_key=True),
    Column("meter", Text, primary_key=True),
    Column("time", UtcDateTime, primary_key=True),
    Column("energy_import_wh", BigInteger, nullable=False),
    Column("power_w", Double, nullable=False),
    *(Column(f"power_l{phase}_w", Double) for phase in PHASES),
    *(Column(f"voltage_l{phase}_v", Double) for phase in PHASES),
    *(Column(f"current_l{phase}_a", Double) for phase in PHASES),
    Column("frequency_hz", Double, nullable=False),
    Column("serial", Text),
    sqlite_with_rowid=False,
)
"""In the order of their key, which is the order in which they are asked for."""

meter_silences = Table(
    "meter_silences",
    METADATA,
    Column("charge_point", Text, primary_key=True),
    Column("meter", Text, primary_key=True),
    Column("since", UtcDateTime, primary_key=True),
    Column("reason", Text, nullable=False),
    sqlite_with_rowid=False,
)
"""From `since` until the meter's next reading nothing is known of it."""

price_versions = Table(
    "price_versions",
    METADATA,
    Column("price_version_id", Uuid, primary_key=True),
    Column("charge_point", Text, nullable=False),
    Column("valid_from", UtcDateTime, nullable=False),
    Column("price_per_kwh", ExactDecimal, nullable=False),
    Column("currency", String(3), nullable=False),
    UniqueConstraint("charge_point", "valid_from"),
)
