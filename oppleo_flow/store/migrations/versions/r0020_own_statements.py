"""Where drivers and cost centres get their own statements, and which cards one of a label is of."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_ADDRESSED = ("drivers", "cost_centres")


def upgrade() -> None:
    for table in _ADDRESSED:
        op.add_column(table, sa.Column("email", sa.Text()))
    op.add_column("statements", sa.Column("cards", sa.Text()))


def downgrade() -> None:
    op.drop_column("statements", "cards")
    for table in _ADDRESSED:
        op.drop_column(table, "email")
