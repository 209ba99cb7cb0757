"""The rows of a ledger, by SQLAlchemy; imported when something is first read or written."""

from oppleo_flow.store.account_rows import AccountRows
from oppleo_flow.store.clock_rows import ClockRows
from oppleo_flow.store.correction_rows import CorrectionRows
from oppleo_flow.store.database import Database, sqlite_engine
from oppleo_flow.store.enrolment_rows import EnrolmentRows
from oppleo_flow.store.exchange_rows import ExchangeRows
from oppleo_flow.store.import_rows import ImportRows
from oppleo_flow.store.location import StoreLocation
from oppleo_flow.store.market_rows import MarketRows
from oppleo_flow.store.meter_rows import MeterRows
from oppleo_flow.store.old_readings import OldReadings
from oppleo_flow.store.outbox.outbox import Outbox
from oppleo_flow.store.price_rows import PriceRows
from oppleo_flow.store.reading_rows import ReadingRows
from oppleo_flow.store.session_list import SessionList
from oppleo_flow.store.session_rows import SessionRows
from oppleo_flow.store.sign_in_rows import SignInRows
from oppleo_flow.store.statement_rows import StatementRows
from oppleo_flow.store.token_rows import TokenRows
from oppleo_flow.store.told_rows import ToldRows
from oppleo_flow.store.usage_rows import UsageRows
from oppleo_flow.store.user_rows import UserRows


class Rows:
    """What a ledger holds, in parts that share one database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.tokens = TokenRows(self._database)
        self.enrolments = EnrolmentRows(self._database, self.tokens)
        self.accounts = AccountRows(self._database)
        self.corrections = CorrectionRows(self._database)
        self.readings = ReadingRows(self._database)
        self.usage = UsageRows(self._database, self.readings)
        self.meters = MeterRows(self._database)
        # What a session used in each hour of a tariff is cut by the readings.
        self.sessions = SessionRows(self._database, self.readings.write_gathered)
        self.session_list = SessionList(self._database)
        self.prices = PriceRows(self._database)
        self.market = MarketRows(self._database)
        self.clock = ClockRows(self._database)
        self.outbox = Outbox(self._database)
        self.old_readings = OldReadings(self._database, self.readings, self.sessions, self.outbox)
        self.users = UserRows(self._database)
        self.sign_ins = SignInRows(self._database)
        self.imports = ImportRows(self._database)
        self.told = ToldRows(self._database)
        self.statements = StatementRows(self._database)
        self.exchanges = ExchangeRows(self._database, self.readings)

    def close(self) -> None:
        """Write what is still in memory, and let go of the file."""
        try:
            self.readings.write_gathered()
        finally:
            self._database.close()


def rows_of_file(location: StoreLocation, charge_point: str, *, read_only: bool) -> Rows:
    """Return the rows of a charge point in the site's own file."""
    written = location.written if location.lasting else None  # nothing wears out
    engine = sqlite_engine(location.path, read_only=read_only, written=written)
    return Rows(Database(engine, str(location.path), charge_point, lasting=location.lasting))
