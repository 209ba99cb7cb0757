"""A site with a ledger, for the tests of the nodes that use one."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nodes.storage.site_store import SiteStore
from oppleo_flow.charging.statement_settings import NO_FACTS, StatementFacts
from oppleo_flow.store import Ledger, StoreLocation, open_ledger
from oppleo_flow.testing import BenchSite

CONNECTIONS = {"store": SiteStore}


def site_in(folder: Path) -> BenchSite:
    """Return a site whose ledger is in a folder."""
    location = StoreLocation(folder / "ledger.sqlite")
    return BenchSite(folder=folder, services={StoreLocation: location, StatementFacts: NO_FACTS})


@contextmanager
def ledger_in(folder: Path) -> Iterator[Ledger]:
    """Give the ledger of that site."""
    with open_ledger(StoreLocation(folder / "ledger.sqlite"), "bench") as ledger:
        yield ledger


def rename_table(folder: Path, name: str, new: str) -> None:
    """Break the ledger of that site, or mend it."""
    connection = sqlite3.connect(folder / "ledger.sqlite")
    connection.execute(f"ALTER TABLE {name} RENAME TO {new}")
    connection.close()
