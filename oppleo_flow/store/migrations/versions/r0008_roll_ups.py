"""Readings rolled up to minutes and quarter-hours, and from when on all of them are kept."""

import sqlalchemy as sa
from alembic import op

from oppleo_flow.store.column_types import UtcDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reading_slots",
        sa.Column("charge_point", sa.Text(), nullable=False),
        sa.Column("meter", sa.Text(), nullable=False),
        sa.Column("slot_s", sa.Integer(), nullable=False),
        sa.Column("since_s", sa.BigInteger(), nullable=False),
        sa.Column("start_wh", sa.BigInteger()),
        sa.Column("end_wh", sa.BigInteger()),
        sa.Column("energy_wh", sa.BigInteger(), nullable=False),
        sa.Column("min_w", sa.Double(), nullable=False),
        sa.Column("mean_w", sa.Double(), nullable=False),
        sa.Column("max_w", sa.Double(), nullable=False),
        sa.Column("known_s", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint(
            "charge_point", "meter", "slot_s", "since_s", name="pk_reading_slots"
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "reading_horizons",
        sa.Column("charge_point", sa.Text(), nullable=False),
        sa.Column("meter", sa.Text(), nullable=False),
        sa.Column("kept_from", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("charge_point", "meter", name="pk_reading_horizons"),
    )


def downgrade() -> None:
    op.drop_table("reading_horizons")
    op.drop_table("reading_slots")
