"""The people who may sign in, and the rows that an import has taken over."""

import sqlalchemy as sa
from alembic import op

from oppleo_flow.store.column_types import UtcDateTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "users",
        sa.Column("charge_point", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("password", sa.Text()),
        sa.Column("second_factor_due", sa.Boolean(), nullable=False),
        sa.Column("sealed_secret", sa.Text()),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("charge_point", "name", name="pk_users"),
    )
    op.create_table(
        "imported_rows",
        sa.Column("charge_point", sa.Text(), nullable=False),
        sa.Column("source_table", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("row", sa.Text(), nullable=False),
        sa.Column("imported_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint(
            "charge_point", "source_table", "source_id", name="pk_imported_rows"
        ),
    )


def downgrade() -> None:
    op.drop_table("imported_rows")
    op.drop_table("users")
