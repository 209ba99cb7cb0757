"""Copy everything in the site's ledger into a PostgreSQL database.

```yaml
copy_writer:
  type: postgres-writer
  store: store              # a connection of type site-store
  database: copy         # a connection of type postgres
```

Every row arrives once and in the order in which it was written, however long the server was away:
what has not arrived waits in the ledger. Charging never waits for the server. In an empty database
the tables are made, and those of an older version are migrated. Everything that was in the ledger
before goes first. Passwords never leave the site.

The fault says why nothing arrives: `server-away`, `login-refused`, `no-database`, `no-right`,
`read-only`, `disk-full`, `newer-version`, `not-ours`, `other-writer`, `other-ledger`, or `refused`
for anything else; `not-read` is of the ledger here. It is tried again, after a second at first and
two minutes at last, and nothing is lost. A row that the database cannot have, such as one that was
edited by hand, goes into the table `set_aside` there.

Several charge points may write into one database, each under a name of its own. A ledger that takes
the place of another of the same name, on a new memory card, says so with `take_over`.

**Your own SQL.** Use the views in the schema `oppleo_flow`: `sessions` with corrections and prices,
`monthly_energy` and `readings_per_quarter_hour`. Times are there twice: `started_at` is a moment,
`started_local` what the clock on the wall showed, in the time zone of the site.

```sql
SELECT charge_point, month, label, sessions, energy_kwh, amount, currency
FROM oppleo_flow.monthly_energy
ORDER BY month DESC, charge_point, label;
```

Who only reads gets a user of his own, and the role `oppleo_flow_read`:

```sql
CREATE ROLE dashboard LOGIN PASSWORD 'choose one';
GRANT oppleo_flow_read TO dashboard;
```

The role is made with the tables, if the writer's user may make roles; else do it once, as a user
who may: `CREATE ROLE oppleo_flow_read`, before the writer first starts.
"""

from datetime import datetime
from typing import TYPE_CHECKING

from pydantic import Field

from oppleo_flow import Example, Level, Node, NodeConfig, Ref, Seconds
from oppleo_flow.errors import StoreError
from oppleo_flow.node import StopReason
from oppleo_flow.payloads import CopyState
from oppleo_flow.store import LedgerConnection
from oppleo_flow.store.postgres.address import PostgresAddress, PostgresConnection

if TYPE_CHECKING:
    from oppleo_flow.store.outbox.outbox import Outbox
    from oppleo_flow.store.outbox.sending import OutboxSender

_FIRST_WAIT_S, _LONGEST_WAIT_S = 1.0, 120.0
_UNREADABLE = "not-read"


class PostgresWriterConfig(NodeConfig):
    """Settings of a `postgres-writer` node."""

    store: Ref[LedgerConnection] = Field(description="The site's store.")
    database: Ref[PostgresConnection] = Field(description="Where the copy goes.")
    every: Seconds = Field(
        "10s",
        validate_default=True,
        ge=1,
        le=3600,
        description="How long rows are gathered before they are sent.",
    )
    batch: int = Field(5_000, ge=10, le=50_000, description="Most rows that are sent at once.")
    take_over: str | None = Field(
        None,
        min_length=1,
        description="Id of the ledger whose place this one takes; the fault other-ledger names it.",
    )


class PostgresWriter(Node[PostgresWriterConfig]):
    """Copy everything in the site's ledger into a PostgreSQL database.

    Input:
        None.

    Output:
        `state`: an `CopyState`; how many rows have not arrived, since when, and why.

    Raises:
        StoreError: The site's own ledger cannot be used.

    Source:
        None.
    """

    type_name = "postgres-writer"
    icon = "database-backup"
    blocking = True
    state: Level[CopyState]
    examples = [Example(config={"store": "store", "database": "copy"})]

    def start(self) -> None:
        """Begin to keep what is written; the server is not looked for yet."""
        self._open_fault: str | None = None
        self._wait_s = _FIRST_WAIT_S
        self._complete_at: datetime = self.clock.now()
        self._sender: OutboxSender | None = None
        address = self.use(self.config.database).address
        if address is None:
            self.status("ok", "simulated: nothing is sent")
            return
        self._outbox: Outbox = self.use(self.config.store).ledger.outbox
        self._outbox.open()
        self._complete_at = self._outbox.behind().sent_at or self._complete_at
        self._sender = self._new_sender(address)
        self.after(0, self._send)

    def _new_sender(self, address: PostgresAddress) -> "OutboxSender":
        # Not at the top: they bring psycopg2 along, which a start need not wait for.
        from oppleo_flow.store.outbox.sending import OutboxSender  # noqa: PLC0415
        from oppleo_flow.store.postgres.copy import PostgresCopy  # noqa: PLC0415

        return OutboxSender(
            self._outbox,
            lambda: PostgresCopy(address, self.site.charge_point),
            self.clock,
            self.log,
            take_over=self.config.take_over,
        )

    def stop(self, reason: StopReason) -> None:
        """Take leave of the server; what has not arrived waits for the next start."""
        if self._sender is not None:
            self._sender.close()
            if reason == "deploy":  # it may be for good
                self._outbox.release()

    def _send(self) -> None:
        """Send one batch, and see to it that the next one goes."""
        assert self._sender is not None
        try:
            sent = self._sender.send_next(self.config.batch)
        except StoreError as error:
            self._failed(getattr(error, "code", _UNREADABLE), str(error))
            return
        self._wait_s = _FIRST_WAIT_S
        if self._open_fault is not None:
            self.clear(self._open_fault)
            self._open_fault = None
        if sent.aside:
            self.log.warning("rows set aside, which the database cannot have: %d", sent.aside)
        self._tell(None)
        # At once, but as a call of its own: what else has to be done here is not held up.
        self.after(0 if sent.more else self.config.every, self._send)

    def _failed(self, code: str, why: str) -> None:
        """Say once why nothing arrives, and try again later."""
        if self._open_fault not in (None, code):
            self.clear(str(self._open_fault))
        self._open_fault = code
        self.fault(code, why)
        self._tell(why)
        self.after(self._wait_s, self._send)
        self._wait_s = min(2 * self._wait_s, _LONGEST_WAIT_S)

    def _tell(self, away: str | None) -> None:
        """Say how far the other database is."""
        try:
            behind = self._outbox.behind()
        except StoreError:
            return  # the fault says so
        since = None
        if behind.rows or behind.sending_from is not None:
            since = self._complete_at
        else:
            self._complete_at = self.clock.now()
        self.state.set(CopyState(behind.rows, since, away))
        if since is None:
            self.status("ok", "all rows have arrived")
            return
        oldest = _in_words((self.clock.now() - since).total_seconds())
        before = "" if behind.sending_from is None else ", and those of before"
        text = f"{behind.rows} rows behind{before}, the oldest for {oldest}"
        self.status("warn" if away else "busy", text)


def _in_words(seconds: float) -> str:
    """Return a duration in its largest unit."""
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= length:
            return f"{seconds // length:.0f} {unit}"
    return f"{max(0.0, seconds):.0f} s"
