"""The ledger of a charge point: its cards, sessions, readings and prices in one database."""

import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from oppleo_flow.errors import StoreError
from oppleo_flow.store.location import StoreLocation
from oppleo_flow.store.schema import check, prepare
from oppleo_flow.store.sqlite_file import opened

if TYPE_CHECKING:
    from oppleo_flow.store.account_rows import AccountRows
    from oppleo_flow.store.clock_rows import ClockRows
    from oppleo_flow.store.correction_rows import CorrectionRows
    from oppleo_flow.store.enrolment_rows import EnrolmentRows
    from oppleo_flow.store.exchange_rows import ExchangeRows
    from oppleo_flow.store.import_rows import ImportRows
    from oppleo_flow.store.market_rows import MarketRows
    from oppleo_flow.store.meter_rows import MeterRows
    from oppleo_flow.store.old_readings import OldReadings
    from oppleo_flow.store.outbox.outbox import Outbox
    from oppleo_flow.store.price_rows import PriceRows
    from oppleo_flow.store.reading_rows import ReadingRows
    from oppleo_flow.store.rows import Rows
    from oppleo_flow.store.session_list import SessionList
    from oppleo_flow.store.session_rows import SessionRows
    from oppleo_flow.store.sign_in_rows import SignInRows
    from oppleo_flow.store.statement_rows import StatementRows
    from oppleo_flow.store.token_rows import TokenRows
    from oppleo_flow.store.told_rows import ToldRows
    from oppleo_flow.store.usage_rows import UsageRows
    from oppleo_flow.store.user_rows import UserRows


class Ledger:
    """An open ledger, in parts; may be used from any thread, and as a context manager.

    `make_rows` opens its database, when something in it is first read or written.
    """

    def __init__(self, charge_point: str, make_rows: Callable[[], "Rows"]) -> None:
        self.charge_point = charge_point
        self._make_rows = make_rows
        self._lock = threading.Lock()
        self._made: Rows | None = None

    @property
    def tokens(self) -> "TokenRows":
        """Return the cards."""
        return self._rows.tokens

    @property
    def sessions(self) -> "SessionRows":
        """Return the charging sessions."""
        return self._rows.sessions

    @property
    def session_list(self) -> "SessionList":
        """Return the charging sessions as lists."""
        return self._rows.session_list

    @property
    def accounts(self) -> "AccountRows":
        """Return the drivers, vehicles and cost centres."""
        return self._rows.accounts

    @property
    def enrolments(self) -> "EnrolmentRows":
        """Return what is armed for the next card."""
        return self._rows.enrolments

    @property
    def corrections(self) -> "CorrectionRows":
        """Return the corrections of sessions."""
        return self._rows.corrections

    @property
    def meters(self) -> "MeterRows":
        """Return which meters there are and were."""
        return self._rows.meters

    @property
    def readings(self) -> "ReadingRows":
        """Return what the meters said."""
        return self._rows.readings

    @property
    def usage(self) -> "UsageRows":
        """Return what the meters said, to be looked at."""
        return self._rows.usage

    @property
    def old_readings(self) -> "OldReadings":
        """Return the readings that make room."""
        return self._rows.old_readings

    @property
    def prices(self) -> "PriceRows":
        """Return the price versions."""
        return self._rows.prices

    @property
    def market(self) -> "MarketRows":
        """Return the market prices."""
        return self._rows.market

    @property
    def clock(self) -> "ClockRows":
        """Return what is known of the machine's clock."""
        return self._rows.clock

    @property
    def told(self) -> "ToldRows":
        """Return what people were told."""
        return self._rows.told

    @property
    def users(self) -> "UserRows":
        """Return the people who may sign in."""
        return self._rows.users

    @property
    def sign_ins(self) -> "SignInRows":
        """Return by what people are signed in."""
        return self._rows.sign_ins

    @property
    def imports(self) -> "ImportRows":
        """Return what was taken over from another program."""
        return self._rows.imports

    @property
    def statements(self) -> "StatementRows":
        """Return the statements that were issued."""
        return self._rows.statements

    @property
    def exchanges(self) -> "ExchangeRows":
        """Return when meters were exchanged."""
        return self._rows.exchanges

    @property
    def outbox(self) -> "Outbox":
        """Return what is on its way to another database."""
        return self._rows.outbox

    def let_outbox_go(self) -> None:
        """Keep nothing for another database any more, if nobody takes it from here."""
        with self._lock:
            if self._made is not None:  # to make them for that is not worth it
                self._made.outbox.forget_unless_taken()

    @property
    def _rows(self) -> "Rows":
        with self._lock:
            if self._made is None:
                self._made = self._make_rows()
            return self._made

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            if self._made is not None:
                self._made.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def open_ledger(location: StoreLocation, charge_point: str, *, read_only: bool = False) -> Ledger:
    """Return the open ledger of a charge point; a file that is not there is made.

    A ledger of an older version is migrated, in a child process.  With `read_only` nothing is made
    or migrated.

    Raises:
        StoreError: The file cannot be opened or written, is not a ledger, or is another charge
            point's; the message says what to do.
    """
    path = location.path
    try:
        is_folder, exists = path.is_dir(), path.exists()
        if not read_only:
            path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"{path}: cannot be reached: {error.strerror}") from error
    if is_folder:
        raise StoreError(f"{path}: is a folder, not a file; name the ledger's file")
    if read_only and not exists:
        raise StoreError(f"{path}: there is no ledger yet; start `oppleo-flow run` once")
    with opened(path, read_only=read_only) as connection:
        if read_only:
            check(connection, path)
        else:
            prepare(connection, path)
        _claim(connection, path, charge_point, read_only=read_only)

    def make_rows() -> "Rows":
        # Not at the top: SQLAlchemy takes longer to import than all the rest of a start, and who
        # opens a ledger need not wait for it.
        from oppleo_flow.store.rows import rows_of_file  # noqa: PLC0415

        return rows_of_file(location, charge_point, read_only=read_only)

    return Ledger(charge_point, make_rows)


def _claim(
    connection: sqlite3.Connection, path: Path, charge_point: str, *, read_only: bool
) -> None:
    """Refuse the ledger of another charge point: its cards and sessions would seem to be gone."""
    known = [name for (name,) in connection.execute("SELECT charge_point FROM charge_points")]
    if known and charge_point not in known:
        raise StoreError(
            f"{path}: is the ledger of charge point {known[0]!r}, not of {charge_point!r}; "
            "set charge_point back to it"
        )
    if read_only and not known:
        raise StoreError(f"{path}: the ledger is empty; start `oppleo-flow run` once")
    if not read_only:
        # Each time: a file that cannot be written says so now, not at the first session.
        connection.execute(
            "INSERT INTO charge_points (charge_point) VALUES (?) ON CONFLICT DO NOTHING",
            (charge_point,),
        )
