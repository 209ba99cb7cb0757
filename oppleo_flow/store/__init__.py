"""The ledger: what is kept of cards, sessions, readings and prices.

    with open_ledger(StoreLocation(path), "my-charge-point") as ledger:
        ledger.tokens.all()
        ledger.sessions.between(since, until)

To open one is quick: SQLAlchemy is imported when something in it is first read or written.
"""

from oppleo_flow.store.ledger import Ledger, open_ledger
from oppleo_flow.store.location import LedgerConnection, StoreLocation

__all__ = ["Ledger", "LedgerConnection", "StoreLocation", "open_ledger"]
