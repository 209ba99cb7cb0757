"""The ledger: what is kept of cards, sessions, readings and prices.

    with open_ledger(StoreLocation(path), "my-charge-point") as ledger:
        ledger.tokens.all()
        ledger.sessions.between(since, until)

SQLAlchemy is imported when the first ledger is opened.
"""

import importlib
from typing import TYPE_CHECKING, Any

from oppleo_flow.store.location import LedgerConnection, StoreLocation

if TYPE_CHECKING:
    from oppleo_flow.store.ledger import Ledger
    from oppleo_flow.store.reading_rows import Silence

__all__ = ["Ledger", "LedgerConnection", "Silence", "StoreLocation", "open_ledger"]

_LATER = {"Ledger": "ledger", "Silence": "reading_rows"}


def open_ledger(location: StoreLocation, charge_point: str, *, read_only: bool = False) -> "Ledger":
    """Return the open ledger of a charge point; a file that is not there is made.

    A ledger of an older version is migrated, in a child process.  With `read_only` nothing is made
    or migrated.

    Raises:
        StoreError: The file cannot be opened or written, is not a ledger, or is another charge
            point's; the message says what to do.
    """
    # Not at the top: SQLAlchemy costs start-up time.
    from oppleo_flow.store.ledger import open_sqlite  # noqa: PLC0415

    return open_sqlite(location, charge_point, read_only=read_only)


def __getattr__(name: str) -> Any:
    """Return a public name that needs SQLAlchemy, importing its module now."""
    if name not in _LATER:
        raise AttributeError(f"module 'oppleo_flow.store' has no attribute {name!r}")
    return getattr(importlib.import_module(f"oppleo_flow.store.{_LATER[name]}"), name)
