"""What sessions are searched for is kept once; who first looks makes the index anew."""

import sqlalchemy as sa
from alembic import op

from oppleo_flow.store.column_types import UtcDateTime

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

_INDEXED = (
    *((name, "session_id") for name in ("started_at", "label", "energy_wh", "amount_cents")),
    *((name, "started_at", "session_id") for name in ("driver", "vehicle", "cost_centre")),
)
_SUMMED = ["session_id", "energy_wh", "amount_cents", "void"]


def upgrade() -> None:
    op.drop_table("session_index")
    op.create_table(
        "session_words",
        sa.Column("words_id", sa.Integer(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("words_id", name="pk_session_words"),
        sa.UniqueConstraint("words", name="uq_session_words_words"),
    )
    _make_index(sa.Column("words_id", sa.Integer(), nullable=False))
    op.create_index(
        "ix_session_index_words", "session_index", ["charge_point", "words_id", *_SUMMED]
    )


def downgrade() -> None:
    op.drop_table("session_index")
    op.drop_table("session_words")
    _make_index(sa.Column("words", sa.Text(), nullable=False))


def _make_index(words: sa.Column[object]) -> None:
    op.create_table(
        "session_index",
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("charge_point", sa.Text(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime()),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("driver", sa.Text()),
        sa.Column("vehicle", sa.Text()),
        sa.Column("cost_centre", sa.Text()),
        sa.Column("point", sa.Text(), nullable=False),
        sa.Column("energy_wh", sa.BigInteger()),
        sa.Column("amount_cents", sa.BigInteger()),
        sa.Column("currency", sa.String(3)),
        sa.Column("void", sa.Boolean(), nullable=False),
        sa.Column("flags", sa.Text(), nullable=False),
        words,
        sa.PrimaryKeyConstraint("session_id", name="pk_session_index"),
    )
    for names in _INDEXED:
        columns = ["charge_point", *names]
        op.create_index(f"ix_session_index_{'_'.join(columns)}", "session_index", columns)
    ends = ["charge_point", "ended_at", *_SUMMED]
    op.create_index("ix_session_index_ends", "session_index", ends)
