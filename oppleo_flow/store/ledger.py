"""The ledger of a charge point: its cards, sessions, readings and prices in one database."""

from contextlib import ExitStack
from types import TracebackType
from typing import Self

from sqlalchemy import select

from oppleo_flow.errors import StoreError
from oppleo_flow.store.database import Database, insert_new, sqlite_engine
from oppleo_flow.store.location import StoreLocation
from oppleo_flow.store.price_rows import PriceRows
from oppleo_flow.store.reading_rows import ReadingRows
from oppleo_flow.store.schema import check, prepare
from oppleo_flow.store.session_rows import SessionRows
from oppleo_flow.store.tables import charge_points
from oppleo_flow.store.token_rows import TokenRows


class Ledger:
    """An open ledger, in four parts; may be used from any thread, and as a context manager."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.tokens = TokenRows(database)
        self.sessions = SessionRows(database)
        self.readings = ReadingRows(database)
        self.prices = PriceRows(database)

    @property
    def charge_point(self) -> str:
        """Return the charge point whose rows these are."""
        return self._database.charge_point

    def close(self) -> None:
        """Let go of the file."""
        try:
            self.readings.write_gathered()
        finally:
            self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def open_sqlite(location: StoreLocation, charge_point: str, *, read_only: bool) -> Ledger:
    """Open the ledger in a file; see `oppleo_flow.store.open_ledger`."""
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
    engine = sqlite_engine(path, read_only=read_only)
    database = Database(engine, str(path), charge_point, lasting=location.lasting)
    with ExitStack() as on_failure:
        on_failure.callback(database.close)
        if read_only:
            check(engine, path)
        else:
            prepare(engine, path)
        _claim(database, read_only=read_only)
        on_failure.pop_all()
    return Ledger(database)


def _claim(database: Database, *, read_only: bool) -> None:
    """Refuse the ledger of another charge point: its cards and sessions would seem to be gone."""
    with database.read() as connection:
        known = list(connection.scalars(select(charge_points.c.charge_point)))
    if known and database.charge_point not in known:
        raise StoreError(
            f"{database.place}: is the ledger of charge point {known[0]!r}, "
            f"not of {database.charge_point!r}; set charge_point back to it"
        )
    if read_only and not known:
        raise StoreError(f"{database.place}: the ledger is empty; start `oppleo-flow run` once")
    if not read_only:
        # Each time: a file that cannot be written says so now, not at the first session.
        with database.write() as connection:
            connection.execute(
                insert_new(connection, charge_points).values(charge_point=database.charge_point)
            )
