"""What counts the sessions of cards and people, and sums up all of them, is in an index."""

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_NAMES = ("driver", "vehicle", "cost_centre")
_ENDS = ["charge_point", "ended_at", "session_id", "energy_wh", "amount_cents"]


def upgrade() -> None:
    for name in _NAMES:
        op.create_index(
            f"ix_session_started_charge_point_{name}", "session_started", ["charge_point", name]
        )
    op.create_index(
        "ix_session_started_token",
        "session_started",
        ["charge_point", "token_id", "clock_uncertain", "started_at"],
    )
    op.create_index(
        "ix_session_ended_token",
        "session_ended",
        ["charge_point", "token_id", "reason", "clock_uncertain", "ended_at", "session_id"],
    )
    op.drop_index("ix_session_index_ends", "session_index")
    op.create_index("ix_session_index_ends", "session_index", [*_ENDS, "void"])


def downgrade() -> None:
    op.drop_index("ix_session_index_ends", "session_index")
    op.create_index("ix_session_index_ends", "session_index", _ENDS)
    op.drop_index("ix_session_ended_token", "session_ended")
    op.drop_index("ix_session_started_token", "session_started")
    for name in _NAMES:
        op.drop_index(f"ix_session_started_charge_point_{name}", "session_started")
