"""The rows of a ledger, by SQLAlchemy; imported when something is first read or written."""

from oppleo_flow.store.account_rows import AccountRows
from oppleo_flow.store.clock_rows import ClockRows
from oppleo_flow.store.correction_rows import CorrectionRows
from oppleo_flow.store.database import Database, sqlite_engine
from oppleo_flow.store.enrolment_rows import EnrolmentRows
from oppleo_flow.store.location import StoreLocation
from oppleo_flow.store.market_rows import MarketRows
from oppleo_flow.store.price_rows import PriceRows
from oppleo_flow.store.reading_rows import ReadingRows
from oppleo_flow.store.session_rows import SessionRows
from oppleo_flow.store.token_rows import TokenRows


class Rows:
    """What a ledger holds, in parts that share one database."""

    def __init__(self, location: StoreLocation, charge_point: str, *, read_only: bool) -> None:
        written = location.written if location.lasting else None  # nothing wears out
        engine = sqlite_engine(location.path, read_only=read_only, written=written)
        self._database = Database(
            engine, str(location.path), charge_point, lasting=location.lasting
        )
        self.tokens = TokenRows(self._database)
        self.enrolments = EnrolmentRows(self._database, self.tokens)
        self.accounts = AccountRows(self._database)
        self.corrections = CorrectionRows(self._database)
        self.readings = ReadingRows(self._database)
        # What a session used in each hour of a tariff is cut by the readings.
        self.sessions = SessionRows(self._database, self.readings.write_gathered)
        self.prices = PriceRows(self._database)
        self.market = MarketRows(self._database)
        self.clock = ClockRows(self._database)

    def close(self) -> None:
        """Write what is still in memory, and let go of the file."""
        try:
            self.readings.write_gathered()
        finally:
            self._database.close()
