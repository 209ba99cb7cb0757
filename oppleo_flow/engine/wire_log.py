"""Reading the log of the state file: what durable wires and spools have still to deliver."""

import sqlite3

from oppleo_flow.immutable import immutable

BEFORE_ALL = -(2**63)
Row = tuple[int, str]


@immutable
class Page:
    """The oldest messages of a log after some point, each with its number and its JSON text.

    `behind` is how many more there are, `newest` the number of the last of all.
    """

    rows: list[Row]
    behind: int
    newest: int


def read_page(db: sqlite3.Connection, *, wire: str, after: int, most: int) -> Page:
    """Return the oldest messages of a log whose numbers are above `after`."""
    rows = db.execute(
        "SELECT id, message FROM wire_log WHERE wire = ? AND id > ? ORDER BY id LIMIT ?",
        (wire, after, most),
    ).fetchall()
    last = rows[-1][0] if rows else after
    behind, newest = db.execute(
        "SELECT count(*), max(id) FROM wire_log WHERE wire = ? AND id > ?", (wire, last)
    ).fetchone()
    return Page(rows, behind, last if newest is None else newest)


def measure(db: sqlite3.Connection, *, wire: str) -> tuple[int, int]:
    """Return how many messages a log has, and their size."""
    count, size = db.execute(
        "SELECT count(*), ifnull(sum(length(message)), 0) FROM wire_log WHERE wire = ?", (wire,)
    ).fetchone()
    return count, size
