"""What people were told: by which node, when, and how it went.  The newest are kept."""

from sqlalchemy import RowMapping, delete, select, update

from oppleo_flow.charging.told import Result, ToldOnce
from oppleo_flow.store.database import Database
from oppleo_flow.store.tables.told import told

KEPT = 1000
"""So many of a charge point are kept."""


class ToldRows:
    """What was told at a charge point."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def record(self, one: ToldOnce) -> None:
        """Write how it went to tell something; another try of the same takes the first's place."""
        mine = (
            told.c.charge_point == self._db.charge_point,
            told.c.node == one.node,
            told.c.told_id == one.told_id,
        )
        now = {"at": one.at, "result": one.result, "error": one.error}
        with self._db.write(durable=False) as connection:
            again = update(told).where(*mine).values(**now, tries=told.c.tries + 1)
            if connection.execute(again).rowcount:
                return
            row = {
                "charge_point": self._db.charge_point,
                "node": one.node,
                "told_id": one.told_id,
                "event": one.event,
                "priority": one.priority,
                "title": one.title,
                "text": one.text,
                "tries": 1,
            }
            connection.execute(told.insert().values(**row, **now))
            oldest = (
                select(told.c.at)
                .where(told.c.charge_point == self._db.charge_point)
                .order_by(told.c.at.desc())
                .offset(KEPT)
                .limit(1)
                .scalar_subquery()
            )
            ours = told.c.charge_point == self._db.charge_point
            connection.execute(delete(told).where(ours, told.c.at <= oldest))

    def newest(self, count: int = KEPT) -> list[ToldOnce]:
        """Return the newest, the newest first."""
        query = (
            select(told)
            .where(told.c.charge_point == self._db.charge_point)
            .order_by(told.c.at.desc())
            .limit(count)
        )
        with self._db.read() as connection:
            return [_one(row._mapping) for row in connection.execute(query)]


def _one(row: RowMapping) -> ToldOnce:
    result: Result = row["result"]
    names = ("node", "told_id", "at", "event", "priority", "title", "text", "error", "tries")
    return ToldOnce(result=result, **{name: row[name] for name in names})
