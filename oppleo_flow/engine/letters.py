"""The table of dead letters: messages that nobody could handle, kept to be looked at and replayed.

It is bounded by number, age and size; the oldest go, and are counted.  Used with the connection of
the state store, on its writer's thread.
"""

import json
import sqlite3
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from oppleo_flow.immutable import immutable

LETTERS_KEPT = 1000
LETTERS_KEPT_FOR = timedelta(days=30)
LETTERS_KEPT_BYTES = 20_000_000
_FIELDS = "node, port, message, error, at, tries, id"
_LOST = "dead letters lost"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS dead_letter (
    id INTEGER PRIMARY KEY AUTOINCREMENT, node TEXT NOT NULL, port TEXT NOT NULL,
    message TEXT NOT NULL, error TEXT NOT NULL, at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
"""
_ADDED = {"tries": "1", "size": "0"}
_BOUNDS = (
    "at < :oldest",
    "id <= (SELECT id FROM dead_letter ORDER BY id DESC LIMIT 1 OFFSET :kept)",
    "id IN (SELECT id FROM (SELECT id, sum(size) OVER (ORDER BY id DESC) AS total"
    " FROM dead_letter) WHERE total > :bytes)",
)


@immutable
class DeadLetter:
    """A message that a node could not handle.

    `message` is as it stands in a log: `payload`, `id`, `trace_id`, `time` and `source`.  `at` is
    when it failed last, in UTC as ISO 8601 text, and `tries` how often it was given to the node
    since it became a dead letter, that time included.  `id` is 0 until it is kept.
    """

    node: str
    port: str
    message: Mapping[str, Any]
    error: str
    at: str
    tries: int = 1
    id: int = 0


@immutable
class DeadLetters:
    """The newest dead letters, the oldest of them first.

    `count` is of all that are kept, `lost` of those that have been given up in all, unread.
    """

    letters: tuple[DeadLetter, ...]
    count: int
    lost: int


@immutable
class FailedAgain:
    """A dead letter that its node could not handle either when it was replayed."""

    id: int
    error: str
    at: str


def prepare(db: sqlite3.Connection) -> None:
    """Make the table, or add what a newer version of it has."""
    db.executescript(_SCHEMA)
    there = {row[1] for row in db.execute("PRAGMA table_info(dead_letter)")}
    for name, default in _ADDED.items():
        if name not in there:
            db.execute(
                f"ALTER TABLE dead_letter ADD COLUMN {name} INTEGER NOT NULL DEFAULT {default}"
            )
    # So that adding up the sizes reads no message.
    db.execute("CREATE INDEX IF NOT EXISTS dead_letter_sizes ON dead_letter (id, size)")


def add(db: sqlite3.Connection, letter: DeadLetter) -> None:
    """Keep a letter, and give up those that are too old or too many."""
    message = json.dumps(letter.message)
    db.execute(
        "INSERT INTO dead_letter (node, port, message, error, at, tries, size) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            *(letter.node, letter.port, message, letter.error, letter.at, letter.tries),
            len(message) + len(letter.error),
        ),
    )
    prune(db, letter.at)


def prune(db: sqlite3.Connection, now: str) -> None:
    """Give up, and count, the letters that are beyond a bound at a time."""
    bounds = {
        "oldest": (datetime.fromisoformat(now) - LETTERS_KEPT_FOR).isoformat(),
        "kept": LETTERS_KEPT,
        "bytes": LETTERS_KEPT_BYTES,
    }
    gone = sum(db.execute(f"DELETE FROM dead_letter WHERE {b}", bounds).rowcount for b in _BOUNDS)
    if gone:
        db.execute(
            "INSERT INTO counter VALUES (?, ?) "
            "ON CONFLICT (name) DO UPDATE SET value = value + excluded.value",
            (_LOST, gone),
        )


def note_failure(db: sqlite3.Connection, failed: FailedAgain) -> None:
    """Keep with a letter why it failed this time."""
    db.execute(
        "UPDATE dead_letter SET error = ?, at = ?, tries = tries + 1 WHERE id = ?",
        (failed.error, failed.at, failed.id),
    )


def remove(db: sqlite3.Connection, letter_id: int) -> None:
    """Forget a letter; one that is not there is left alone."""
    db.execute("DELETE FROM dead_letter WHERE id = ?", (letter_id,))


def newest(db: sqlite3.Connection, count: int) -> list[DeadLetter]:
    """Return the newest letters, the oldest of them first."""
    rows = db.execute(f"SELECT {_FIELDS} FROM dead_letter ORDER BY id DESC LIMIT ?", (count,))
    return [_letter(row) for row in reversed(rows.fetchall())]


def one(db: sqlite3.Connection, letter_id: int) -> DeadLetter | None:
    """Return the letter of an id; None when there is none."""
    row = db.execute(f"SELECT {_FIELDS} FROM dead_letter WHERE id = ?", (letter_id,)).fetchone()
    return None if row is None else _letter(row)


def _letter(row: tuple[Any, ...]) -> DeadLetter:
    node, port, message, *rest = row
    return DeadLetter(node, port, json.loads(message), *rest)


def counts(db: sqlite3.Connection) -> tuple[int, int]:
    """Return how many letters are kept, and how many have been given up in all, unread."""
    (kept,) = db.execute("SELECT count(*) FROM dead_letter").fetchone()
    lost = db.execute("SELECT value FROM counter WHERE name = ?", (_LOST,)).fetchone()
    return kept, 0 if lost is None else lost[0]
