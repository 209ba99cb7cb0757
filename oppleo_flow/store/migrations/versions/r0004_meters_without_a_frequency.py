"""Readings of meters that do not tell the frequency."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_AS_IT_IS = {"sqlite_with_rowid": False}


def upgrade() -> None:
    with op.batch_alter_table("readings", table_kwargs=_AS_IT_IS) as readings:
        readings.alter_column("frequency_hz", existing_type=sa.Double(), nullable=True)


def downgrade() -> None:
    op.execute("DELETE FROM readings WHERE frequency_hz IS NULL")
    with op.batch_alter_table("readings", table_kwargs=_AS_IT_IS) as readings:
        readings.alter_column("frequency_hz", existing_type=sa.Double(), nullable=False)
