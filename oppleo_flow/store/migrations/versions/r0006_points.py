"""Several charge points at one site, each with at most one open session."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_INDEX = "uq_session_started_open"


def upgrade() -> None:
    op.add_column(
        "session_started", sa.Column("point", sa.Text(), nullable=False, server_default="")
    )
    op.drop_index(_INDEX, "session_started")
    _make_index("charge_point", "point")


def _make_index(*columns: str) -> None:
    op.create_index(
        _INDEX,
        "session_started",
        list(columns),
        unique=True,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_index(_INDEX, "session_started")
    _make_index("charge_point")
    op.drop_column("session_started", "point")
