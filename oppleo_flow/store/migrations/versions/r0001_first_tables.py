"""The first tables: cards, sessions as events, readings, prices."""

import sqlalchemy as sa
from alembic import op

from oppleo_flow.store.column_types import ExactDecimal, UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _charge_points_and_tokens()
    _sessions()
    _readings()
    op.create_table(
        "price_versions",
        sa.Column("price_version_id", sa.Uuid(), nullable=False),
        sa.Column("charge_point", sa.Text(), nullable=False),
        sa.Column("valid_from", UtcDateTime(), nullable=False),
        sa.Column("price_per_kwh", ExactDecimal(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.PrimaryKeyConstraint("price_version_id", name="pk_price_versions"),
        sa.UniqueConstraint(
            "charge_point", "valid_from", name="uq_price_versions_charge_point_valid_from"
        ),
    )


def _charge_points_and_tokens() -> None:
    op.create_table(
        "charge_points",
        sa.Column("charge_point", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("charge_point", name="pk_charge_points"),
    )
    op.create_table(
        "tokens",
        sa.Column("token_id", sa.Uuid(), nullable=False),
        sa.Column("charge_point", sa.Text(), nullable=False),
        sa.Column("uid", sa.Text()),
        sa.Column("legacy_id", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("valid_from", sa.Date()),
        sa.Column("valid_until", sa.Date()),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("refused_at", UtcDateTime()),
        sa.PrimaryKeyConstraint("token_id", name="pk_tokens"),
        sa.UniqueConstraint("charge_point", "uid", name="uq_tokens_charge_point_uid"),
    )


def _sessions() -> None:
    op.create_table(
        "session_started",
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("charge_point", sa.Text(), nullable=False),
        sa.Column("token_id", sa.Uuid(), nullable=False),
        sa.Column("uid", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("meter_start_wh", sa.BigInteger()),
        sa.Column("meter_start_quality", sa.Text(), nullable=False),
        sa.Column("meter_serial", sa.Text()),
        sa.PrimaryKeyConstraint("session_id", name="pk_session_started"),
    )
    op.create_index(
        "ix_session_started_charge_point_started_at",
        "session_started",
        ["charge_point", "started_at"],
    )
    op.create_table(
        "session_latched",
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("charge_point", sa.Text(), nullable=False),
        sa.Column("latched_at", UtcDateTime(), nullable=False),
        sa.Column("meter_start_wh", sa.BigInteger(), nullable=False),
        sa.Column("meter_serial", sa.Text()),
        sa.PrimaryKeyConstraint("session_id", name="pk_session_latched"),
    )
    op.create_table(
        "session_ended",
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("charge_point", sa.Text(), nullable=False),
        sa.Column("token_id", sa.Uuid(), nullable=False),
        sa.Column("uid", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=False),
        sa.Column("meter_start_wh", sa.BigInteger()),
        sa.Column("meter_end_wh", sa.BigInteger()),
        sa.Column("meter_end_quality", sa.Text(), nullable=False),
        sa.Column("energy_wh", sa.BigInteger()),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("price_version_id", sa.Uuid()),
        sa.PrimaryKeyConstraint("session_id", name="pk_session_ended"),
    )
    op.create_index(
        "ix_session_ended_charge_point_ended_at", "session_ended", ["charge_point", "ended_at"]
    )


def _readings() -> None:
    op.create_table(
        "readings",
        sa.Column("charge_point", sa.Text(), nullable=False),
        sa.Column("meter", sa.Text(), nullable=False),
        sa.Column("time", UtcDateTime(), nullable=False),
        sa.Column("energy_import_wh", sa.BigInteger(), nullable=False),
        sa.Column("power_w", sa.Double(), nullable=False),
        *(sa.Column(f"power_l{phase}_w", sa.Double()) for phase in (1, 2, 3)),
        *(sa.Column(f"voltage_l{phase}_v", sa.Double()) for phase in (1, 2, 3)),
        *(sa.Column(f"current_l{phase}_a", sa.Double()) for phase in (1, 2, 3)),
        sa.Column("frequency_hz", sa.Double(), nullable=False),
        sa.Column("serial", sa.Text()),
        sa.PrimaryKeyConstraint("charge_point", "meter", "time", name="pk_readings"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "meter_silences",
        sa.Column("charge_point", sa.Text(), nullable=False),
        sa.Column("meter", sa.Text(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("charge_point", "meter", "since", name="pk_meter_silences"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    for table in (
        "price_versions",
        "meter_silences",
        "readings",
        "session_ended",
        "session_latched",
        "session_started",
        "tokens",
        "charge_points",
    ):
        op.drop_table(table)
