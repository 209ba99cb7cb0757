"""The ledger's tables, for SQLite and for PostgreSQL.

Every row bears its charge point, so that many can share one PostgreSQL.  Sessions are events, each
written once and never changed.  There are no foreign keys on purpose: an event is kept even when
the one before it was lost.  What a session was attributed to is kept with it by name, so that it
stays as it was when a vehicle is sold or a driver leaves.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Double,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    false,
    text,
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


def _attribution() -> tuple[Column[str], ...]:
    """Return the columns that say, by name, who and what a session is for."""
    names = ("driver", "vehicle", "plate", "cost_centre")
    return tuple(Column(name, Text) for name in names)


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
    Column("driver", Text),
    Column("vehicle", Text),
    Column("cost_centre", Text),
    Column("max_energy_wh", BigInteger),
    Column("max_duration_s", Integer),
    UniqueConstraint("charge_point", "uid"),
)
"""`uid` is empty for a card of which only Oppleo's number is known."""

drivers = Table(
    "drivers",
    METADATA,
    Column("charge_point", Text, primary_key=True),
    Column("name", Text, primary_key=True),
)

vehicles = Table(
    "vehicles",
    METADATA,
    Column("charge_point", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("plate", Text),
)

cost_centres = Table(
    "cost_centres",
    METADATA,
    Column("charge_point", Text, primary_key=True),
    Column("name", Text, primary_key=True),
)

enrolments = Table(
    "enrolments",
    METADATA,
    Column("charge_point", Text, primary_key=True),
    Column("label", Text, nullable=False),
    Column("armed_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
)
"""The next unknown card becomes a token of this label; the row goes with that swipe."""

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
    Column("trigger", Text, nullable=False, server_default="card"),
    *_attribution(),
    Column("clock_uncertain", Boolean, nullable=False, server_default=false()),
    Column("closed_at", UtcDateTime),
    Column("boot_id", Text),
    Column("monotonic_s", Double),
    Column("point", Text, nullable=False, server_default=""),
    Index(None, "charge_point", "started_at"),
    Index(
        "uq_session_started_open",
        "charge_point",
        "point",
        unique=True,
        sqlite_where=text("closed_at IS NULL"),
        postgresql_where=text("closed_at IS NULL"),
    ),
)
"""`closed_at` alone is written later: when the session ended, or when another one began although no
end of this one ever came.  So the database itself sees to it that at most one is open.  `point`
tells the charge points of one site apart; empty where there is one."""

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
    Column("interrupted", Boolean, nullable=False, server_default=false()),
    Column("clock_uncertain", Boolean, nullable=False, server_default=false()),
    Column("boot_id", Text),
    Column("monotonic_s", Double),
    Index(None, "charge_point", "ended_at"),
)
"""Whole by itself; `price_version_id` is the price that held when the session started.

`boot_id` and `monotonic_s`, here and at the start, are of a clock that nobody had told the time."""

boots = Table(
    "boots",
    METADATA,
    Column("charge_point", Text, primary_key=True),
    Column("boot_id", Text, primary_key=True),
    Column("began_at", UtcDateTime, nullable=False),
    Column("known_at", UtcDateTime, nullable=False),
)
"""When a boot of the machine began, by its clock as it was right from `known_at` on."""

session_settled = Table(
    "session_settled",
    METADATA,
    Column("session_id", Uuid, primary_key=True),
    Column("charge_point", Text, nullable=False),
    Column("settled_at", UtcDateTime, nullable=False),
    Column("meter_end_wh", BigInteger, nullable=False),
    Column("energy_wh", BigInteger, nullable=False),
)
"""The end register of a session that ended while the meter was silent."""

session_corrections = Table(
    "session_corrections",
    METADATA,
    Column("correction_id", Uuid, primary_key=True),
    Column("charge_point", Text, nullable=False),
    Column("session_id", Uuid, nullable=False),
    Column("number", Integer, nullable=False),
    Column("corrected_at", UtcDateTime, nullable=False),
    Column("who", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("void", Boolean),
    Column("started_at", UtcDateTime),
    Column("ended_at", UtcDateTime),
    Column("meter_start_wh", BigInteger),
    Column("meter_end_wh", BigInteger),
    Column("energy_wh", BigInteger),
    Column("label", Text),
    *_attribution(),
    UniqueConstraint("session_id", "number"),
)
"""What somebody says of a session, on top of what was recorded; empty: as it was."""

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
    Column("frequency_hz", Double),
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
    Column("tariff", Text),
    UniqueConstraint("charge_point", "valid_from"),
)
"""`tariff` is how a price that is not flat is made up, as JSON, whole by itself."""

market_prices = Table(
    "market_prices",
    METADATA,
    Column("charge_point", Text, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("since", UtcDateTime, primary_key=True),
    Column("until", UtcDateTime, nullable=False),
    Column("per_kwh", ExactDecimal, nullable=False),
    Column("currency", String(3), nullable=False),
    sqlite_with_rowid=False,
)
"""What dynamic tariffs go by; a time that no row covers has no known price."""

slices = Table(
    "slices",
    METADATA,
    Column("session_id", Uuid, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("charge_point", Text, nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Column("until", UtcDateTime, nullable=False),
    Column("start_wh", BigInteger, nullable=False),
    Column("end_wh", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("price_version_id", Uuid, nullable=False),
    Column("per_kwh", ExactDecimal, nullable=False),
    Column("estimated", Boolean, nullable=False),
)
"""What each part of a session's energy cost; the end of one is the start of the next."""
