"""When sessions were by a clock that nobody had told the time, and what time that was."""

import sqlalchemy as sa
from alembic import op

from oppleo_flow.store.column_types import UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("session_started", "session_ended"):
        op.add_column(table, sa.Column("boot_id", sa.Text()))
        op.add_column(table, sa.Column("monotonic_s", sa.Double()))
    op.create_table(
        "boots",
        sa.Column("charge_point", sa.Text(), nullable=False),
        sa.Column("boot_id", sa.Text(), nullable=False),
        sa.Column("began_at", UtcDateTime(), nullable=False),
        sa.Column("known_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("charge_point", "boot_id", name="pk_boots"),
    )


def downgrade() -> None:
    op.drop_table("boots")
    for table in ("session_started", "session_ended"):
        for name in ("boot_id", "monotonic_s"):
            op.drop_column(table, name)
