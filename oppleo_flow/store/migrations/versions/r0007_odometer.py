"""The odometer of a session's vehicle, as it was told and as somebody corrects it."""

import sqlalchemy as sa
from alembic import op

from oppleo_flow.store.column_types import UtcDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "session_odometer",
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("charge_point", sa.Text(), nullable=False),
        sa.Column("vehicle", sa.Text(), nullable=False),
        sa.Column("odometer_km", sa.Integer(), nullable=False),
        sa.Column("measured_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("session_id", name="pk_session_odometer"),
    )
    op.add_column("session_corrections", sa.Column("odometer_km", sa.Integer()))


def downgrade() -> None:
    op.drop_column("session_corrections", "odometer_km")
    op.drop_table("session_odometer")
