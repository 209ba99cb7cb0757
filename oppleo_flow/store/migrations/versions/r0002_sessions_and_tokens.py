"""One open session at most, corrections, limits of tokens, and what sessions are attributed to."""

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

from oppleo_flow.store.column_types import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# A session that ended was closed then; of several that did not, all but the last one were closed
# when the next one began.
_CLOSE = """
UPDATE session_started SET closed_at = coalesce(
    (SELECT e.ended_at FROM session_ended e WHERE e.session_id = session_started.session_id),
    (SELECT min(n.started_at) FROM session_started n
     WHERE n.charge_point = session_started.charge_point
     AND (n.started_at > session_started.started_at OR (n.started_at = session_started.started_at
          AND n.session_id > session_started.session_id)))
)
"""


def upgrade() -> None:
    _tokens()
    _started()
    for name in ("interrupted", "clock_uncertain"):
        op.add_column("session_ended", _no(name))
    op.create_table(
        "session_settled",
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("charge_point", sa.Text(), nullable=False),
        sa.Column("settled_at", UtcDateTime(), nullable=False),
        sa.Column("meter_end_wh", sa.BigInteger(), nullable=False),
        sa.Column("energy_wh", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("session_id", name="pk_session_settled"),
    )
    _corrections()


def _no(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false())


def _attribution() -> Iterator[sa.Column[str]]:
    return (sa.Column(name, sa.Text()) for name in ("driver", "vehicle", "plate", "cost_centre"))


def _tokens() -> None:
    for name in ("driver", "vehicle", "cost_centre"):
        op.add_column("tokens", sa.Column(name, sa.Text()))
    op.add_column("tokens", sa.Column("max_energy_wh", sa.BigInteger()))
    op.add_column("tokens", sa.Column("max_duration_s", sa.Integer()))
    for table, more in (("drivers", ()), ("vehicles", ("plate",)), ("cost_centres", ())):
        op.create_table(
            table,
            sa.Column("charge_point", sa.Text(), nullable=False),
            sa.Column("name", sa.Text(), nullable=False),
            *(sa.Column(name, sa.Text()) for name in more),
            sa.PrimaryKeyConstraint("charge_point", "name", name=f"pk_{table}"),
        )
    op.create_table(
        "enrolments",
        sa.Column("charge_point", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("armed_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("charge_point", name="pk_enrolments"),
    )


def _started() -> None:
    op.add_column(
        "session_started", sa.Column("trigger", sa.Text(), nullable=False, server_default="card")
    )
    for column in _attribution():
        op.add_column("session_started", column)
    op.add_column("session_started", _no("clock_uncertain"))
    op.add_column("session_started", sa.Column("closed_at", UtcDateTime()))
    op.execute(_CLOSE)
    op.create_index(
        "uq_session_started_open",
        "session_started",
        ["charge_point"],
        unique=True,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )


def _corrections() -> None:
    op.create_table(
        "session_corrections",
        sa.Column("correction_id", sa.Uuid(), nullable=False),
        sa.Column("charge_point", sa.Text(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("corrected_at", UtcDateTime(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("void", sa.Boolean()),
        sa.Column("started_at", UtcDateTime()),
        sa.Column("ended_at", UtcDateTime()),
        sa.Column("meter_start_wh", sa.BigInteger()),
        sa.Column("meter_end_wh", sa.BigInteger()),
        sa.Column("energy_wh", sa.BigInteger()),
        sa.Column("label", sa.Text()),
        *_attribution(),
        sa.PrimaryKeyConstraint("correction_id", name="pk_session_corrections"),
        sa.UniqueConstraint(
            "session_id", "number", name="uq_session_corrections_session_id_number"
        ),
    )


def downgrade() -> None:
    op.drop_table("session_corrections")
    op.drop_table("session_settled")
    for name in ("interrupted", "clock_uncertain"):
        op.drop_column("session_ended", name)
    op.drop_index("uq_session_started_open", "session_started")
    gone = ("trigger", "driver", "vehicle", "plate", "cost_centre", "clock_uncertain", "closed_at")
    for name in gone:
        op.drop_column("session_started", name)
    for table in ("enrolments", "cost_centres", "vehicles", "drivers"):
        op.drop_table(table)
    for name in ("driver", "vehicle", "cost_centre", "max_energy_wh", "max_duration_s"):
        op.drop_column("tokens", name)
