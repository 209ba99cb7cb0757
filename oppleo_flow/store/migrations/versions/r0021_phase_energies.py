"""The registers of single phases; nobody knows them of readings that were written before."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_NAMES = tuple(f"energy_l{phase}_wh" for phase in (1, 2, 3))


def upgrade() -> None:
    for name in _NAMES:
        op.add_column("readings", sa.Column(name, sa.BigInteger()))


def downgrade() -> None:
    for name in _NAMES:
        op.drop_column("readings", name)
