"""The ledger's tables, for SQLite and for PostgreSQL: a module for each topic.

Every row bears its charge point, so that many can share one PostgreSQL.
"""

# They are tables of the ledger too, each with those who use them.
from oppleo_flow.store.tables import (
    meters,
    outbox,
    roll_ups,
    session_index,
    statements,
    told,
    users,
)
from oppleo_flow.store.tables.ledger import (
    PHASES,
    boots,
    charge_points,
    cost_centres,
    drivers,
    enrolments,
    for_postgresql,
    former_names,
    market_prices,
    meter_silences,
    price_versions,
    readings,
    session_corrections,
    session_ended,
    session_latched,
    session_odometer,
    session_settled,
    session_started,
    slices,
    tokens,
    vehicles,
)
from oppleo_flow.store.tables.metadata import METADATA

__all__ = [
    "METADATA",
    "PHASES",
    "boots",
    "charge_points",
    "cost_centres",
    "drivers",
    "enrolments",
    "for_postgresql",
    "former_names",
    "market_prices",
    "meter_silences",
    "meters",
    "outbox",
    "price_versions",
    "readings",
    "roll_ups",
    "session_corrections",
    "session_ended",
    "session_index",
    "session_latched",
    "session_odometer",
    "session_settled",
    "session_started",
    "slices",
    "statements",
    "tokens",
    "told",
    "users",
    "vehicles",
]
