"""The tables of cards, sessions, readings and prices.

Sessions are events, each written once and never changed.  There are no foreign keys on purpose: an
event is kept even when the one before it was lost.  What a session was attributed to is kept with
it by name, so that it stays as it was when a vehicle is sold or a driver leaves.
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
from oppleo_flow.store.tables.metadata import METADATA

PHASES = (1, 2, 3)

_OPEN = "closed_at IS NULL"


def for_postgresql() -> MetaData:
    """Return the tables with what PostgreSQL alone is told.

    Apart, because to name an option of a dialect imports that, which a site's start does without.
    """
    for index in session_started.indexes:
        if index.unique:
            index.dialect_options["postgresql"]["where"] = text(_OPEN)
    return METADATA


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
    Column("retired_at", UtcDateTime),
    UniqueConstraint("charge_point", "uid"),
)
"""`uid` is empty for a card of which only Oppleo's number is known."""

drivers = Table(
    "drivers",
    METADATA,
    Column("charge_point", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("retired_at", UtcDateTime),
    Column("email", Text),
)

vehicles = Table(
    "vehicles",
    METADATA,
    Column("charge_point", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("plate", Text),
    Column("make", Text),
    Column("model", Text),
    Column("vin", Text),
    Column("retired_at", UtcDateTime),
)

cost_centres = Table(
    "cost_centres",
    METADATA,
    Column("charge_point", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("retired_at", UtcDateTime),
    Column("email", Text),
)
"""`email`, of these and of drivers, is where their own statements go."""

former_names = Table(
    "former_names",
    METADATA,
    Column("charge_point", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("former", Text, primary_key=True),
    Column("name", Text, nullable=False),
)
"""What a driver, a vehicle or a cost centre was called before: their past sessions say so still."""

enrolments = Table(
    "enrolments",
    METADATA,
    Column("charge_point", Text, primary_key=True),
    Column("label", Text, nullable=False),
    Column("armed_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("token_id", Uuid),
)
"""The next unknown card becomes a token of this label; `token_id` says which it has become."""

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
    Index("ix_session_started_token", "charge_point", "token_id", "clock_uncertain", "started_at"),
    *(Index(None, "charge_point", name) for name in ("driver", "vehicle", "cost_centre", "point")),
    Index(
        "uq_session_started_open",
        "charge_point",
        "point",
        unique=True,
        sqlite_where=text(_OPEN),
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
    Column("one_price", Boolean, nullable=False, server_default=false()),
    Index(None, "charge_point", "ended_at"),
    Index(
        "ix_session_ended_token",
        *("charge_point", "token_id", "reason", "clock_uncertain", "ended_at", "session_id"),
    ),
)
"""Whole by itself; `price_version_id` is the price that held when the session started.

`one_price`: billed elsewhere, all of it costs that, whatever other prices hold meanwhile.

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

session_odometer = Table(
    "session_odometer",
    METADATA,
    Column("session_id", Uuid, primary_key=True),
    Column("charge_point", Text, nullable=False),
    Column("vehicle", Text, nullable=False),
    Column("odometer_km", Integer, nullable=False),
    Column("measured_at", UtcDateTime, nullable=False),
)
"""What the vehicle's odometer showed when the session began; `measured_at` is when it did."""

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
    Column("odometer_km", Integer),
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
    *(Column(f"energy_l{phase}_wh", BigInteger) for phase in PHASES),
    sqlite_with_rowid=False,
)
"""In the order of their key, which is the order in which they are asked for.

The registers of single phases are empty where the meter does not count them apart, and in readings
of before they were kept."""

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
    Index("ix_slices_price", "charge_point", "price_version_id", "session_id"),
)
"""What each part of a session's energy cost; the end of one is the start of the next."""
