"""Tariffs, market prices, and the energy of sessions in slices."""

import sqlalchemy as sa
from alembic import op

from oppleo_flow.store.column_types import ExactDecimal, UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# What has been billed stays so: one slice, at the flat price that was kept with the session.
_BILLED = """
INSERT INTO slices (session_id, number, charge_point, since, until, start_wh, end_wh, kind,
                    price_version_id, per_kwh, estimated)
SELECT e.session_id, 0, e.charge_point, e.started_at, e.ended_at, e.meter_start_wh,
       coalesce(s.meter_end_wh, e.meter_end_wh), 'flat', p.price_version_id, p.price_per_kwh,
       :estimated
FROM session_ended e
JOIN price_versions p ON p.price_version_id = e.price_version_id
LEFT JOIN session_settled s ON s.session_id = e.session_id
WHERE e.meter_start_wh IS NOT NULL AND coalesce(s.meter_end_wh, e.meter_end_wh) IS NOT NULL
"""


def upgrade() -> None:
    op.add_column("price_versions", sa.Column("tariff", sa.Text()))
    op.create_table(
        "market_prices",
        sa.Column("charge_point", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=False),
        sa.Column("per_kwh", ExactDecimal(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.PrimaryKeyConstraint("charge_point", "source", "since", name="pk_market_prices"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "slices",
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("charge_point", sa.Text(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=False),
        sa.Column("start_wh", sa.BigInteger(), nullable=False),
        sa.Column("end_wh", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("price_version_id", sa.Uuid(), nullable=False),
        sa.Column("per_kwh", ExactDecimal(), nullable=False),
        sa.Column("estimated", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("session_id", "number", name="pk_slices"),
    )
    op.execute(sa.text(_BILLED).bindparams(sa.bindparam("estimated", False, sa.Boolean())))


def downgrade() -> None:
    op.drop_table("slices")
    op.drop_table("market_prices")
    op.drop_column("price_versions", "tariff")
