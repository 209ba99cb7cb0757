"""What was rolled up to quarter-hours is rolled up to six hours as well.

Of one meter after the other, by the key: of the minutes, which are most of the rows, none is read.
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_NEXT_METER = sa.text(
    "SELECT charge_point, meter FROM reading_slots "
    "WHERE (charge_point, meter) > (:charge_point, :meter) ORDER BY charge_point, meter LIMIT 1"
)
_MAKE = sa.text(
    "INSERT INTO reading_slots (charge_point, meter, slot_s, since_s, start_wh, end_wh, energy_wh, "
    "min_w, mean_w, max_w, known_s) "
    "SELECT charge_point, meter, 21600, since_s - since_s % 21600, "
    "max(CASE WHEN since_s % 21600 = 0 THEN start_wh END), "
    "max(CASE WHEN since_s % 21600 = 20700 THEN end_wh END), "
    "sum(energy_wh), min(min_w), sum(mean_w * known_s) / sum(known_s), max(max_w), sum(known_s) "
    "FROM reading_slots WHERE charge_point = :charge_point AND meter = :meter AND slot_s = 900 "
    "GROUP BY charge_point, meter, since_s - since_s % 21600 HAVING sum(known_s) > 0"
)


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        return  # the copy there has the quarter-hours alone
    meter = {"charge_point": "", "meter": ""}
    while (found := connection.execute(_NEXT_METER, meter).one_or_none()) is not None:
        meter = {"charge_point": found.charge_point, "meter": found.meter}
        connection.execute(_MAKE, meter)


def downgrade() -> None:
    op.execute("DELETE FROM reading_slots WHERE slot_s = 21600")
