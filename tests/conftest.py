"""What holds for all tests."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from oppleo_flow.child import run_module
from tests.postgres import PostgresServer, new_cluster

# No deadlines: how fast this machine is proves nothing.  A run in CI repeats to the letter.
settings.register_profile("house", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("house")


@pytest.fixture
def unmeasured(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what the test starts run without coverage, whose data could not be written."""
    for name in [name for name in os.environ if name.startswith("COVERAGE_")]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[Path]:
    """The files of a new PostgreSQL server, made once."""
    with new_cluster() as cluster:
        yield cluster


@pytest.fixture(scope="session")
def postgres_server(postgres_cluster: Path) -> Iterator[PostgresServer]:
    """A PostgreSQL server that all tests share; none stops it."""
    with PostgresServer(postgres_cluster) as server:
        yield server


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """The address of a new, empty database."""
    with postgres_server.database() as name:
        yield postgres_server.url(name)


@pytest.fixture(scope="session")
def copy_template(postgres_server: PostgresServer) -> Iterator[str]:
    """The name of a database with the tables of a ledger, for others to be copies of."""
    with postgres_server.database() as name:
        address = json.dumps({"parameters": postgres_server.parameters(name)})
        # In a child: to import Alembic here would cost every run of any test.
        run_module("oppleo_flow.store.postgres.migrate", [], timeout_s=120.0, given=address)
        yield name


@pytest.fixture
def copy_url(postgres_server: PostgresServer, copy_template: str) -> Iterator[str]:
    """The address of a new database with the tables of a ledger, all of them empty."""
    with postgres_server.database(copy_template) as name:
        yield postgres_server.url(name)


@pytest.fixture
def own_postgres(postgres_cluster: Path) -> Iterator[PostgresServer]:
    """A PostgreSQL server to stop, to start and to kill: it keeps what it has committed."""
    with PostgresServer(postgres_cluster, fsync=True) as server:
        yield server
