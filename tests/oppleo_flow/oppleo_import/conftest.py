from collections.abc import Iterator
from pathlib import Path

import pytest

from oppleo_flow.store import Ledger, StoreLocation, open_ledger
from tests.oppleo_flow.oppleo_import.caveats import PLANTS
from tests.oppleo_flow.oppleo_import.imports import Imported
from tests.oppleo_flow.oppleo_import.oppleo_database import OppleoDatabase
from tests.postgres import PostgresServer


@pytest.fixture(scope="session")
def seeded(postgres_server: PostgresServer) -> Iterator[str]:
    """The name of a database as a new Oppleo has it, of which each test has a copy."""
    with postgres_server.database() as name:
        OppleoDatabase(postgres_server.url(name)).close()
        yield name


@pytest.fixture
def oppleo(postgres_server: PostgresServer, seeded: str) -> Iterator[OppleoDatabase]:
    """An Oppleo database, as new."""
    with postgres_server.database(template=seeded) as name:
        database = OppleoDatabase.there(postgres_server.url(name))
        yield database
        database.close()


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with open_ledger(StoreLocation(tmp_path / "ledger.sqlite"), "garage") as opened:
        yield opened


@pytest.fixture
def planted(oppleo, ledger):
    """Import a database with caveats in it; return what the import did."""

    def import_with(*names: str, **options) -> Imported:
        for name in names:
            PLANTS[name](oppleo)
        return Imported(oppleo.url, ledger, **options)

    return import_with
