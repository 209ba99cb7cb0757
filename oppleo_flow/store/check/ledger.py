"""Whether the rows of a ledger can be right: what somebody changed by hand, or what was lost.

A check changes nothing.  What is an error would be billed wrongly, or not at all; a note says what
may well be as it is, such as a register that falls because the meter was exchanged.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, Literal

from oppleo_flow.immutable import immutable
from oppleo_flow.store.check.finding import DatabaseFinding
from oppleo_flow.store.check.roll_ups import wrong_slots
from oppleo_flow.store.check.values import wrong_values

_MOST: Final = 5
"""How many rows are told of one kind; the rest is counted."""


@immutable
class _Rule:
    """A query for rows that cannot be right; it gives the values that its text names by number."""

    level: Literal["error", "note"]
    code: str
    text: str
    query: str


_LAST_WH = "coalesce(d.meter_end_wh, e.meter_end_wh)"
_ENERGY_WH = "coalesce(d.energy_wh, e.energy_wh)"
_LEAST_WH = (
    "min(energy_import_wh, "
    + ", ".join(f"coalesce(energy_l{phase}_wh, 0)" for phase in (1, 2, 3))
    + ")"
)
_CORRECTED = "e.session_id IN (SELECT session_id FROM session_corrections)"
_RULES: Final[Sequence[_Rule]] = (
    _Rule(
        "error",
        "two-open-sessions",
        "sessions {0} and {1} are both open; the next one that starts closes both as lost",
        "SELECT min(session_id), max(session_id) FROM session_started WHERE closed_at IS NULL "
        "GROUP BY charge_point, point HAVING count(*) > 1",
    ),
    _Rule(
        "error",
        "open-before-another",
        "session {0} of {1} has no end, although another one began after it",
        "SELECT session_id, started_at FROM session_started AS s WHERE closed_at IS NULL "
        "AND NOT clock_uncertain AND EXISTS (SELECT 1 FROM session_started AS o "
        "WHERE o.charge_point = s.charge_point AND o.point = s.point "
        "AND o.closed_at IS NOT NULL AND NOT o.clock_uncertain AND o.started_at > s.started_at)",
    ),
    _Rule(
        "error",
        "ends-before-it-starts",
        "session {0}: ends at {2}, before its start at {1}",
        "SELECT session_id, started_at, ended_at FROM session_ended "
        "WHERE ended_at < started_at AND NOT clock_uncertain",
    ),
    _Rule(
        "error",
        "energy-is-not-the-registers",
        "session {0}: its energy is {3} Wh, but its registers are {1} and {2} Wh",
        f"SELECT e.session_id, e.meter_start_wh, {_LAST_WH}, {_ENERGY_WH} FROM session_ended AS e "
        "LEFT JOIN session_settled AS d USING (session_id) "
        f"WHERE {_ENERGY_WH} <> {_LAST_WH} - e.meter_start_wh OR {_ENERGY_WH} < 0",
    ),
    _Rule(
        "error",
        "negative-register",
        "{0} {1}: a register is {2} Wh, below zero",
        "SELECT 'session', session_id, min(meter_start_wh, coalesce(meter_end_wh, 0)) "
        "FROM session_ended WHERE min(meter_start_wh, coalesce(meter_end_wh, 0)) < 0 UNION ALL "
        "SELECT 'session', session_id, meter_start_wh FROM session_started "
        "WHERE meter_start_wh < 0 UNION ALL "
        f"SELECT meter, time, {_LEAST_WH} FROM readings WHERE {_LEAST_WH} < 0",
    ),
    _Rule(
        "error",
        "slices-with-a-hole",
        "session {0}: slice {1} begins at {2} Wh, and the one before it ends at {3} Wh",
        "SELECT session_id, number, start_wh, before_wh FROM (SELECT session_id, number, start_wh, "
        "lag(end_wh) OVER (PARTITION BY session_id ORDER BY number) AS before_wh FROM slices) "
        "WHERE start_wh <> before_wh",
    ),
    _Rule(
        "error",
        "slices-overlap",
        "session {0}: slice {1} begins at {2}, before the end of the one before it at {3}",
        "SELECT session_id, number, since, before FROM (SELECT session_id, number, since, "
        "lag(until) OVER (PARTITION BY session_id ORDER BY number) AS before FROM slices) "
        "WHERE since < before",
    ),
    _Rule(
        "error",
        "slice-runs-backwards",
        "session {0}: slice {1} goes from {2} to {3} Wh",
        "SELECT session_id, number, start_wh, end_wh FROM slices WHERE end_wh < start_wh "
        "OR until < since",
    ),
    _Rule(
        "error",
        "slices-are-not-the-session",
        "session {0}: its slices have {1} Wh, but its registers are {2} and {3} Wh",
        f"SELECT e.session_id, sum(s.end_wh - s.start_wh), e.meter_start_wh, {_LAST_WH} "
        "FROM slices AS s JOIN session_ended AS e USING (session_id) "
        "LEFT JOIN session_settled AS d USING (session_id) GROUP BY e.session_id "
        f"HAVING sum(s.end_wh - s.start_wh) <> {_ENERGY_WH} AND NOT {_CORRECTED}",
    ),
    _Rule(
        "error",
        "price-is-lost",
        "session {0}: was billed by the price {1}, which is not there",
        "SELECT DISTINCT session_id, price_version_id FROM slices "
        "WHERE price_version_id NOT IN (SELECT price_version_id FROM price_versions)",
    ),
    _Rule(
        "note",
        "start-is-lost",
        "session {0} has {1}, but neither a start nor an end",
        "SELECT session_id, what FROM ("
        "SELECT session_id, 'a late start register' AS what FROM session_latched UNION ALL "
        "SELECT session_id, 'a late end register' FROM session_settled UNION ALL "
        "SELECT session_id, 'a correction' FROM session_corrections UNION ALL "
        "SELECT DISTINCT session_id, 'slices' FROM slices) "
        "WHERE session_id NOT IN (SELECT session_id FROM session_started "
        "UNION ALL SELECT session_id FROM session_ended)",
    ),
    _Rule(
        "note",
        "register-falls",
        "meter {0!r}: its register falls from {1} to {2} Wh at {3}; "
        "if it was exchanged, say so with `oppleo-flow meters exchange`",
        "SELECT meter, before_wh, energy_import_wh, time FROM (SELECT meter, time, "
        "energy_import_wh, serial, lag(energy_import_wh) OVER one AS before_wh, "
        "lag(serial) OVER one AS before FROM readings "
        "WINDOW one AS (PARTITION BY charge_point, meter ORDER BY time)) AS r "
        "WHERE energy_import_wh < before_wh AND serial IS before AND NOT EXISTS "
        "(SELECT 1 FROM meters AS m WHERE m.meter = r.meter AND m.since = r.time)",
    ),
)


def check_ledger(db: sqlite3.Connection, path: Path) -> Iterator[DatabaseFinding]:
    """Yield what in the rows of a ledger of this version cannot be right, or may not be.

    `db` is its file, open; no row of it is read by what a run reads it by.
    """
    place = str(path)
    wrong = list(wrong_values(db))
    for value in wrong:
        text = f"{value}; correct it, or restore it from a backup"
        yield DatabaseFinding("error", "wrong-value", place, text)
    if wrong:
        return  # what follows would stumble over them
    for rule in _RULES:
        rows = db.execute(rule.query).fetchall()
        for row in rows[:_MOST]:
            yield DatabaseFinding(rule.level, rule.code, place, rule.text.format(*row))
        if len(rows) > _MOST:
            text = f"{len(rows) - _MOST} more like the last one"
            yield DatabaseFinding(rule.level, rule.code, place, text)
    for text in wrong_slots(path, _MOST):
        yield DatabaseFinding("error", "wrong-roll-up", place, text)
