"""Whether anybody can sign in, without SQLAlchemy: the server asks before it listens."""

import sqlite3
from pathlib import Path

from oppleo_flow.errors import StoreError
from oppleo_flow.store.sqlite_file import opened, reason


def somebody_can_sign_in(ledger: Path, charge_point: str) -> bool:
    """Return whether an account with a password exists.

    Raises:
        StoreError: The ledger cannot be read.
    """
    if not ledger.exists():
        return False
    with opened(ledger, read_only=True) as connection:
        try:
            found = connection.execute(
                "SELECT 1 FROM users WHERE charge_point = ? AND password IS NOT NULL LIMIT 1",
                (charge_point,),
            ).fetchone()
        except sqlite3.OperationalError as error:
            if "no such table" in str(error):  # of before there were users
                return False
            raise StoreError(f"{ledger}: {reason(error)}") from error
    return found is not None
