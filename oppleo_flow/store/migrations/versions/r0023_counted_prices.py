"""What counts the sessions of prices, and names their charge points, is in an index."""

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_session_started_charge_point_point", "session_started", ["charge_point", "point"]
    )
    op.create_index("ix_slices_price", "slices", ["charge_point", "price_version_id", "session_id"])


def downgrade() -> None:
    op.drop_index("ix_slices_price", "slices")
    op.drop_index("ix_session_started_charge_point_point", "session_started")
