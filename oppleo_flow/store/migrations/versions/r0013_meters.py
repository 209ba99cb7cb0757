"""Which kWh meters there are and were, with their first and last registers."""

import sqlalchemy as sa
from alembic import op

from oppleo_flow.store.column_types import UtcDateTime

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "meters",
        sa.Column("charge_point", sa.Text(), nullable=False),
        sa.Column("meter", sa.Text(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("make", sa.Text()),
        sa.Column("model", sa.Text()),
        sa.Column("serial", sa.Text()),
        sa.Column("mid", sa.Boolean()),
        sa.Column("calibration_year", sa.Integer()),
        sa.Column("register", sa.Text(), nullable=False),
        sa.Column("first_wh", sa.BigInteger()),
        sa.Column("until", UtcDateTime()),
        sa.Column("last_wh", sa.BigInteger()),
        sa.PrimaryKeyConstraint("charge_point", "meter", "since", name="pk_meters"),
    )


def downgrade() -> None:
    op.drop_table("meters")
