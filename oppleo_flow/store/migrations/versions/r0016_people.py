"""More of vehicles, who and what is retired, former names, and which card was enrolled."""

import sqlalchemy as sa
from alembic import op

from oppleo_flow.store.column_types import UtcDateTime

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_TEXTS = ("make", "model", "vin")
_RETIRE = ("tokens", "drivers", "vehicles", "cost_centres")


def upgrade() -> None:
    for name in _TEXTS:
        op.add_column("vehicles", sa.Column(name, sa.Text()))
    for table in _RETIRE:
        op.add_column(table, sa.Column("retired_at", UtcDateTime()))
    op.add_column("enrolments", sa.Column("token_id", sa.Uuid()))
    op.create_table(
        "former_names",
        sa.Column("charge_point", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("former", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("charge_point", "kind", "former", name="pk_former_names"),
    )


def downgrade() -> None:
    op.drop_table("former_names")
    op.drop_column("enrolments", "token_id")
    for table in _RETIRE:
        op.drop_column(table, "retired_at")
    for name in _TEXTS:
        op.drop_column("vehicles", name)
