"""What is on its way from a site to PostgreSQL; and there, what has arrived."""

import sqlalchemy as sa
from alembic import op

from oppleo_flow.store.column_types import UtcDateTime

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        _site()
    else:
        _archive()


def _site() -> None:
    op.create_table(
        "outbox",
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("table_name", sa.Text(), nullable=False),
        sa.Column("gone", sa.Integer(), nullable=False),
        sa.Column("meter", sa.Text()),
        sa.Column("time", sa.Text()),
        sa.Column("row", sa.Text()),
        sa.PrimaryKeyConstraint("seq", name="pk_outbox"),
    )
    op.create_table(
        "outbox_state",
        sa.Column("ledger_id", sa.Text(), nullable=False),
        sa.Column("revision", sa.Text(), nullable=False),
        sa.Column("mark", sa.Text()),
        sa.Column("cursor", sa.Text()),
        sa.Column("next_mark", sa.Text()),
        sa.Column("next_seq", sa.Integer()),
        sa.Column("next_cursor", sa.Text()),
        sa.Column("sent_at", sa.Text()),
        sa.PrimaryKeyConstraint("ledger_id", name="pk_outbox_state"),
    )


def _archive() -> None:
    op.create_table(
        "arrivals",
        sa.Column("charge_point", sa.Text(), nullable=False),
        sa.Column("ledger_id", sa.Text(), nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("simulated", sa.Boolean(), nullable=False),
        sa.Column("arrived_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("charge_point", name="pk_arrivals"),
    )
    op.create_table(
        "set_aside",
        sa.Column("number", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("charge_point", sa.Text(), nullable=False),
        sa.Column("table_name", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("row", sa.Text(), nullable=False),
        sa.Column("set_aside_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_set_aside"),
    )


def downgrade() -> None:
    here = op.get_bind().dialect.name == "sqlite"
    for table in ("outbox_state", "outbox") if here else ("set_aside", "arrivals"):
        op.drop_table(table)
