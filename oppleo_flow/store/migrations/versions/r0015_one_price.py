"""Which sessions were billed elsewhere, all of each at one price; and the view that tells so."""

import sqlalchemy as sa
from alembic import op

from oppleo_flow.store.migrations.versions.r0014_views import LISTED_PRICE, sessions_view

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_BILLED_PRICE = """(SELECT p.price_per_kwh FROM session_ended e
       JOIN price_versions p ON p.price_version_id = e.price_version_id
       WHERE e.session_id = f.session_id AND e.one_price)"""


def upgrade() -> None:
    op.add_column(
        "session_ended",
        sa.Column("one_price", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    _replace_view(f"coalesce({_BILLED_PRICE}, {LISTED_PRICE})")


def downgrade() -> None:
    _replace_view(LISTED_PRICE)
    op.drop_column("session_ended", "one_price")


def _replace_view(flat_price: str) -> None:
    """Replace the view by one of the same columns; who may read it still may."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(sessions_view(flat_price).replace("CREATE VIEW", "CREATE OR REPLACE VIEW", 1))
