"""Durable state in `state.sqlite`: node state, durable wires and dead letters.

One writer thread owns the connection for writing and commits what waits together.  The file is in
WAL mode with full synchronisation: what was committed survives a power cut.
"""

import json
import sqlite3
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from oppleo_flow.engine import letters
from oppleo_flow.engine.letters import DeadLetter, DeadLetters, FailedAgain
from oppleo_flow.errors import StoreError
from oppleo_flow.immutable import immutable
from oppleo_flow.owned_file import for_owner

RETRY_S = 1.0
_GROUP = 100
_AFTER = "INSERT INTO wire_log (wire, message) VALUES (?, ?)"
_BEFORE = (
    "INSERT INTO wire_log (id, wire, message) "
    "SELECT min(ifnull(min(id), 0), 0) - 1, ?, ? FROM wire_log"
)
_SCHEMA = """
CREATE TABLE IF NOT EXISTS node_state (
    node TEXT PRIMARY KEY, type TEXT NOT NULL, state TEXT NOT NULL, saved_at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS wire_log (
    id INTEGER PRIMARY KEY AUTOINCREMENT, wire TEXT NOT NULL, message TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS wire_log_by_wire ON wire_log (wire, id);
"""


@dataclass(slots=True)
class Append:
    """A message to be logged for a durable wire; `log_id` and `size` are set when it is committed.

    `before`: it goes in front of all that the log has.
    """

    wire: str
    message: Mapping[str, Any]
    log_id: int = 0
    before: bool = False
    size: int = 0


@dataclass(slots=True)
class Transaction:
    """What must be committed together.

    `state` is `(node, type, encoded state, time)`; `acknowledged` are ids of the wire log,
    `settled_letter` is the id of a dead letter that is one no more.  `then` is called after the
    commit, on the writer's thread, with None or with the error.
    """

    state: tuple[str, str, Mapping[str, Any], str] | None = None
    appends: list[Append] = field(default_factory=list)
    acknowledged: list[int] = field(default_factory=list)
    dead_letter: DeadLetter | None = None
    settled_letter: int | None = None
    failed_letter: FailedAgain | None = None
    then: Callable[[StoreError | None], object] = lambda _: None

    @property
    def empty(self) -> bool:
        """Return whether there is nothing to commit."""
        return not (
            self.state
            or self.appends
            or self.acknowledged
            or self.dead_letter
            or self.settled_letter
            or self.failed_letter
        )


@immutable
class Question:
    """Something to be read when all that was submitted before is written."""

    ask: Callable[[sqlite3.Connection], Any]
    then: Callable[[Any, StoreError | None], object]


class StateStore:
    """The state file of one runtime.

    `on_trouble` is told, on the writer's thread, that a commit failed and is tried again, and with
    None that it works again.  `commits` and `written_bytes` say how much was written.

    Raises:
        StoreError: The file cannot be opened or is not a state file.
    """

    def __init__(
        self,
        path: Path,
        *,
        threaded: bool,
        on_trouble: Callable[[StoreError | None], object] = lambda _: None,
    ) -> None:
        self.path = path
        self._threaded = threaded
        self._on_trouble = on_trouble
        self._closing = threading.Event()
        self._jobs: SimpleQueue[Transaction | Question | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._reading = threading.Lock()
        self.commits = 0
        self.written_bytes = 0
        self._db = self._open()
        # A connection of its own to read by: it neither waits for a commit nor sees half of one.
        in_memory = str(path) == ":memory:"
        self._read = self._db if in_memory else sqlite3.connect(path, check_same_thread=False)

    def _open(self) -> sqlite3.Connection:
        if str(self.path) != ":memory:":
            for_owner(self.path)
        try:
            db = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
            db.execute("PRAGMA journal_mode=WAL")
            # In virtual time nothing outlives the machine, so nothing waits for the disk.
            db.execute(f"PRAGMA synchronous={'FULL' if self._threaded else 'OFF'}")
            db.executescript(_SCHEMA)
            letters.prepare(db)
        except sqlite3.Error as error:
            raise StoreError(
                f"{self.path}: cannot keep the state of the flow here: {error}; "
                "the folder must be writable and the file an SQLite database of this program"
            ) from error
        return db

    def start(self, now: str) -> None:
        """Begin to write, on a thread of the store's own unless the clock is virtual.

        `now` is the time in UTC as ISO 8601 text; what is too old by then is given up.
        """
        letters.prune(self._db, now)
        if self._threaded:
            self._thread = threading.Thread(target=self._run, name="state-writer", daemon=True)
            self._thread.start()

    def submit(self, transaction: Transaction) -> None:
        """Have a transaction committed; transactions are committed in order."""
        if self._thread is not None:
            self._jobs.put(transaction)
        else:
            self._commit([transaction])

    def ask(
        self,
        ask: Callable[[sqlite3.Connection], Any],
        then: Callable[[Any, StoreError | None], object],
    ) -> None:
        """Have something read, in its turn; `then` is told what, or why not, on that thread."""
        question = Question(ask, then)
        if self._thread is not None:
            self._jobs.put(question)
        else:
            self._answer(question)

    def _answer(self, question: Question) -> None:
        try:
            found = question.ask(self._db)
        except sqlite3.Error as error:
            question.then(None, StoreError(f"{self.path}: the state cannot be read: {error}"))
        else:
            question.then(found, None)

    def close(self) -> None:
        """Commit what waits, and close the file."""
        self._closing.set()
        if self._thread is not None:
            self._jobs.put(None)
            self._thread.join()
            self._thread = None
        self._read.close()
        self._db.close()

    # -- reading, from any thread --------------------------------------------------------------

    def state_of(self, node: str) -> tuple[str, dict[str, Any]] | None:
        """Return the type and the encoded state of a node; None when there is none."""
        with self._reading:
            row = self._read.execute(
                "SELECT type, state FROM node_state WHERE node = ?", (node,)
            ).fetchone()
        return None if row is None else (row[0], json.loads(row[1]))

    def dead_letters(self, count: int = letters.LETTERS_KEPT) -> DeadLetters:
        """Return the newest dead letters, the oldest of them first."""
        with self._reading:
            return DeadLetters(
                tuple(letters.newest(self._read, count)), *letters.counts(self._read)
            )

    def dead_letter(self, letter_id: int) -> DeadLetter | None:
        """Return one dead letter; None when there is none of that id."""
        with self._reading:
            return letters.one(self._read, letter_id)

    # -- writing -------------------------------------------------------------------------------

    def _run(self) -> None:
        while True:
            group = self._next_group()
            work = [job for job in group if isinstance(job, Transaction)]
            if work:
                self._commit(work)
            last = group[-1]
            if last is None:
                return
            if isinstance(last, Question):
                self._answer(last)

    def _next_group(self) -> list[Transaction | Question | None]:
        """Return the next transactions, up to a bound, or until something else is to be done."""
        group = [self._jobs.get()]
        while isinstance(group[-1], Transaction) and len(group) < _GROUP:
            try:
                group.append(self._jobs.get_nowait())
            except Empty:
                break
        return group

    def _commit(self, group: list[Transaction]) -> None:
        """Commit a group at once.

        A full disk may be emptied: on its thread the writer tries again, in order, until it works
        or the store is closed; everything behind waits with it.
        """
        error = self._write(group)
        while error is not None and self._thread is not None:
            self._on_trouble(error)
            if self._closing.wait(RETRY_S):
                break
            error = self._write(group)
            if error is None:
                self._on_trouble(None)
        for transaction in group:
            transaction.then(error)

    def _write(self, group: list[Transaction]) -> StoreError | None:
        db = self._db
        try:
            db.execute("BEGIN IMMEDIATE")
            for transaction in group:
                self._write_one(transaction)
            db.execute("COMMIT")
            self.commits += 1
        except sqlite3.Error as error:
            if db.in_transaction:
                db.execute("ROLLBACK")
            return StoreError(f"{self.path}: the state could not be written: {error}")
        return None

    def _text(self, data: Mapping[str, Any]) -> str:
        text = json.dumps(data)  # in ASCII, so as long in bytes
        self.written_bytes += len(text)
        return text

    def _write_one(self, transaction: Transaction) -> None:
        db = self._db
        if transaction.state is not None:
            node, type_name, state, at = transaction.state
            text = self._text(state)
            db.execute(
                "INSERT INTO node_state VALUES (?, ?, ?, ?) ON CONFLICT (node) DO UPDATE SET "
                "type = excluded.type, state = excluded.state, saved_at = excluded.saved_at",
                (node, type_name, text, at),
            )
        for append in transaction.appends:
            text = self._text(append.message)
            cursor = db.execute(_BEFORE if append.before else _AFTER, (append.wire, text))
            append.size = len(text)
            append.log_id = cursor.lastrowid or 0
        for log_id in transaction.acknowledged:
            db.execute("DELETE FROM wire_log WHERE id = ?", (log_id,))
        if transaction.settled_letter is not None:
            letters.remove(db, transaction.settled_letter)
        if transaction.failed_letter is not None:
            letters.note_failure(db, transaction.failed_letter)
        if transaction.dead_letter is not None:
            letters.add(db, transaction.dead_letter)
